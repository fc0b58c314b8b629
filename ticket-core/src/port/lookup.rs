//! What one request rests on, read together.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{Credential, Reference, StoreError};
use crate::person::{Organization, Person};
use crate::plan::{IdempotencyKey, Receipt};
use crate::ticket::{Digest, LinkKind, Thread, Ticket};
use crate::value::{PersonId, QueueKey, TicketId, TicketNumber, Timestamp};

/// Somebody, with what their rights depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The person.
    pub person: Person,
    /// The organization that the person belongs to, if it is there.
    pub organization: Option<Organization>,
}

/// A credential, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The credential.
    pub credential: Credential,
    /// Its owner; none when the directory does not know them.
    pub standing: Option<Standing>,
}

/// What a decision needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// What an earlier request with this key did.
    pub key: Option<IdempotencyKey>,
    /// The ticket that the decision is about, with the people whom it names and the members of
    /// its queue.
    pub subject: Option<Reference>,
    /// Further people.
    pub people: BTreeSet<PersonId>,
    /// Queues, whose members are asked for.
    pub queues: BTreeSet<QueueKey>,
    /// Other tickets.
    pub tickets: BTreeSet<TicketId>,
    /// Files, whose sizes are asked for.
    pub files: BTreeSet<Digest>,
    /// Whether a number for a new ticket is drawn.
    pub number: bool,
}

/// What a decision needs to know, as it is now. What is not there is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gathered {
    /// The receipt of the key, marked as replayed; with one, the rest may be missing.
    pub receipt: Option<Receipt>,
    /// The subject.
    pub subject: Option<Ticket>,
    /// The people asked for, and those whom the subject names: its requester, assignee, followers
    /// and Cc.
    pub people: BTreeMap<PersonId, Person>,
    /// The members of the queues asked for, and of the subject's, by id; a queue without members
    /// has an empty list.
    pub members: BTreeMap<QueueKey, Vec<Person>>,
    /// The tickets asked for.
    pub tickets: BTreeMap<TicketId, Ticket>,
    /// The sizes in bytes of the files that are stored.
    pub files: BTreeMap<Digest, u64>,
    /// The number, when one was asked for and no receipt was found.
    pub number: Option<TicketNumber>,
}

/// A ticket with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The ticket.
    pub ticket: Ticket,
    /// Its messages and notes.
    pub thread: Thread,
    /// The tickets that link to it.
    pub linked_from: Vec<(TicketId, LinkKind)>,
    /// Who wrote its public messages, as far as the directory knows them.
    pub authors: BTreeMap<PersonId, Person>,
}

/// What one request rests on, read together: the answers of [`super::Store`] and
/// [`super::Directory`] to several questions at once, so that a store behind a network is asked
/// once.
///
/// [`crate::desk::Separately`] answers it by one question after the other, over any store and
/// directory. Each answer reads the latest committed state: decisions rest on it, so no replica
/// may give it. What one answer holds need not be of one moment; a commit compares the version.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The credential with this digest and whose it is, unless it is expired at `now` or revoked.
    async fn holder(&self, digest: &Digest, now: Timestamp) -> Result<Option<Holder>, StoreError>;

    /// A person with what their rights depend on.
    async fn standing(&self, person: &PersonId) -> Result<Option<Standing>, StoreError>;

    /// What a decision needs to know.
    ///
    /// # Errors
    /// `AlreadyExists` (`idempotency key`) when the key was used with another fingerprint.
    async fn gather(&self, wanted: &Wanted) -> Result<Gathered, StoreError>;

    /// A ticket with all that belongs to it.
    async fn whole(&self, reference: &Reference) -> Result<Option<Whole>, StoreError>;
}
