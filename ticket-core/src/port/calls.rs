//! Calls of webhooks on their way out.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Fence, StoreError};
use crate::value::{CallId, TicketId, Timestamp, WebhookKey};
use crate::webhook::{Attempt, Call};

/// A call that the caller may make until its lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedCall {
    /// The call.
    pub call: Call,
    /// Needed to settle it.
    pub fence: Fence,
    /// Which attempt this is, from 1; counted before it is made.
    pub attempt: u32,
    /// What came of earlier attempts, the oldest first.
    pub log: Vec<Attempt>,
}

/// What became of an attempt to make a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CallSettlement {
    /// The webhook took it.
    Delivered {
        /// When.
        at: Timestamp,
        /// What is logged of all attempts from now on.
        log: Vec<Attempt>,
    },
    /// It failed and is tried again.
    Retry {
        /// Not before then.
        at: Timestamp,
        /// What is logged of all attempts from now on.
        log: Vec<Attempt>,
    },
    /// It failed for good.
    Dead {
        /// Why, without secrets.
        error: String,
        /// What is logged of all attempts from now on.
        log: Vec<Attempt>,
    },
    /// It was not made: others may take it from then on. The log stays.
    GivenBack {
        /// Not before then.
        at: Timestamp,
    },
    /// It takes longer: nothing came of it yet, and the claim lasts until then. The log stays.
    Underway {
        /// The new end of the lease.
        until: Timestamp,
    },
}

/// Where a call is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CallState {
    /// Waits for its first or next attempt.
    Waiting {
        /// Not before then.
        due: Timestamp,
    },
    /// Somebody makes it.
    Claimed {
        /// Until then.
        until: Timestamp,
    },
    /// The webhook took it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It failed for good, or nobody is to be told any more.
    Dead {
        /// Why.
        error: String,
    },
}

/// A call and where it is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStatus {
    /// The call.
    pub call: Call,
    /// Where it is.
    pub state: CallState,
    /// How many attempts were begun since it was queued.
    pub attempts: u32,
    /// What came of them, the oldest first.
    pub log: Vec<Attempt>,
}

/// Calls of webhooks on their way out; commits put them in, due from their `created_at` on.
///
/// Delivery is at least once: a claim that was not settled in time is handed out again. A call is
/// settled when it is delivered or dead.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CallOutbox: Send + Sync {
    /// Puts a call in that tells of no commit. It keeps no order with others.
    ///
    /// # Errors
    /// `AlreadyExists` (`call`) when there is one with this id.
    async fn post_call(&self, call: &Call) -> Result<(), StoreError>;

    /// Claims calls that are due at `now` until `now + lease`: for each webhook named at most as
    /// many as stand beside it, those first that have been due for longest, by (time, id).
    ///
    /// A claim whose lease is over counts as due. No call is handed out while one of an earlier
    /// version of the same ticket to the same webhook is unsettled (waiting or claimed), so that
    /// each webhook hears of a ticket in order; a call that was queued again keeps no order any
    /// more, and holds up none. Webhooks don't hold up each other. Of concurrent claimers each
    /// gets different calls. The attempt is counted and durable before the call returns.
    async fn claim_calls(
        &self,
        now: Timestamp,
        lease: Duration,
        wanted: &[(WebhookKey, u16)],
    ) -> Result<Vec<ClaimedCall>, StoreError>;

    /// Says what became of a claim; `false` when the fence is not that of the latest claim, or
    /// the call is settled: then nothing changes.
    async fn settle_call(
        &self,
        id: CallId,
        fence: Fence,
        settlement: &CallSettlement,
    ) -> Result<bool, StoreError>;

    /// Lets a settled call be made again from `now` on, with its attempts counted anew, and out
    /// of order; `false` when there is none that is settled. Its log stays.
    ///
    /// Fences go on growing, so that an old claim can't settle it.
    async fn requeue_call(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError>;

    /// Makes dead what waits for other webhooks than these, or was claimed for them with a lease
    /// that is over; answers how many.
    async fn end_calls(
        &self,
        now: Timestamp,
        active: &[WebhookKey],
        error: &str,
    ) -> Result<u64, StoreError>;

    /// Forgets settled calls, at most `limit`: of these webhooks all but so many of the newest, by
    /// id; of others all. Answers how many.
    async fn forget_calls(
        &self,
        known: &[WebhookKey],
        newest: u32,
        limit: u32,
    ) -> Result<u64, StoreError>;
}

/// What webhooks were told.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CallLog: Send + Sync {
    /// A call by its id.
    async fn call(&self, id: CallId) -> Result<Option<CallStatus>, StoreError>;

    /// All calls that tell of a ticket, by (`created_at`, id).
    async fn calls(&self, ticket: TicketId) -> Result<Vec<CallStatus>, StoreError>;

    /// Calls of a webhook by id, the newest first: those before the given one, at most `limit`.
    async fn calls_to(
        &self,
        webhook: &WebhookKey,
        before: Option<CallId>,
        limit: u16,
    ) -> Result<Vec<CallStatus>, StoreError>;
}
