//! Steps of the workflow, and moves between workflows.

use std::collections::BTreeSet;

use super::{Context, people};
use crate::authority::{Action, Denial, permit};
use crate::refusal::Refusal;
use crate::ticket::{Event, Ticket};
use crate::value::{FieldKey, Invalid, QueueKey, StatusKey};
use crate::workflow::{Category, Status, Transition, TransitionRight, Workflow};

pub(super) fn set_status(
    ticket: &Ticket,
    to: &StatusKey,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    let workflow = context.workflow(&ticket.queue)?;
    // The answers below name statuses and fields that only the team knows.
    if permit(context.actor, Action::ViewAll, ticket).is_err() {
        return ask_for_status(ticket, to, workflow, context);
    }
    if ticket.status == *to {
        return Ok(Vec::new());
    }
    known_status(workflow, to)?;
    let Some(transition) = workflow.transition(&ticket.status, to) else {
        return Err(Refusal::NoTransition {
            from: ticket.status.clone(),
            to: to.clone(),
            allowed: workflow.statuses_after(&ticket.status),
        });
    };
    permit(context.actor, Action::Transition(transition.right), ticket)?;
    let fields = missing(transition, ticket);
    if !fields.is_empty() {
        let to = to.clone();
        return Err(Refusal::FieldsMissing { to, fields });
    }
    change(ticket, to, workflow)
}

/// A step that somebody takes who sees the ticket as a customer: done or denied, and no word of
/// which statuses and fields there are.
fn ask_for_status(
    ticket: &Ticket,
    to: &StatusKey,
    workflow: &Workflow,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    let mut leading = workflow.transitions.iter().filter(|step| step.to == *to);
    if !leading.any(|step| step.right == TransitionRight::Requester) {
        return Err(Denial::TeamOnly.into());
    }
    let right = Action::Transition(TransitionRight::Requester);
    permit(context.actor, right, ticket)?;
    if ticket.status == *to {
        return Ok(Vec::new());
    }
    let transition = workflow.transition(&ticket.status, to);
    let open = transition.is_some_and(|transition| {
        transition.right == TransitionRight::Requester && missing(transition, ticket).is_empty()
    });
    if !open {
        return Err(Denial::TeamOnly.into());
    }
    change(ticket, to, workflow)
}

fn missing(transition: &Transition, ticket: &Ticket) -> BTreeSet<FieldKey> {
    transition
        .requires
        .iter()
        .filter(|field| !ticket.fields.contains_key(field))
        .cloned()
        .collect()
}

/// The change to another status, with nothing asked about rights; what is done does not sleep.
pub(super) fn change(
    ticket: &Ticket,
    to: &StatusKey,
    workflow: &Workflow,
) -> Result<Vec<Event>, Refusal> {
    let category = known_status(workflow, to)?.category;
    let mut events: Vec<Event> = changed(ticket, to, category).into_iter().collect();
    if category.is_done() && ticket.snoozed_until.is_some() {
        events.push(Event::Woke);
    }
    Ok(events)
}

fn changed(ticket: &Ticket, to: &StatusKey, category: Category) -> Option<Event> {
    (ticket.status != *to || ticket.category != category).then(|| Event::StatusChanged {
        from: ticket.status.clone(),
        to: to.clone(),
        category,
    })
}

fn known_status<'a>(workflow: &'a Workflow, key: &StatusKey) -> Result<&'a Status, Refusal> {
    workflow.status(key).ok_or_else(|| {
        let keys: Vec<&str> = workflow
            .statuses
            .iter()
            .map(|status| status.key.as_str())
            .collect();
        let allowed = format!("one of these statuses is: {}", keys.join(", "));
        Invalid::new("status", key.as_str(), allowed).into()
    })
}

/// Moves to another queue; who can't work there is not responsible any more.
pub(super) fn move_to(
    ticket: &Ticket,
    to: &QueueKey,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    if ticket.queue == *to {
        return Ok(Vec::new());
    }
    let target = context.workflow(to)?;
    let mut events = vec![Event::Moved {
        from: ticket.queue.clone(),
        to: to.clone(),
    }];
    let counterpart = counterpart(ticket, to, target, context)?;
    events.extend(change(ticket, &counterpart.key, target)?);
    let stays = ticket.assignee.as_ref().is_some_and(|assignee| {
        context
            .facts
            .people
            .get(assignee)
            .is_some_and(|person| person.role.can_own(to))
    });
    if !stays {
        events.extend(people::unassign(ticket));
    }
    Ok(events)
}

fn counterpart<'a>(
    ticket: &Ticket,
    to: &QueueKey,
    target: &'a Workflow,
    context: &Context<'_>,
) -> Result<&'a Status, Refusal> {
    let source = context.settings.workflow_of(&ticket.queue);
    let mapped = source
        .and_then(|source| target.counterparts.get(&source.key))
        .and_then(|statuses| statuses.get(&ticket.status))
        .and_then(|status| target.status(status));
    let same = target
        .status(&ticket.status)
        .filter(|status| status.category == ticket.category);
    mapped.or(same).ok_or_else(|| Refusal::NoCounterpart {
        status: ticket.status.clone(),
        queue: to.clone(),
    })
}
