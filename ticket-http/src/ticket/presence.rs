//! Who of the team is at a ticket.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use ticket_core::port::Doing;
use utoipa::ToSchema;

use crate::answer::PresenceAnswer;
use crate::authenticate::SignedIn;
use crate::document::{Reading, Writing};
use crate::input::{Input, TicketPath};
use crate::problem::Problem;

/// What somebody does at a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPresence {
    doing: Doing,
}

/// Says that one is there
///
/// For 30 seconds; say it again to stay.
#[utoipa::path(
    put,
    path = "/api/v1/tickets/{number}/presence",
    operation_id = "appear",
    tag = "tickets",
    params(TicketPath),
    request_body = NewPresence,
    responses((status = 200, description = "Who else is there", body = PresenceAnswer), Writing),
)]
pub(crate) async fn appear(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    input: Input<NewPresence>,
) -> Result<Json<PresenceAnswer>, Problem> {
    Ok(Json(caller.appear(number, input.value.doing).await?.into()))
}

/// Who else of the team is there
#[utoipa::path(
    get,
    path = "/api/v1/tickets/{number}/presence",
    operation_id = "present",
    tag = "tickets",
    params(TicketPath),
    responses((status = 200, description = "Who else is there", body = PresenceAnswer), Reading),
)]
pub(crate) async fn present(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<Json<PresenceAnswer>, Problem> {
    Ok(Json(caller.present(number).await?.into()))
}

/// Says that one left
#[utoipa::path(
    delete,
    path = "/api/v1/tickets/{number}/presence",
    operation_id = "leave",
    tag = "tickets",
    params(TicketPath),
    responses((status = 204, description = "You are not there any more"), Reading),
)]
pub(crate) async fn leave(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
) -> Result<StatusCode, Problem> {
    caller.leave(number).await?;
    Ok(StatusCode::NO_CONTENT)
}
