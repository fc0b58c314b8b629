//! Reading tickets.

use axum::Json;
use axum::http::HeaderMap;

use axum::response::Response;
use ticket_core::desk::{Caller, DeskError};
use ticket_core::query::Query;
use ticket_core::refusal::Refusal;

use crate::answer::{HistoryAnswer, ListAnswer, NoticesAnswer, Shown, TicketAnswer};
use crate::authenticate::SignedIn;
use crate::document::Reading;
use crate::input::{IfNoneMatch, ListParameters, ListQuery, TicketPath, if_none_match};
use crate::problem::Problem;

/// Lists and searches tickets
///
/// Those that you may see, the newest first unless another order is asked for.
#[utoipa::path(
    get,
    path = "/api/v1/tickets",
    operation_id = "list_tickets",
    tag = "tickets",
    params(ListQuery),
    responses((status = 200, description = "A page of tickets", body = ListAnswer), Reading),
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    parameters: ListParameters,
) -> Result<Json<ListAnswer>, Problem> {
    let query = query(&caller, &parameters).await?;
    let listing = caller.find(&query, &parameters.page).await;
    Ok(Json(listing.map_err(in_line)?.into()))
}

async fn query(caller: &Caller, parameters: &ListParameters) -> Result<Query, Problem> {
    let query = caller.query(&parameters.line).await.map_err(in_line)?;
    let query = match parameters.sort {
        Some(sort) => query.sorted(sort.key, sort.descending),
        None => query,
    };
    if let Some(cursor) = &parameters.page.after
        && cursor.sort != query.sort
    {
        let allowed = "only a cursor that a page of this list gave is allowed";
        return Err(Problem::wrong_parameter("cursor", allowed));
    }
    Ok(query)
}

/// What is wrong with a value here is wrong in the search line.
fn in_line(error: DeskError) -> Problem {
    match error {
        DeskError::Refused(Refusal::Invalid(wrong)) => {
            Problem::wrong_parameter("q", wrong.to_string())
        }
        error => error.into(),
    }
}

/// Shows a ticket with its messages
///
/// The team sees everything in it; customers see what is public.
#[utoipa::path(
    get,
    path = "/api/v1/tickets/{number}",
    operation_id = "show_ticket",
    tag = "tickets",
    params(TicketPath, IfNoneMatch),
    responses(
        (status = 200, description = "The ticket", body = TicketAnswer,
            headers(("ETag" = String, description = "The state that is shown"))),
        (status = 304, description = "Not changed since the given ETag"),
        Reading,
    ),
)]
pub(crate) async fn show(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let known = if_none_match(&headers)?;
    let shown = Shown::of(caller.show(number).await?)?;
    Ok(match known {
        Some(known) if known.name(&shown.tag) => shown.not_modified(),
        Some(_) | None => shown.into_response(),
    })
}

/// Everything that happened to a ticket
#[utoipa::path(
    get,
    path = "/api/v1/tickets/{number}/history",
    operation_id = "history",
    tag = "tickets",
    params(TicketPath),
    responses((status = 200, description = "The events, the oldest first", body = HistoryAnswer), Reading),
)]
pub(crate) async fn history(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<Json<HistoryAnswer>, Problem> {
    Ok(Json(caller.history(number).await?.into()))
}

/// Who was told what of a ticket
///
/// And whether it arrived.
#[utoipa::path(
    get,
    path = "/api/v1/tickets/{number}/notices",
    operation_id = "ticket_notices",
    tag = "tickets",
    params(TicketPath),
    responses((status = 200, description = "The notices, the oldest first", body = NoticesAnswer), Reading),
)]
pub(crate) async fn notices(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<Json<NoticesAnswer>, Problem> {
    Ok(Json(caller.notices(number).await?.into()))
}
