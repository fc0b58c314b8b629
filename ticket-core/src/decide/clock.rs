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
    let workflow = context.workflow(&ticket.queue)?;
    let mut events = vec![Event::Woke];
    let waits = matches!(ticket.category, Category::Pending | Category::OnHold);
    if let Some(to) = workflow.on_wake.as_ref().filter(|_| waits) {
        events.extend(status::change(ticket, to, workflow)?);
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
        Some(timed) => Ok(status::change(ticket, &timed.to, workflow)?
            .into_iter()
            .collect()),
        None => Ok(Vec::new()),
    }
}
