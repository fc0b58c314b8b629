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

use crate::wire::{Shared, Wired};
use crate::worker::{Troubles, Work};

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the answers rest on.
#[derive(Clone)]
pub(super) struct Health {
    desk: Desk,
    shared: Shared,
    troubles: Troubles,
    stop: watch::Receiver<bool>,
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
    pub(super) fn new(wired: &Wired, troubles: Troubles, stop: watch::Receiver<bool>) -> Self {
        Self {
            desk: wired.desk.clone(),
            shared: wired.shared.clone(),
            troubles,
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
    async fn unready(&self) -> Option<&'static str> {
        if *self.stop.borrow() {
            return Some("stopping");
        }
        let asked = self.desk.store().settings_generation();
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(_)) => None,
            Ok(Err(_)) | Err(_) => Some("the store does not answer"),
        }
    }

    /// What does not work, though requests are answered.
    async fn degraded(&self) -> Vec<&'static str> {
        let mut degraded: Vec<&'static str> = Vec::new();
        let asked = tokio::time::timeout(PATIENCE, self.shared.answers());
        if !asked.await.unwrap_or(false) {
            degraded.push("redis: does not answer, each node hears and counts for itself");
        }
        if !self.desk.delivers() {
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

async fn alive() -> Response {
    answer(StatusCode::OK, serde_json::json!({ "alive": true }))
}

async fn ready(State(health): State<Health>) -> Response {
    let reason = health.unready().await;
    let status = match reason {
        None => StatusCode::OK,
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let readiness = Readiness {
        ready: reason.is_none(),
        reason,
        degraded: health.degraded().await,
    };
    answer(status, readiness)
}

fn answer(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
