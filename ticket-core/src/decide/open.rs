//! Opening a ticket.

use super::{Context, links, properties};
use crate::authority::{Denial, permit, permit_open};
use crate::command::Open;
use crate::refusal::Refusal;
use crate::ticket::{Cause, Link, LinkKind, Opening, Priority, PublicMessage, Side};
use crate::value::{FieldKey, Invalid, MessageId, PersonId, TicketId, TicketNumber, listed};

/// A ticket's beginning and its first message.
pub(super) struct Begun {
    pub(super) opening: Opening,
    pub(super) message: PublicMessage,
}

pub(super) fn open(
    open: &Open,
    id: TicketId,
    number: TicketNumber,
    context: &Context<'_>,
) -> Result<Begun, Refusal> {
    let (author, requester) = parties(open, context)?;
    permit_open(context.actor, &open.queue, Some(&requester))?;
    context.active_person(&requester, "requester")?;
    let side = if author == requester {
        Side::Customer
    } else {
        Side::Team
    };
    check_extras(open, side, context)?;
    for link in &open.links {
        check_link(*link, context)?;
    }
    for person in &open.cc {
        context.active_person(person, "cc")?;
    }
    let workflow = context.workflow(&open.queue)?;
    let Some(status) = workflow.status(&workflow.initial) else {
        return Err(Invalid::new(
            "workflow",
            workflow.key.as_str(),
            "one with a first status is",
        )
        .into());
    };
    let organization = context
        .facts
        .people
        .get(&requester)
        .and_then(|person| person.organization.clone());
    let message = PublicMessage {
        id: MessageId::new(context.fresh.clone().draw()),
        ticket: id,
        at: context.now,
        author,
        side,
        channel: context.channel(),
        body: open.body.clone(),
        attachments: open.attachments.clone(),
        mail: open.mail.clone(),
        redacted: None,
    };
    let opening = Opening {
        number,
        subject: open.subject.clone(),
        queue: open.queue.clone(),
        status: status.key.clone(),
        category: status.category,
        priority: open.priority,
        cc: open
            .cc
            .iter()
            .filter(|person| **person != requester)
            .cloned()
            .collect(),
        requester,
        organization,
        tags: open.tags.clone(),
        fields: open.fields.clone(),
        links: open.links.clone(),
        about: open.about.clone(),
        channel: context.channel(),
        message: message.id,
        mail: open.mail.as_ref().and_then(|mail| mail.message_id.clone()),
        side,
    };
    Ok(Begun { opening, message })
}

/// Who writes the first message, and who asks.
fn parties(open: &Open, context: &Context<'_>) -> Result<(PersonId, PersonId), Refusal> {
    let author = context.actor.id().or(open.requester.as_ref());
    let Some(author) = author else {
        return Err(Refusal::NotFound { what: "requester" });
    };
    let requester = open.requester.as_ref().unwrap_or(author);
    Ok((author.clone(), requester.clone()))
}

/// What customers leave to the team: priority, tags, fields that they don't see, and people
/// besides those who took part in what they follow up.
fn check_extras(open: &Open, side: Side, context: &Context<'_>) -> Result<(), Refusal> {
    let works = match context.actor.as_person() {
        Some(person) => person.role.works_on(&open.queue),
        None => true,
    };
    if !works && side == Side::Customer {
        let others = open
            .cc
            .iter()
            .any(|person| !took_part(person, open, context));
        if others || !open.tags.is_empty() || open.priority != Priority::default() {
            return Err(Denial::TeamOnly.into());
        }
        for field in open.fields.keys() {
            check_public(field, context)?;
        }
    }
    for (field, value) in &open.fields {
        properties::check_field(field, value, context)?;
    }
    Ok(())
}

fn took_part(person: &PersonId, open: &Open, context: &Context<'_>) -> bool {
    let follows = |link: &&Link| link.kind == LinkKind::FollowUpOf;
    let earlier = open.links.iter().filter(follows);
    earlier
        .filter_map(|link| context.facts.tickets.get(&link.to))
        .any(|ticket| ticket.has_participant(person))
}

/// A field that customers don't see is to them as if there were none.
fn check_public(field: &FieldKey, context: &Context<'_>) -> Result<(), Refusal> {
    let fields = &context.settings.settings().fields;
    let public = fields.iter().filter(|field| field.public);
    if public.clone().any(|definition| definition.key == *field) {
        return Ok(());
    }
    let allowed = listed(public.map(|definition| &definition.key));
    let allowed = format!("one of these fields is: {allowed}");
    Err(Invalid::new("field", field.as_str(), allowed).into())
}

/// The desk links follow-ups and what a mail points at; everybody else must see both ends.
fn check_link(link: Link, context: &Context<'_>) -> Result<(), Refusal> {
    if matches!(context.cause, Cause::Mail { .. }) {
        return Ok(());
    }
    let follows = link.kind == LinkKind::FollowUpOf
        && context.facts.tickets.get(&link.to).is_some_and(|other| {
            permit(context.actor, crate::authority::Action::Reply, other).is_ok()
        });
    if follows {
        Ok(())
    } else {
        links::check_target(link, context)
    }
}
