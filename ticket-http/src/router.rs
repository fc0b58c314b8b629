//! The routes.

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post, put};
use ticket_core::desk::Desk;

use crate::authenticate::Authenticate;
use crate::live::{self, Live};
use crate::problem::{Problem, ProblemKind, documented};
use crate::{frame, me, ticket};

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) desk: Desk,
    pub(crate) authenticate: Arc<dyn Authenticate>,
    pub(crate) live: Live,
}

/// The REST API of a desk, for any axum app to nest wherever it likes.
///
/// It asks nothing of the app's state, has no fallback, and answers below `/api/v1` only.
pub fn router<S>(desk: Desk, authenticate: impl Authenticate + 'static) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router_with(desk, authenticate, Live::new())
}

/// The same, with a handle on its live streams, so that a server can end them when it stops.
pub fn router_with<S>(
    desk: Desk,
    authenticate: impl Authenticate + 'static,
    live: Live,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let api = Api {
        desk,
        authenticate: Arc::new(authenticate),
        live,
    };
    Router::new()
        .route("/api/v1/me", get(me::me))
        .route("/api/v1/events", get(live::list))
        .route("/api/v1/tickets", get(ticket::list).post(ticket::open))
        .route("/api/v1/tickets/{number}", get(ticket::show))
        .route("/api/v1/tickets/{number}/messages", post(ticket::reply))
        .route("/api/v1/tickets/{number}/notes", post(ticket::note))
        .route("/api/v1/tickets/{number}/assignee", put(ticket::assign))
        .route("/api/v1/tickets/{number}/status", put(ticket::set_status))
        .route("/api/v1/tickets/{number}/history", get(ticket::history))
        .route("/api/v1/tickets/{number}/notices", get(ticket::notices))
        .route("/api/v1/tickets/{number}/events", get(live::ticket))
        .route(
            "/api/v1/tickets/{number}/presence",
            get(ticket::present)
                .put(ticket::appear)
                .delete(ticket::leave),
        )
        .route("/api/v1/problems/{code}", get(documented))
        .route("/api/v1/{*rest}", any(nothing))
        .layer(axum::middleware::from_fn(frame::frame))
        .with_state(api)
}

/// Whatever else somebody asks for below `/api/v1`.
async fn nothing() -> Problem {
    Problem::new(ProblemKind::NotFound)
}
