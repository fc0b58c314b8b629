//! `/healthz`: the process lives. `/readyz`: it can do its work.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use ticket_core::desk::Desk;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::wire::{Shared, Wired};
use crate::worker::{Troubles, Work};

/// How often somebody looks whether what we stand on answers.
const PERIOD: Duration = Duration::from_secs(1);

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the answers rest on. Nothing is asked while somebody waits for one: when all connections of
/// the store are busy, whoever asks how we are must not stand in that queue.
#[derive(Clone)]
pub(super) struct Health {
    delivers: bool,
    troubles: Troubles,
    answering: watch::Receiver<Answering>,
    stop: watch::Receiver<bool>,
}

/// Who answered when they were asked last.
#[derive(Clone, Copy)]
struct Answering {
    store: bool,
    redis: bool,
}

/// Whether it is ready, and what does not work. Anybody may ask, so it tells nothing more.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    degraded: Vec<&'static str>,
}

impl Health {
    /// Looks again and again, until nobody asks any more. The store has just answered.
    pub(super) fn new(wired: &Wired, troubles: Troubles, stop: watch::Receiver<bool>) -> Self {
        let both = Answering {
            store: true,
            redis: true,
        };
        let (tell, answering) = watch::channel(both);
        tokio::spawn(look(wired.desk.clone(), wired.shared.clone(), tell));
        Self {
            delivers: wired.desk.delivers(),
            troubles,
            answering,
            stop,
        }
    }

    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(alive))
            .route("/readyz", get(ready))
            .with_state(self)
    }

    /// Why it is not ready.
    fn unready(&self) -> Option<&'static str> {
        if *self.stop.borrow() {
            return Some("stopping");
        }
        let silent = !self.answering.borrow().store;
        silent.then_some("the store does not answer")
    }

    /// What does not work, though requests are answered.
    fn degraded(&self) -> Vec<&'static str> {
        let mut degraded: Vec<&'static str> = Vec::new();
        if !self.answering.borrow().redis {
            degraded.push("redis: does not answer, each node hears and counts for itself");
        }
        if !self.delivers {
            degraded.push("mail_out: no mail server is set, notices wait");
        }
        degraded.extend(self.troubles.now().map(|work| match work {
            Work::Intake => "mail_in: failing, mail waits",
            Work::Delivery => "mail_out: failing, notices wait",
            Work::Clock => "clock: failing, timers wait",
        }));
        degraded
    }
}

/// Asks everybody, and tells who answered, until nobody listens.
async fn look(desk: Desk, shared: Shared, tell: watch::Sender<Answering>) {
    while !tell.is_closed() {
        let store = timeout(PATIENCE, desk.store().settings_generation());
        let redis = timeout(PATIENCE, shared.answers());
        let (store, redis) = futures_util::join!(store, redis);
        tell.send_replace(Answering {
            store: matches!(store, Ok(Ok(_))),
            redis: redis.unwrap_or(false),
        });
        tokio::select! {
            () = sleep(PERIOD) => {}
            () = tell.closed() => {}
        }
    }
}

async fn alive() -> Response {
    answer(StatusCode::OK, serde_json::json!({ "alive": true }))
}

async fn ready(State(health): State<Health>) -> Response {
    let reason = health.unready();
    let status = match reason {
        None => StatusCode::OK,
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let readiness = Readiness {
        ready: reason.is_none(),
        reason,
        degraded: health.degraded(),
    };
    answer(status, readiness)
}

fn answer(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
