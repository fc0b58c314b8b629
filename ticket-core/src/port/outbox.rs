//! Notices on their way out.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::notice::Notice;
use crate::value::{EmailAddress, NoticeId, TicketId, Timestamp};

/// Proves which claim somebody holds; each claim of the same thing has a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

/// A notice that the caller may deliver until its lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The notice.
    pub notice: Notice,
    /// Needed to settle it.
    pub fence: Fence,
    /// Which attempt this is, from 1; counted before it is made.
    pub attempt: u32,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Settlement {
    /// The notifier took it.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It failed and is tried again.
    Retry {
        /// Not before then.
        at: Timestamp,
        /// What failed, without secrets.
        error: String,
    },
    /// It failed for good.
    Dead {
        /// What failed, without secrets.
        error: String,
    },
    /// It is not sent, because too many automatic ones went to the address.
    Suppressed,
    /// It takes longer: nothing came of it yet, and the claim lasts until then.
    Underway {
        /// The new end of the lease.
        until: Timestamp,
    },
}

/// Where a notice is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NoticeState {
    /// Waits for its first or next attempt.
    Waiting {
        /// Not before then.
        due: Timestamp,
        /// What the last attempt failed of.
        error: Option<String>,
    },
    /// Somebody delivers it.
    Claimed {
        /// Until then.
        until: Timestamp,
    },
    /// The notifier took it.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It failed for good, or came back.
    Dead {
        /// What failed.
        error: String,
    },
    /// It is not sent, because too many automatic ones went to the address.
    Suppressed,
}

/// A notice and where it is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeStatus {
    /// The notice.
    pub notice: Notice,
    /// Where it is.
    pub state: NoticeState,
    /// How many attempts were begun.
    pub attempts: u32,
}

/// Notices on their way out; commits put them in, due from their `created_at` on.
///
/// The oldest is the one with the smallest (`created_at`, id).
///
/// Delivery is at least once: a claim that was not settled in time is handed out again.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Claims notices that are due at `now`, the oldest first, at most `limit`, until `now + lease`.
    ///
    /// A claim whose lease is over counts as due. No notice is handed out while an earlier one of
    /// the same ticket to the same person is unsettled (waiting or claimed), so that each reads
    /// them in order. Of concurrent claimers each gets different notices. The attempt is counted
    /// and durable before the call returns.
    async fn claim_notices(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// Says what became of a claim; `false` when the fence is not that of the latest claim, or
    /// the notice is settled: then nothing changes.
    async fn settle_notice(
        &self,
        id: NoticeId,
        fence: Fence,
        settlement: &Settlement,
    ) -> Result<bool, StoreError>;

    /// A notice by its id.
    async fn notice(&self, id: NoticeId) -> Result<Option<NoticeStatus>, StoreError>;

    /// All notices of a ticket, the oldest first.
    async fn notices(&self, ticket: TicketId) -> Result<Vec<NoticeStatus>, StoreError>;

    /// Marks a sent notice as dead because it came back; `false` when there is none that was sent.
    async fn mark_bounced(&self, id: NoticeId, error: &str) -> Result<bool, StoreError>;

    /// Lets a dead or suppressed notice be delivered again from `now` on, with its attempts
    /// counted anew and its error forgotten; `false` when there is none in such a state.
    ///
    /// Fences go on growing, so that an old claim can't settle it.
    async fn requeue_notice(&self, id: NoticeId, now: Timestamp) -> Result<bool, StoreError>;

    /// How many automatic notices to the address were made after `since` and before the notice
    /// `before`, in the order of (time, id), those suppressed left out.
    async fn automatic_before(
        &self,
        address: &EmailAddress,
        since: Timestamp,
        before: &Notice,
    ) -> Result<u32, StoreError>;
}
