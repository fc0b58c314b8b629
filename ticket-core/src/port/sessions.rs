//! Credentials and limits.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::ticket::Digest;
use crate::value::{EmailAddress, PersonId, TicketId, Timestamp};

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
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing; none: never.
    pub expires_at: Option<Timestamp>,
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
