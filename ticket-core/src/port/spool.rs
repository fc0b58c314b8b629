//! Raw mail, stored before it is understood.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Fence, StoreError};
use crate::mail::{Decision, Quarantine};
use crate::ticket::Posting;
use crate::value::{Line, QueueKey, SpoolId, TicketId, Timestamp};

/// A raw mail for a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpooledMail {
    /// Identity.
    pub id: SpoolId,
    /// The queue that it was sent to.
    pub queue: QueueKey,
    /// When it was received.
    pub received_at: Timestamp,
    /// The bytes as received.
    pub raw: Vec<u8>,
}

/// A raw mail that the caller may process until its lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    /// The mail.
    pub mail: SpooledMail,
    /// Needed to settle it.
    pub fence: Fence,
    /// Which attempt this is, from 1; counted before it is made.
    pub attempt: u32,
}

/// What became of a raw mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MailSettlement {
    /// It became a message or note.
    Done {
        /// In this ticket.
        ticket: TicketId,
        /// This one.
        posting: Posting,
        /// Why there.
        decision: Decision,
    },
    /// It is kept aside.
    Quarantined {
        /// Why.
        reason: Quarantine,
        /// What was found out, if it got that far.
        decision: Option<Decision>,
    },
    /// Processing it failed and is tried again.
    Retry {
        /// Not before then.
        at: Timestamp,
        /// What failed, without contents.
        error: Line,
    },
}

/// Where a raw mail is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SpoolState {
    /// Waits for its first or next attempt.
    Waiting {
        /// Not before then.
        due: Timestamp,
        /// What the last attempt failed of.
        error: Option<Line>,
    },
    /// Somebody processes it.
    Claimed {
        /// Until then.
        until: Timestamp,
    },
    /// It became a message or note.
    Done {
        /// In this ticket.
        ticket: TicketId,
        /// This one.
        posting: Posting,
        /// Why there.
        decision: Decision,
    },
    /// It is kept aside.
    Quarantined {
        /// Why.
        reason: Quarantine,
        /// What was found out, if it got that far.
        decision: Option<Decision>,
    },
}

/// A raw mail without its bytes, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpooledStatus {
    /// Identity.
    pub id: SpoolId,
    /// The queue that it was sent to.
    pub queue: QueueKey,
    /// When it was received.
    pub received_at: Timestamp,
    /// How many bytes it has.
    pub size: u64,
    /// Where it is.
    pub state: SpoolState,
    /// How many attempts were begun.
    pub attempts: u32,
}

/// Raw mail, stored before it is understood.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MailSpool: Send + Sync {
    /// Stores a raw mail; durable when it returns, due from its `received_at` on.
    ///
    /// # Errors
    /// `AlreadyExists` (`mail`) when one with this id is there.
    async fn accept_mail(&self, mail: &SpooledMail) -> Result<(), StoreError>;

    /// Claims mails that are due at `now`, the oldest first by (`received_at`, id), at most
    /// `limit`, until `now + lease`.
    ///
    /// A claim whose lease is over counts as due. Of concurrent claimers each gets different
    /// mails. The attempt is counted and durable before the call returns.
    async fn claim_mail(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedMail>, StoreError>;

    /// Says what became of a claim; `false` when the fence is not that of the latest claim, or
    /// the mail is settled: then nothing changes.
    async fn settle_mail(
        &self,
        id: SpoolId,
        fence: Fence,
        settlement: &MailSettlement,
    ) -> Result<bool, StoreError>;

    /// A mail with its bytes.
    async fn mail(&self, id: SpoolId) -> Result<Option<SpooledMail>, StoreError>;

    /// Where a mail is.
    async fn mail_status(&self, id: SpoolId) -> Result<Option<SpooledStatus>, StoreError>;

    /// The mails in quarantine, the largest id first, those with a smaller id than `before` if
    /// given; ids of version 7 make that the newest first.
    async fn quarantined_mail(
        &self,
        before: Option<SpoolId>,
        limit: u16,
    ) -> Result<Vec<SpooledStatus>, StoreError>;

    /// Lets a quarantined mail be processed again from `now` on, with its attempts counted anew;
    /// `false` when there is none in quarantine.
    ///
    /// Fences go on growing, so that an old claim can't settle it.
    async fn run_mail_again(&self, id: SpoolId, now: Timestamp) -> Result<bool, StoreError>;
}
