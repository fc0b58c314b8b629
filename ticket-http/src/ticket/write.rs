//! Writing tickets.

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, OriginalUri, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use ticket_core::command::{Command, Note, Open, Reply};
use ticket_core::desk::{Caller, Request};
use ticket_core::plan::IdempotencyKey;
use ticket_core::ticket::Priority;
use ticket_core::value::{PersonId, QueueKey, StatusKey, Subject, Tag, TicketNumber, Version};

use crate::answer::{Changed, Shown};
use crate::authenticate::SignedIn;
use crate::input::{Input, Said, TicketPath, Written, if_match, present};
use crate::problem::{Problem, ProblemKind};
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    text: Written,
}

/// `POST /api/v1/tickets/{number}/messages`
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    text: Written,
    #[serde(default)]
    mentions: BTreeSet<PersonId>,
}

/// `POST /api/v1/tickets/{number}/notes`
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssignee {
    #[serde(deserialize_with = "present")]
    assignee: Option<PersonId>,
}

/// `PUT /api/v1/tickets/{number}/assignee`
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStatus {
    status: StatusKey,
}

/// `PUT /api/v1/tickets/{number}/status`
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
