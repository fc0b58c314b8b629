//! A walk over everything, for `verify` and exports.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::value::TicketId;

/// Something stored that belongs to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// What it is: `message`, `note`, `event`, `notice`, `mail`, `index` and the like.
    pub kind: String,
    /// Its identity.
    pub id: String,
    /// What is wrong with it.
    pub detail: String,
}

/// A walk over everything that is stored for the tenant.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Inventory: Send + Sync {
    /// Tickets by id, those after the given one, at most `limit`.
    async fn tickets_after(
        &self,
        after: Option<TicketId>,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError>;

    /// What belongs to nothing: messages, notes, events, notices or calls without a ticket, notices
    /// and calls without an event of their version, keys without a ticket, done mails without their message,
    /// index entries without a message, and whatever else the store can check about itself.
    async fn strays(&self) -> Result<Vec<Stray>, StoreError>;
}
