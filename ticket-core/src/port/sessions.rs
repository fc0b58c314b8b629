//! Credentials and limits.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::authority::TokenScopes;
use crate::person::{Person, Role};
use crate::ticket::Digest;
use crate::value::{EmailAddress, PersonId, TicketId, Timestamp};

/// How exactly the last use of a credential is known: it is noted no more often.
pub const USE_NOTED_EVERY: Duration = Duration::from_secs(60);

/// What a credential is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// Calls of the API, with the rights of its owner.
    ApiToken,
    /// Reading and answering one ticket by a link that was mailed to its owner.
    GuestLink {
        /// The ticket.
        ticket: TicketId,
    },
    /// Proving once that somebody reads a mailbox; its owner need not be in the directory yet.
    MailboxProof {
        /// The mailbox.
        address: EmailAddress,
    },
}

/// A credential: the digest of a secret that only its owner has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// SHA-256 of the secret; the secret itself is stored nowhere.
    pub digest: Digest,
    /// Whose it is.
    pub person: PersonId,
    /// What it is good for.
    pub purpose: Purpose,
    /// A name by which its owner knows it.
    pub label: String,
    /// What of its owner's rights it gives.
    #[serde(default = "TokenScopes::all")]
    pub scopes: TokenScopes,
    /// What its owner was when it was made; none for those that stand for no account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footing: Option<Footing>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing; none: never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, but for a minute; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

impl Credential {
    /// A credential with all rights of its owner, which never ends.
    pub fn new(digest: Digest, person: PersonId, purpose: Purpose, created_at: Timestamp) -> Self {
        Self {
            digest,
            person,
            purpose,
            label: String::new(),
            scopes: TokenScopes::all(),
            footing: None,
            created_at,
            expires_at: None,
            last_used_at: None,
        }
    }

    /// Whether the directory still says of its owner what it was made for.
    pub fn suits(&self, owner: &Person) -> bool {
        let footing = self.footing.as_ref();
        owner.active && footing.is_none_or(|footing| footing.holds(owner))
    }
}

/// What somebody was when a credential was made for them. Who has less rights since, or another
/// address, needs a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footing {
    /// The role.
    pub role: Role,
    /// The preferred address.
    pub address: Option<EmailAddress>,
}

impl Footing {
    /// What somebody is now.
    pub fn of(person: &Person) -> Self {
        Self {
            role: person.role.clone(),
            address: person.addresses.first().cloned(),
        }
    }

    /// Whether a person is still that, or more.
    pub fn holds(&self, person: &Person) -> bool {
        person.role.covers(&self.role) && person.addresses.first() == self.address.as_ref()
    }
}

/// Credentials, by the digest of their secret.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Stores a credential.
    ///
    /// # Errors
    /// `AlreadyExists` (`credential`) when one with this digest is there.
    async fn issue(&self, credential: &Credential) -> Result<(), StoreError>;

    /// The credential with this digest, unless it is expired at `now` or revoked.
    async fn credential(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Credential>, StoreError>;

    /// The credentials of a person that are not expired at `now`, the oldest first.
    async fn credentials(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<Credential>, StoreError>;

    /// Notes that a credential was used, unless a use less than a minute before is noted.
    ///
    /// It does not wait for the store: what is noted shows some time later, and may get lost.
    /// Nothing happens when there is no such credential.
    async fn note_use(&self, digest: &Digest, at: Timestamp) -> Result<(), StoreError>;

    /// Revokes a credential; `true` for exactly one of concurrent callers, `false` when there is
    /// none.
    async fn revoke(&self, digest: &Digest) -> Result<bool, StoreError>;

    /// Revokes all credentials of a person and answers how many there were.
    async fn revoke_all(&self, person: &PersonId) -> Result<u64, StoreError>;
}

/// What a rate limiter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// Too often.
    Limited {
        /// When the next one is allowed.
        retry_after: Duration,
    },
}

/// Counts how often something happens.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one more for the key, unless `limit` were counted in the `window` before `now`.
    async fn allow(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<Verdict, StoreError>;
}
