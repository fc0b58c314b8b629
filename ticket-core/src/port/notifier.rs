//! What brings letters to people.

use async_trait::async_trait;

use crate::notice::Letter;

/// Why a letter was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// It may work later.
    #[error("not delivered for now: {0}")]
    Later(String),
    /// It will never work.
    #[error("not deliverable: {0}")]
    Never(String),
}

/// Brings letters to people: by mail, or however the host does it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Delivers a letter, or says why not.
    ///
    /// The same letter may come again after a crash: it has the same Message-ID then. Returns
    /// within a bounded time. Error texts hold no secrets.
    async fn deliver(&self, letter: &Letter) -> Result<(), NotifyError>;
}
