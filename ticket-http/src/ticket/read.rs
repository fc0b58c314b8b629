//! Reading tickets.

use axum::Json;
use axum::http::HeaderMap;

use axum::response::Response;
use ticket_core::desk::{Caller, DeskError};
use ticket_core::query::Query;
use ticket_core::refusal::Refusal;

use crate::answer::{HistoryAnswer, ListAnswer, NoticesAnswer, Shown};
use crate::authenticate::SignedIn;
use crate::input::{ListParameters, TicketPath, if_none_match};
use crate::problem::Problem;

/// `GET /api/v1/tickets`
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

/// `GET /api/v1/tickets/{number}`
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

/// `GET /api/v1/tickets/{number}/history`
pub(crate) async fn history(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<Json<HistoryAnswer>, Problem> {
    Ok(Json(caller.history(number).await?.into()))
}

/// `GET /api/v1/tickets/{number}/notices`
pub(crate) async fn notices(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<Json<NoticesAnswer>, Problem> {
    Ok(Json(caller.notices(number).await?.into()))
}
