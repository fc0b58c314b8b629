//! Tickets with their messages, notes and history.

use async_trait::async_trait;

use super::StoreError;
use crate::mail::MailMessageId;
use crate::plan::{IdempotencyKey, Plan, Receipt};
use crate::ticket::{EventRecord, LinkKind, Thread, Ticket};
use crate::value::{TicketId, TicketNumber, Version};

/// A way to name a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// By its identity.
    Id(TicketId),
    /// By its number.
    Number(TicketNumber),
    /// By the Message-ID of a mail that became one of its messages or notes.
    Mail(MailMessageId),
}

/// Tickets with their messages, notes and history; `commit` is the only write.
#[async_trait]
pub trait TicketRepository: Send + Sync {
    /// Loads tickets, one answer for each reference in the same order; `None` where there is none.
    ///
    /// Reads the latest committed state: decisions rest on it, so no replica may answer.
    /// Several mails may carry one Message-ID; the ticket that had it first is the answer.
    async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError>;

    /// All messages and notes of a ticket, each in the order of (time, id).
    ///
    /// Empty for a ticket that does not exist. Redacted ones are there, without content.
    async fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError>;

    /// The events of a ticket, the oldest first: those after the version, or all.
    async fn history(
        &self,
        ticket: TicketId,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, StoreError>;

    /// The tickets that link to this one, with the kind of each link, by number.
    async fn linking_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, StoreError>;

    /// A number that no ticket of this tenant has had or will have, larger than all that this
    /// handle gave before and than those of all tickets. Gaps are fine.
    async fn next_number(&self) -> Result<TicketNumber, StoreError>;

    /// What an earlier commit with this key answered, marked as replayed.
    ///
    /// # Errors
    /// `AlreadyExists` when the key was used with another fingerprint.
    async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError>;

    /// Writes a plan: ticket, events, messages, notes, redactions, notices, calls and key,
    /// atomically.
    ///
    /// Durable when it returns. With a key that was used before for the same request, nothing is
    /// written, whatever the plan, and the first receipt is answered, marked as replayed; of
    /// concurrent commits with one key, exactly one writes. A redaction empties the body and the
    /// attachments of the message or note, in the search index too.
    ///
    /// # Errors
    /// - `AlreadyExists` (`idempotency key`) when the key was used for another request; this is
    ///   looked at before the version.
    /// - `Conflict` when the ticket's version is not the expected one; a ticket that is not there
    ///   has version 0.
    /// - `AlreadyExists` (`ticket`) when a ticket with this id or number is there already.
    ///
    /// After any error but `Unavailable` nothing was written. After `Unavailable` the outcome may
    /// be unknown: the answer was lost, or the write is still under way. An adapter that sent it
    /// off never sends it again by itself. With a key, [`receipt`](Self::receipt) tells that it was
    /// done; none there tells nothing, and the caller may try again with the same key.
    async fn commit(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, StoreError>;
}
