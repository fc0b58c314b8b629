//! The one error of all stores.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::value::Version;

type Source = Arc<dyn Error + Send + Sync>;

/// A fault of a store, by what it means to the caller.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else wrote first; nothing was written.
    #[error("written by somebody else meanwhile (now at version {current})")]
    Conflict {
        /// The version that is stored now.
        current: Version,
    },
    /// The identity, or the idempotency key with another request, is there already.
    #[error("{what} is there already")]
    AlreadyExists {
        /// What is there: `ticket`, `idempotency key`, `address` and the like.
        what: &'static str,
    },
    /// The store can't be reached or is full; nothing is known to be wrong with its data.
    #[error("the store is not available: {detail}")]
    Unavailable {
        /// What happened, without secrets.
        detail: String,
        /// When to try again, if anything is known about it.
        retry_after: Option<Duration>,
        /// What the driver said.
        #[source]
        source: Option<Source>,
    },
    /// What is stored can't be understood.
    #[error("stored data can't be understood: {detail}")]
    Corrupt {
        /// What and where, without contents.
        detail: String,
    },
    /// Anything else that the driver reported.
    #[error("the store failed: {detail}")]
    Backend {
        /// What happened, without secrets.
        detail: String,
        /// What the driver said.
        #[source]
        source: Option<Source>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later, unchanged.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Conflict { .. }
            | Self::AlreadyExists { .. }
            | Self::Corrupt { .. }
            | Self::Backend { .. } => false,
        }
    }

    /// Stored data that can't be understood.
    pub fn corrupt(detail: impl Into<String>) -> Self {
        Self::Corrupt {
            detail: detail.into(),
        }
    }
}
