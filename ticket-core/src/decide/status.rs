//! Steps of the workflow, and moves between workflows.

use std::collections::BTreeSet;

use super::{Context, people};
use crate::authority::{Action, Denial, permit};
use crate::refusal::Refusal;
use crate::ticket::{Event, Ticket};
use crate::value::{FieldKey, Invalid, QueueKey, StatusKey};
use crate::workflow::{Category, Status, TransitionRight, Workflow};

pub(super) fn set_status(
    ticket: &Ticket,
    to: &StatusKey,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    let workflow = context.workflow(&ticket.queue)?;
    if permit(context.actor, Action::ViewAll, ticket).is_err() {
        refuse_unless_requesters(ticket, to, workflow)?;
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
    let missing: BTreeSet<FieldKey> = transition
        .requires
        .iter()
        .filter(|field| !ticket.fields.contains_key(field))
        .cloned()
        .collect();
    if !missing.is_empty() {
        return Err(Refusal::FieldsMissing {
            to: to.clone(),
            fields: missing,
        });
    }
    let mut events: Vec<Event> = change(ticket, to, workflow)?.into_iter().collect();
    let done = known_status(workflow, to)?.category.is_done();
    if done && ticket.snoozed_until.is_some() {
        events.push(Event::Woke);
    }
    Ok(events)
}

/// Customers are told no more than that a step is not theirs: which statuses there are, which one
/// the ticket has, and which fields are missing is for the team to know.
fn refuse_unless_requesters(
    ticket: &Ticket,
    to: &StatusKey,
    workflow: &Workflow,
) -> Result<(), Refusal> {
    let theirs = if ticket.status == *to {
        let mut steps = workflow.transitions.iter();
        steps.any(|step| step.to == *to && step.right == TransitionRight::Requester)
    } else {
        workflow.transition(&ticket.status, to).is_some_and(|step| {
            let ready = |field| ticket.fields.contains_key(field);
            step.right == TransitionRight::Requester && step.requires.iter().all(ready)
        })
    };
    if theirs {
        Ok(())
    } else {
        Err(Denial::TeamOnly.into())
    }
}

/// The change to another status, with nothing asked about rights.
pub(super) fn change(
    ticket: &Ticket,
    to: &StatusKey,
    workflow: &Workflow,
) -> Result<Option<Event>, Refusal> {
    let category = known_status(workflow, to)?.category;
    Ok(changed(ticket, to, category))
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
    events.extend(changed(ticket, &counterpart.key, counterpart.category));
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
