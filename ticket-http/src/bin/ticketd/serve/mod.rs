//! `ticketd serve`.

mod accept;
mod health;
pub(crate) mod signal;

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use ticket_http::{BearerTokens, Problem, ProblemKind};
use tokio::net::TcpListener;

use crate::cli::Options;
use crate::worker::{self, Troubles};
use crate::{first, wire};

/// The longest time for one request, from its last header on.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long requests and work under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until a signal, and works if asked to.
pub(crate) async fn run(options: &Options, with_worker: bool) -> anyhow::Result<()> {
    let wired = wire::make(options).await?;
    wired.desk.settings().await?;
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("listening on {}", options.listen))?;
    let bound = listener.local_addr()?;
    let stop = signal::stop()?;
    let troubles = Troubles::default();
    let health = health::Health::new(wired.desk.clone(), troubles.clone(), stop.clone());
    let app = app(&wired, health);

    let token = first::prepare(&wired).await?;
    let address = options
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{bound}"));
    first::greet(options, &wired, address.trim_end_matches('/'), token).await?;
    tracing::info!(listen = %bound, worker = with_worker, "serving");

    let serving = accept::serve(listener, app, stop.clone(), GRACE);
    if with_worker {
        let mut stopping = stop.clone();
        let late = async {
            // The value was sent before the sender could go away.
            let _ = stopping.wait_for(|stop| *stop).await;
            tokio::time::sleep(GRACE).await;
        };
        let working = async {
            tokio::select! {
                () = worker::work(&wired.desk, &troubles, stop) => {}
                () = late => tracing::warn!("work under way was left; its leases run out"),
            }
        };
        tokio::join!(serving, working);
    } else {
        serving.await;
    }
    wired.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn app(wired: &wire::Wired, health: health::Health) -> Router {
    Router::new()
        .merge(health.router())
        .merge(ticket_http::router(wired.desk.clone(), BearerTokens))
        .fallback(nothing)
        .layer(from_fn(deadline))
}

async fn nothing() -> Problem {
    Problem::new(ProblemKind::NotFound)
}

async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(ProblemKind::TimedOut).into_response(),
    }
}
