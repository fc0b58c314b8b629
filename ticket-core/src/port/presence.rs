//! Who is at a ticket right now.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::value::{PersonId, TicketId, Timestamp};

/// What somebody does at a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// Has it open.
    Looking,
    /// Writes an answer or a note.
    Typing,
}

/// Somebody who is at a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Present {
    /// Who it is.
    pub person: PersonId,
    /// What they do.
    pub doing: Doing,
    /// From when on they are gone, unless they appear again.
    pub until: Timestamp,
}

/// Who is at a ticket right now: a hint for people of the team, never the truth, and it may get
/// lost.
///
/// Nothing may be decided by it. Who may learn of it is decided by whoever asks.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Presence: Send + Sync {
    /// Puts a person at a ticket, or keeps them there, until `ttl` after `now`.
    ///
    /// A person is at a ticket once, however many screens they have: of several calls the last
    /// counts. Whoever does not appear again is gone by itself. The ticket need not exist.
    async fn appear(
        &self,
        ticket: TicketId,
        person: &PersonId,
        doing: Doing,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), StoreError>;

    /// Takes a person away from a ticket; nothing happens when they are not there.
    async fn leave(&self, ticket: TicketId, person: &PersonId) -> Result<(), StoreError>;

    /// Who is at a ticket and not gone at `now`, by id of the person.
    async fn present(&self, ticket: TicketId, now: Timestamp) -> Result<Vec<Present>, StoreError>;
}
