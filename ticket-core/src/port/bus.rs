//! News for live screens and idle workers.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::value::{TicketId, Version};

/// That something happened; whoever wants to know what, reads the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// A ticket has a new version.
    Committed {
        /// The ticket.
        ticket: TicketId,
        /// Its version.
        version: Version,
    },
    /// A mail was spooled.
    MailAccepted,
    /// Nobody knows what: some were skipped, because the subscriber was too slow or the bus was
    /// out of reach. Whoever shows something reads it anew; whoever works looks for work.
    Missed,
}

/// Receives what is published after it was made.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Subscription: Send {
    /// The next happening; none when the bus is gone.
    ///
    /// Where some were skipped, [`Happening::Missed`] stands in their place, as far as the bus
    /// can know of it.
    async fn next(&mut self) -> Option<Happening>;
}

/// News for live screens and idle workers: a hint, never the truth, and it may get lost.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Tells subscribers; never waits for them, and failures are nobody's concern.
    async fn publish(&self, happening: Happening);

    /// Listens from now on.
    async fn subscribe(&self) -> Box<dyn Subscription>;
}
