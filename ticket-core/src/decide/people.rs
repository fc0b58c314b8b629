//! Who works on a ticket, who asks, who takes part.

use super::Context;
use crate::refusal::Refusal;
use crate::ticket::{Event, Ticket};
use crate::value::PersonId;

pub(super) fn assign(
    ticket: &Ticket,
    to: &PersonId,
    context: &Context<'_>,
) -> Result<Option<Event>, Refusal> {
    if ticket.assignee.as_ref() == Some(to) {
        return Ok(None);
    }
    let person = context.active_person(to, "assignee")?;
    if !person.role.can_own(&ticket.queue) {
        return Err(Refusal::NotInQueue {
            person: to.clone(),
            queue: ticket.queue.clone(),
        });
    }
    Ok(Some(Event::Assigned {
        from: ticket.assignee.clone(),
        to: to.clone(),
    }))
}

pub(super) fn unassign(ticket: &Ticket) -> Option<Event> {
    ticket
        .assignee
        .clone()
        .map(|from| Event::Unassigned { from })
}

pub(super) fn take(ticket: &Ticket, context: &Context<'_>) -> Result<Option<Event>, Refusal> {
    let Some(person) = context.actor.id() else {
        return Err(Refusal::NotFound { what: "person" });
    };
    assign(ticket, person, context)
}

pub(super) fn set_requester(
    ticket: &Ticket,
    to: &PersonId,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    if ticket.requester == *to {
        return Ok(Vec::new());
    }
    let person = context.active_person(to, "requester")?;
    let mut events = vec![Event::RequesterChanged {
        from: ticket.requester.clone(),
        to: to.clone(),
        organization: person.organization.clone(),
    }];
    if ticket.cc.contains(to) {
        events.push(Event::CcRemoved { person: to.clone() });
    }
    Ok(events)
}

pub(super) fn add_follower(
    ticket: &Ticket,
    person: &PersonId,
    context: &Context<'_>,
) -> Result<Option<Event>, Refusal> {
    if ticket.followers.contains(person) {
        return Ok(None);
    }
    if !context
        .active_person(person, "follower")?
        .works_on(&ticket.queue)
    {
        return Err(Refusal::NotInQueue {
            person: person.clone(),
            queue: ticket.queue.clone(),
        });
    }
    Ok(Some(Event::FollowerAdded {
        person: person.clone(),
    }))
}

pub(super) fn remove_follower(ticket: &Ticket, person: &PersonId) -> Option<Event> {
    let follows = ticket.followers.contains(person);
    follows.then(|| Event::FollowerRemoved {
        person: person.clone(),
    })
}

pub(super) fn add_cc(
    ticket: &Ticket,
    person: &PersonId,
    context: &Context<'_>,
) -> Result<Option<Event>, Refusal> {
    if ticket.has_participant(person) {
        return Ok(None);
    }
    context.active_person(person, "cc")?;
    Ok(Some(Event::CcAdded {
        person: person.clone(),
    }))
}

pub(super) fn remove_cc(ticket: &Ticket, person: &PersonId) -> Option<Event> {
    ticket.cc.contains(person).then(|| Event::CcRemoved {
        person: person.clone(),
    })
}
