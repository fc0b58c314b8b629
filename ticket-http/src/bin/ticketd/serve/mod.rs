//! `ticketd serve`.

mod accept;
mod health;
pub(crate) mod signal;

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use ticket_http::{BearerTokens, Live, Problem, ProblemKind, RouterBuilder};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::Options;
use crate::worker::{self, Troubles};
use crate::{first, wire};

/// The longest time for one request, from its last header on.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long requests under way may take after the signal to stop.
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
    let health = health::Health::new(&wired, troubles.clone(), stop.clone());
    let live = Live::new();
    let app = app(&wired, health, live.clone(), stop.clone());

    let token = first::prepare(&wired).await?;
    let address = options
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{bound}"));
    first::greet(options, &wired, address.trim_end_matches('/'), token).await?;
    tracing::info!(listen = %bound, worker = with_worker, "serving");

    let times = accept::Times::new(Duration::from_secs(options.drain.into()), GRACE);
    let serving = accept::serve(listener, app, times, stop.clone(), || live.end());
    if with_worker {
        tokio::join!(serving, worker::work(&wired.desk, &troubles, stop));
    } else {
        serving.await;
    }
    wired.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn app(
    wired: &wire::Wired,
    health: health::Health,
    live: Live,
    stop: watch::Receiver<bool>,
) -> Router {
    let api = RouterBuilder::new(wired.desk.clone(), BearerTokens)
        .live(live)
        .build();
    Router::new()
        .merge(health.router())
        .merge(api)
        .fallback(nothing)
        .layer(from_fn(deadline))
        .layer(from_fn_with_state(stop, farewell))
}

async fn nothing() -> Problem {
    Problem::new(ProblemKind::NotFound)
}

/// Tells clients that keep their connection to make their next one elsewhere.
async fn farewell(
    State(stop): State<watch::Receiver<bool>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if *stop.borrow() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// Until the answer begins: a live stream goes on after that.
async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(ProblemKind::TimedOut).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use futures_util::stream;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_deadline_is_for_the_beginning_of_an_answer() {
        let late = || async {
            Body::from_stream(stream::once(async {
                tokio::time::sleep(DEADLINE * 3).await;
                Ok::<_, Infallible>("late")
            }))
        };
        let never = || async {
            tokio::time::sleep(DEADLINE * 3).await;
            "never"
        };
        let app = Router::new()
            .route("/late", get(late))
            .route("/never", get(never))
            .layer(from_fn(deadline));
        for (path, status, said) in [("/late", 200, "late"), ("/never", 408, "")] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let answer = app.clone().oneshot(request).await.expect("an answer");
            assert_eq!(answer.status(), status, "{path}");
            let body = to_bytes(answer.into_body(), 10_000).await.expect("a body");
            assert!(body.ends_with(said.as_bytes()), "{path}");
        }
    }
}
