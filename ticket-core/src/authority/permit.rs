//! The one function that answers who may do what.

use super::{Actor, Scope};
use crate::ticket::Ticket;

/// What somebody wants to do with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See it.
    View,
}

/// Why something is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The role does not include it.
    #[error("your role does not include this")]
    Role,
}

/// Whether the actor may do this with the ticket, or why not.
///
/// # Errors
/// The reason why not.
pub fn permit(actor: &Actor, action: Action, ticket: &Ticket) -> Result<(), Denial> {
    let _ = action;
    Scope::of(actor)
        .level(ticket)
        .map(|_| ())
        .ok_or(Denial::Role)
}
