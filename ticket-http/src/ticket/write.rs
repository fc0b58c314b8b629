//! Writing tickets.

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use ticket_core::command::{Command, Note, Open, Reply};
use ticket_core::desk::{Caller, Request};
use ticket_core::ticket::Priority;
use ticket_core::value::{PersonId, QueueKey, StatusKey, Subject, Tag, TicketNumber, Version};

use crate::answer::{Changed, Shown};
use crate::authenticate::SignedIn;
use crate::input::{Input, TicketPath, Written, idempotency_key, if_match, present};
use crate::problem::Problem;
use crate::router::Api;

/// A version that no ticket has.
const NEVER: Version = Version::new(0);

/// A new ticket.
#[derive(Deserialize)]
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

/// `POST /api/v1/tickets`
pub(crate) async fn open(
    SignedIn(caller): SignedIn,
    prefix: Prefix,
    input: Input<NewTicket>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&input.headers, &caller, &input.said)?;
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    text: Written,
}

/// `POST /api/v1/tickets/{number}/messages`
pub(crate) async fn reply(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    prefix: Prefix,
    input: Input<NewMessage>,
) -> Result<Response, Problem> {
    let reply = Command::Reply(Reply::from(input.value.text.0));
    let key = idempotency_key(&input.headers, &caller, &input.said)?;
    let mut request = changing(&caller, number, &input.headers, reply).await?;
    request.key = key;
    Ok(Changed::created(&caller.perform(request).await?, &prefix.0))
}

/// An internal note.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    text: Written,
    #[serde(default)]
    mentions: BTreeSet<PersonId>,
}

/// `POST /api/v1/tickets/{number}/notes`
pub(crate) async fn note(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    prefix: Prefix,
    input: Input<NewNote>,
) -> Result<Response, Problem> {
    let mut note = Note::from(input.value.text.0);
    note.mentions = input.value.mentions;
    let key = idempotency_key(&input.headers, &caller, &input.said)?;
    let mut request = changing(&caller, number, &input.headers, Command::Note(note)).await?;
    request.key = key;
    Ok(Changed::created(&caller.perform(request).await?, &prefix.0))
}

/// Who is responsible.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssignee {
    #[serde(deserialize_with = "present")]
    assignee: Option<PersonId>,
}

/// `PUT /api/v1/tickets/{number}/assignee`
pub(crate) async fn assign(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    input: Input<NewAssignee>,
) -> Result<Response, Problem> {
    let command = match input.value.assignee {
        Some(to) => Command::Assign { to },
        None => Command::Unassign,
    };
    let request = changing(&caller, number, &input.headers, command).await?;
    Ok(Changed::set(&caller.perform(request).await?))
}

/// A status.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStatus {
    status: StatusKey,
}

/// `PUT /api/v1/tickets/{number}/status`
pub(crate) async fn set_status(
    SignedIn(caller): SignedIn,
    TicketPath(number): TicketPath,
    input: Input<NewStatus>,
) -> Result<Response, Problem> {
    let to = input.value.status;
    let request = changing(&caller, number, &input.headers, Command::SetStatus { to }).await?;
    Ok(Changed::set(&caller.perform(request).await?))
}

/// A request that changes a ticket, if it is as the caller saw it.
async fn changing(
    caller: &Caller,
    number: TicketNumber,
    headers: &HeaderMap,
    command: Command,
) -> Result<Request, Problem> {
    let mut request = Request::new(number, command);
    request.seen = seen(caller, number, headers).await?;
    Ok(request)
}

/// The version that the caller saw, when it names one and may know of versions.
///
/// A customer's tag is compared here: no version is ever told to a customer, or guessed by one.
async fn seen(
    caller: &Caller,
    number: TicketNumber,
    headers: &HeaderMap,
) -> Result<Option<Version>, Problem> {
    let Some(tags) = if_match(headers)? else {
        return Ok(None);
    };
    let shown = Shown::of(caller.show(number).await?)?;
    Ok(if tags.name(&shown.tag) {
        shown.version
    } else {
        // The desk answers: what was done already with the same key is not stale.
        Some(NEVER)
    })
}

/// Where the router is nested, for the addresses that it gives.
pub(crate) struct Prefix(String);

impl FromRequestParts<Api> for Prefix {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Self::Rejection> {
        let original = parts.extensions.get::<OriginalUri>();
        let prefix = original.and_then(|uri| uri.0.path().strip_suffix(parts.uri.path()));
        Ok(Self(prefix.unwrap_or_default().to_owned()))
    }
}
