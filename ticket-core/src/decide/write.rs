//! Public messages, internal notes, and what a reply does to the ticket.

use super::{Context, Decided, status};
use crate::authority::{Action, Denial, permit};
use crate::command::{Note, Open, Reply};
use crate::refusal::Refusal;
use crate::ticket::{
    Cause, Event, InternalNote, Link, LinkKind, Posting, PublicMessage, Side, Ticket,
};
use crate::value::{MessageId, NoteId, NoticeId, PersonId};
use crate::workflow::{Category, OnReply};

/// Where a reply goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Into the ticket.
    Here,
    /// Into the ticket, as an internal note.
    AsNote(Box<Note>),
    /// Into a new ticket that follows up this one.
    FollowUp(Box<Open>),
}

/// Where a reply goes.
///
/// A customer who answers long after the end begins something new. A light agent who answers a
/// notice by mail can't choose to write a note there, and may write nothing else.
pub fn route(ticket: &Ticket, reply: &Reply, context: &Context<'_>) -> Route {
    let by_mail = matches!(context.cause, Cause::Mail { .. });
    if by_mail && permit(context.actor, Action::Reply, ticket) == Err(Denial::LightAgent) {
        let mut note = Note::from(reply.body.clone());
        note.attachments = reply.attachments.clone();
        note.mail = reply.mail.clone();
        return Route::AsNote(Box::new(note));
    }
    let customer = context.side(ticket) == Side::Customer;
    let author = context.actor.id();
    let takes_part = author.is_some_and(|author| ticket.has_participant(author));
    if !customer || !takes_part || reply.automatic || !follow_up_is_due(ticket, context) {
        return Route::Here;
    }
    let mut open = Open::new(
        ticket.queue.clone(),
        ticket.subject.clone(),
        reply.body.clone(),
    );
    open.cc = ticket
        .cc
        .iter()
        .chain([&ticket.requester])
        .cloned()
        .collect();
    open.cc.retain(|person| {
        let active = context
            .facts
            .people
            .get(person)
            .is_some_and(|person| person.active);
        active && Some(person) != author
    });
    open.links.insert(Link {
        kind: LinkKind::FollowUpOf,
        to: ticket.id,
    });
    open.attachments = reply.attachments.clone();
    open.mail = reply.mail.clone();
    Route::FollowUp(Box::new(open))
}

fn follow_up_is_due(ticket: &Ticket, context: &Context<'_>) -> bool {
    let workflow = context.settings.workflow_of(&ticket.queue);
    match workflow.and_then(|workflow| workflow.on_customer_reply.get(&ticket.category)) {
        Some(OnReply::FollowUp { after_seconds, .. }) => {
            let span = std::time::Duration::from_secs(*after_seconds);
            ticket.status_since.plus(span) <= context.now
        }
        Some(OnReply::Keep | OnReply::Reopen { .. }) | None => false,
    }
}

pub(super) fn reply(
    ticket: &Ticket,
    reply: &Reply,
    context: &Context<'_>,
) -> Result<Decided, Refusal> {
    let Some(author) = context.actor.id() else {
        return Err(Refusal::NotFound { what: "person" });
    };
    let side = context.side(ticket);
    if side == Side::Team && ticket.category == Category::Closed {
        return Err(Refusal::Closed);
    }
    // Alone in its request such a reply opens a follow-up; beside other commands it must not pass.
    if side == Side::Customer && !reply.automatic && follow_up_is_due(ticket, context) {
        return Err(Refusal::Closed);
    }
    let message = public_message(ticket, author, side, reply, context);
    let mut events = vec![Event::Replied {
        message: message.id,
        mail: message
            .mail
            .as_ref()
            .and_then(|mail| mail.message_id.clone()),
        side,
    }];
    if !reply.automatic {
        events.extend(after_reply(ticket, side, context)?);
    }
    Ok(Decided {
        events,
        message: Some(message),
        ..Decided::default()
    })
}

fn after_reply(ticket: &Ticket, side: Side, context: &Context<'_>) -> Result<Vec<Event>, Refusal> {
    let workflow = context.workflow(&ticket.queue)?;
    let mut events = Vec::new();
    let to = match side {
        Side::Team => workflow.on_agent_reply.get(&ticket.category),
        Side::Customer => {
            events.extend(ticket.snoozed_until.map(|_| Event::Woke));
            match workflow.on_customer_reply.get(&ticket.category) {
                None | Some(OnReply::Keep) => None,
                Some(OnReply::Reopen { to }) => Some(to),
                Some(OnReply::FollowUp { reopen_to, .. }) => Some(reopen_to),
            }
        }
    };
    if let Some(to) = to {
        events.extend(status::change(ticket, to, workflow)?);
    }
    Ok(events)
}

fn public_message(
    ticket: &Ticket,
    author: &PersonId,
    side: Side,
    reply: &Reply,
    context: &Context<'_>,
) -> PublicMessage {
    PublicMessage {
        id: MessageId::new(context.fresh.clone().draw()),
        ticket: ticket.id,
        at: context.now,
        author: author.clone(),
        side,
        channel: context.channel(),
        body: reply.body.clone(),
        attachments: reply.attachments.clone(),
        mail: reply.mail.clone(),
        redacted: None,
    }
}

pub(super) fn note(ticket: &Ticket, note: &Note, context: &Context<'_>) -> Decided {
    let note = internal_note(ticket, note, context);
    let events = vec![Event::Noted { note: note.id }];
    Decided {
        events,
        note: Some(note),
        ..Decided::default()
    }
}

fn internal_note(ticket: &Ticket, note: &Note, context: &Context<'_>) -> InternalNote {
    InternalNote {
        id: NoteId::new(context.fresh.clone().draw()),
        ticket: ticket.id,
        at: context.now,
        author: context.actor.reference(),
        body: note.body.clone(),
        attachments: note.attachments.clone(),
        mentions: note.mentions.iter().cloned().collect(),
        mail: note.mail.clone(),
        redacted: None,
    }
}

pub(super) fn bounce(
    ticket: &Ticket,
    notice: NoticeId,
    person: &PersonId,
    report: &Note,
    context: &Context<'_>,
) -> Decided {
    let note = internal_note(ticket, report, context);
    let failed = Event::DeliveryFailed {
        notice,
        person: person.clone(),
        note: note.id,
    };
    Decided {
        events: vec![failed],
        note: Some(note),
        ..Decided::default()
    }
}

pub(super) fn redact(posting: Posting, context: &Context<'_>) -> Result<Decided, Refusal> {
    match context.facts.postings.get(&posting) {
        None => Err(Refusal::NotFound { what: "message" }),
        Some(true) => Ok(Decided::default()),
        Some(false) => Ok(Decided {
            events: vec![Event::Redacted { posting }],
            redaction: Some(posting),
            ..Decided::default()
        }),
    }
}
