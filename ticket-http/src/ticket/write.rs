//! Writing tickets.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use ticket_core::command::{Command, Note, Open, Reply};
use ticket_core::desk::{Caller, Request};
use ticket_core::plan::IdempotencyKey;
use ticket_core::ticket::Priority;
use ticket_core::value::{PersonId, QueueKey, StatusKey, Subject, Tag, TicketNumber, Version};
use utoipa::ToSchema;

use crate::answer::{Changed, Shown};
use crate::authenticate::SignedIn;
use crate::document::Writing;
use crate::input::{
    IdempotencyKeyHeader, IfMatch, Input, Prefix, Said, TicketPath, Written, if_match, present,
};
use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

/// A version that no ticket has.
const NEVER: Version = Version::new(0);

/// A new ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTicket {
    queue: QueueKey,
    subject: Subject,
    text: Written,
    requester: Option<PersonId>,
    priority: Option<Priority>,
    #[serde(default)]
    tags: BTreeSet<Tag>,
    #[serde(default)]
    cc: BTreeSet<PersonId>,
}

/// Opens a ticket
#[utoipa::path(
    post,
    path = "/api/v1/tickets",
    operation_id = "open_ticket",
    tag = "tickets",
    params(IdempotencyKeyHeader),
    request_body = NewTicket,
    responses(
        (status = 201, description = "It is open", body = Changed, headers(
            ("Location" = String, description = "Where the ticket is"),
            ("Idempotent-Replayed" = String, description = "`true`, when it was done before"),
        )), Writing),
)]
pub(crate) async fn open(
    SignedIn(caller): SignedIn,
    prefix: Prefix,
    input: Input<NewTicket>,
) -> Result<Response, Problem> {
    let key = input.said.key(&caller)?;
    let new = input.value;
    let mut open = Open::new(new.queue, new.subject, new.text.0);
    open.requester = new.requester;
    open.priority = new.priority.unwrap_or_default();
    open.tags = new.tags;
    open.cc = new.cc;
    let receipt = match key {
        Some(key) => caller.open_once(open, key).await?,
        None => caller.open(open).await?,
    };
    Ok(Changed::created(&receipt, &prefix.0))
}

/// A public message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    text: Written,
}

/// Writes a public message
///
/// A reply to a ticket that ended long ago opens a new one: `number` and `Location` name it.
#[utoipa::path(
    post,
    path = "/api/v1/tickets/{number}/messages",
    operation_id = "reply",
    tag = "tickets",
    params(TicketPath, IdempotencyKeyHeader, IfMatch),
    request_body = NewMessage,
    responses(
        (status = 201, description = "It is written", body = Changed, headers(
            ("Location" = String, description = "Where the ticket is"),
            ("Idempotent-Replayed" = String, description = "`true`, when it was done before"),
        )), Writing),
)]
pub(crate) async fn reply(
    State(api): State<Api>,
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    prefix: Prefix,
    input: Input<NewMessage>,
) -> Result<Response, Problem> {
    let reply = Command::Reply(Reply::from(input.value.text.0));
    let request = changing(&api, &caller, number, &input.said, reply).await?;
    Ok(Changed::created(&caller.perform(request).await?, &prefix.0))
}

/// An internal note.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    text: Written,
    #[serde(default)]
    mentions: BTreeSet<PersonId>,
}

/// Writes an internal note
#[utoipa::path(
    post,
    path = "/api/v1/tickets/{number}/notes",
    operation_id = "note",
    tag = "tickets",
    params(TicketPath, IdempotencyKeyHeader, IfMatch),
    request_body = NewNote,
    responses(
        (status = 201, description = "It is written", body = Changed, headers(
            ("Location" = String, description = "Where the ticket is"),
            ("Idempotent-Replayed" = String, description = "`true`, when it was done before"),
        )), Writing),
)]
pub(crate) async fn note(
    State(api): State<Api>,
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    prefix: Prefix,
    input: Input<NewNote>,
) -> Result<Response, Problem> {
    let mut note = Note::from(input.value.text.0);
    note.mentions = input.value.mentions;
    let request = changing(&api, &caller, number, &input.said, Command::Note(note)).await?;
    Ok(Changed::created(&caller.perform(request).await?, &prefix.0))
}

/// Who is responsible.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssignee {
    #[serde(deserialize_with = "present")]
    #[schema(required)]
    assignee: Option<PersonId>,
}

/// Makes somebody responsible, or nobody
#[utoipa::path(
    put,
    path = "/api/v1/tickets/{number}/assignee",
    operation_id = "assign",
    tag = "tickets",
    params(TicketPath, IdempotencyKeyHeader, IfMatch),
    request_body = NewAssignee,
    responses((status = 200, description = "It is so now", body = Changed), Writing),
)]
pub(crate) async fn assign(
    State(api): State<Api>,
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    input: Input<NewAssignee>,
) -> Result<Response, Problem> {
    let command = match input.value.assignee {
        Some(to) => Command::Assign { to },
        None => Command::Unassign,
    };
    let request = changing(&api, &caller, number, &input.said, command).await?;
    Ok(Changed::set(&caller.perform(request).await?))
}

/// A status.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStatus {
    status: StatusKey,
}

/// Goes to a status
#[utoipa::path(
    put,
    path = "/api/v1/tickets/{number}/status",
    operation_id = "set_status",
    tag = "tickets",
    params(TicketPath, IdempotencyKeyHeader, IfMatch),
    request_body = NewStatus,
    responses((status = 200, description = "It is so now", body = Changed), Writing),
)]
pub(crate) async fn set_status(
    State(api): State<Api>,
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    input: Input<NewStatus>,
) -> Result<Response, Problem> {
    let to = input.value.status;
    let command = Command::SetStatus { to };
    let request = changing(&api, &caller, number, &input.said, command).await?;
    Ok(Changed::set(&caller.perform(request).await?))
}

/// A request that changes a ticket, if it is as the caller saw it.
async fn changing(
    api: &Api,
    caller: &Caller,
    number: TicketNumber,
    said: &Said,
    command: Command,
) -> Result<Request, Problem> {
    let mut request = Request::new(number, command);
    request.key = said.key(caller)?;
    let Some(tags) = if_match(&said.headers)? else {
        return Ok(request);
    };
    let shown = Shown::of(caller.show(number).await?)?;
    let matches = tags.name(&shown.tag);
    request.seen = match (shown.version, matches) {
        (Some(version), true) => Some(version),
        // The desk answers: what was done already with the same key is not stale.
        (Some(_), false) => Some(NEVER),
        // A customer's tag is compared here: no version is told to one, or guessed by one.
        (None, true) => None,
        (None, false) if was_done(api, request.key.as_ref()).await? => None,
        (None, false) => return Err(Problem::new(ProblemKind::Stale)),
    };
    Ok(request)
}

/// Whether a request with this key was carried out before.
async fn was_done(api: &Api, key: Option<&IdempotencyKey>) -> Result<bool, Problem> {
    match key {
        Some(key) => Ok(api.desk.store().receipt(key).await?.is_some()),
        None => Ok(false),
    }
}
