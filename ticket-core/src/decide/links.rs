//! Links between tickets.

use super::Context;
use crate::authority::{Action, permit};
use crate::refusal::Refusal;
use crate::ticket::{Event, Link, Ticket};

pub(super) fn link(
    ticket: &Ticket,
    link: Link,
    context: &Context<'_>,
) -> Result<Option<Event>, Refusal> {
    if ticket.links.contains(&link) {
        return Ok(None);
    }
    check_target(link, context)?;
    let returns = link.to == ticket.id || context.facts.reachable.contains(&ticket.id);
    if link.to == ticket.id || (link.kind.is_directed() && returns) {
        return Err(Refusal::LinkCycle { ticket: ticket.id });
    }
    Ok(Some(Event::Linked { link }))
}

/// Whoever makes a link must see both ends as a member of the team.
pub(super) fn check_target(link: Link, context: &Context<'_>) -> Result<(), Refusal> {
    let unknown = Refusal::NotFound {
        what: "linked ticket",
    };
    let Some(other) = context.facts.tickets.get(&link.to) else {
        return Err(unknown);
    };
    permit(context.actor, Action::ViewAll, other).map_err(|_| unknown)
}

pub(super) fn unlink(ticket: &Ticket, link: Link) -> Option<Event> {
    ticket
        .links
        .contains(&link)
        .then_some(Event::Unlinked { link })
}
