//! Live screens: server-sent events (WHATWG HTML, 9.2).
//!
//! Who may know what is asked anew for each event and every [`CHECK`] in between: whoever loses the
//! right to see, or their token, hears nothing from that moment on, and the stream ends.

mod event;
mod limit;
mod screen;

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::Sse;
use axum::response::{IntoResponse as _, Response};
use std::time::Duration;
use ticket_core::desk::{Caller, Position};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use limit::Live;

use crate::authenticate::SignedIn;
use crate::document::Reading;
use crate::input::{LastEventId, TicketPath};
use crate::problem::Problem;
use crate::router::Api;
use screen::{Screen, Source};

/// How often rights are asked for while nothing happens; with the time that a store takes to
/// answer it stays below a second.
const CHECK: Duration = Duration::from_millis(700);

/// Where a client was when its stream broke.
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// Tells nginx not to keep events back.
const UNBUFFERED: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(ticket))
}

/// Tells which tickets change
///
/// A stream of server-sent events: `ready`, `ticket`, `reset`. Open it first, then read what you
/// show: from `ready` on nothing is missed. After `reset`, read again.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    operation_id = "watch_tickets",
    tag = "live",
    params(LastEventId),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        Reading,
    ),
)]
async fn list(
    State(api): State<Api>,
    SignedIn(caller): SignedIn,
    parts: Parts,
) -> Result<Response, Problem> {
    let again = last_event_id(&parts.headers)?.is_some();
    let seat = api.live.seat(&caller)?;
    let source = Source::List(caller.watch().await);
    let mut screen = Screen::new(api, parts, &caller, source, seat);
    screen.begin_list(again);
    Ok(stream(screen))
}

/// Tells what happens to a ticket
///
/// A stream of server-sent events: `ready`, `changed`, `reset`. It goes on after the
/// `Last-Event-ID`.
#[utoipa::path(
    get,
    path = "/api/v1/tickets/{number}/events",
    operation_id = "watch_ticket",
    tag = "live",
    params(TicketPath, LastEventId),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        Reading,
    ),
)]
async fn ticket(
    State(api): State<Api>,
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    parts: Parts,
) -> Result<Response, Problem> {
    let after = match last_event_id(&parts.headers)? {
        Some(id) => Some(id.parse::<Position>().map_err(|wrong| {
            Problem::wrong_header(LAST_EVENT_ID, format!("it is none of ours: {wrong}"))
        })?),
        None => None,
    };
    let seat = api.live.seat(&caller)?;
    let watched = caller.watch_ticket(number, after).await?;
    let mut screen = Screen::new(api, parts, &caller, Source::Ticket(Box::new(watched)), seat);
    screen.begin_ticket()?;
    Ok(stream(screen))
}

/// The id of the last event that a client heard; an empty one says that there is none.
fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let refuse = || Problem::wrong_header(LAST_EVENT_ID, "the id of an event is allowed, once");
    match (value.to_str(), values.next()) {
        (Ok(id), None) => Ok(Some(id).filter(|id| !id.is_empty())),
        _ => Err(refuse()),
    }
}

fn stream(screen: Screen) -> Response {
    let events = futures_util::stream::unfold(screen, |mut screen| async {
        let event = screen.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), screen))
    });
    ([UNBUFFERED], Sse::new(events)).into_response()
}

/// Whether two callers are the same person.
fn is_same(one: &Caller, other: &Caller) -> bool {
    one.actor().id() == other.actor().id()
}
