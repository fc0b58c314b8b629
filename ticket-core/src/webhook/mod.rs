//! Webhooks: programs elsewhere that are told of what happens, by Standard Webhooks 1.0.
//!
//! An administrator says in the settings which [`Webhook`]s there are. [`calls`] makes of each
//! commit the [`Call`]s that tell of it; they are part of the [`Plan`](crate::plan::Plan), so no
//! commit is untold and nothing is told that was not committed.
//!
//! A call's body is made then and never again, so whoever gets it twice gets the same bytes. It
//! names messages and notes and holds none of their words, nor names of files: what is redacted
//! later was never sent. It does hold the subject, and for the team what events hold: values of
//! fields, and what an action of the host answered in one line.

mod announce;
mod body;
mod definition;

use serde::{Deserialize, Serialize};

use crate::ticket::Side;
use crate::value::{CallId, TicketId, Timestamp, Version, WebhookKey};

pub use announce::{Told, calls};
pub(crate) use body::is_for_customers;
pub use definition::{Webhook, WebhookUrl};

/// One thing to tell one webhook; it has a stable identity and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Identity: the `webhook-id` of each attempt, by which a receiver knows it again.
    pub id: CallId,
    /// Whom it tells.
    pub webhook: WebhookKey,
    /// For whose eyes it was made.
    pub side: Side,
    /// The commit that it tells of; none for a test.
    pub about: Option<About>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it says: JSON, byte for byte as it is sent.
    pub body: String,
}

/// What came of one attempt to make a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_millis: u64,
    /// The status of the answer (RFC 9110, 15), if there was one.
    pub status: Option<u16>,
    /// What failed, without secrets.
    pub error: Option<String>,
}

/// A commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct About {
    /// The ticket.
    pub ticket: TicketId,
    /// The version that it had afterwards.
    pub version: Version,
}
