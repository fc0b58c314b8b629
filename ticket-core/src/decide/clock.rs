//! What time does: snooze, wake, and the steps that the clock takes.

use super::{Context, status};
use crate::refusal::Refusal;
use crate::ticket::{Event, Ticket};
use crate::value::{Invalid, Timestamp};
use crate::workflow::Category;

pub(super) fn snooze(
    ticket: &Ticket,
    until: Timestamp,
    context: &Context<'_>,
) -> Result<Option<Event>, Refusal> {
    if until <= context.now {
        let allowed = format!("a time after {} is", context.now);
        return Err(Invalid::new("until", &until.to_string(), allowed).into());
    }
    if ticket.category.is_done() {
        return Err(Invalid::new(
            "status",
            ticket.status.as_str(),
            "only a ticket that is not solved or closed can sleep; a status of another category is",
        )
        .into());
    }
    Ok((ticket.snoozed_until != Some(until)).then_some(Event::Snoozed { until }))
}

/// Wakes a ticket: one that waits goes to the status that the workflow says.
pub(super) fn wake(ticket: &Ticket, context: &Context<'_>) -> Result<Vec<Event>, Refusal> {
    if ticket.snoozed_until.is_none() {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::Woke];
    let waits = matches!(ticket.category, Category::Pending | Category::OnHold);
    // A ticket whose queue is gone wakes all the same; otherwise it would be due for ever.
    let workflow = context.settings.workflow_of(&ticket.queue);
    let step = workflow.and_then(|workflow| Some((workflow, workflow.on_wake.as_ref()?)));
    if let Some((workflow, to)) = step.filter(|_| waits) {
        let awake = Ticket {
            snoozed_until: None,
            ..ticket.clone()
        };
        events.extend(status::change(&awake, to, workflow)?);
    }
    Ok(events)
}

/// Does what is due now, and nothing when nothing is.
pub(super) fn tick(ticket: &Ticket, context: &Context<'_>) -> Result<Vec<Event>, Refusal> {
    if ticket
        .snoozed_until
        .is_some_and(|until| until <= context.now)
    {
        return wake(ticket, context);
    }
    let workflow = context.workflow(&ticket.queue)?;
    let due = workflow.timed.iter().find(|timed| {
        timed.from == ticket.status && ticket.status_since.plus(timed.after()) <= context.now
    });
    match due {
        Some(timed) => status::change(ticket, &timed.to, workflow),
        None => Ok(Vec::new()),
    }
}
