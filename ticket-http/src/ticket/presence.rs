//! Who of the team is at a ticket.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use ticket_core::port::Doing;

use crate::answer::PresenceAnswer;
use crate::authenticate::SignedIn;
use crate::input::{Input, TicketPath};
use crate::problem::Problem;

/// What somebody does at a ticket.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPresence {
    doing: Doing,
}

/// `PUT /api/v1/tickets/{number}/presence`
pub(crate) async fn appear(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    input: Input<NewPresence>,
) -> Result<Json<PresenceAnswer>, Problem> {
    Ok(Json(caller.appear(number, input.value.doing).await?.into()))
}

/// `GET /api/v1/tickets/{number}/presence`
pub(crate) async fn present(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<Json<PresenceAnswer>, Problem> {
    Ok(Json(caller.present(number).await?.into()))
}

/// `DELETE /api/v1/tickets/{number}/presence`
pub(crate) async fn leave(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<StatusCode, Problem> {
    caller.leave(number).await?;
    Ok(StatusCode::NO_CONTENT)
}
