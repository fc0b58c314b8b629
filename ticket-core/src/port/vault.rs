//! Sealed secrets: bytes that only whoever has the key can read.

use async_trait::async_trait;

use super::StoreError;

/// A sealed secret as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Under which name.
    pub name: String,
    /// Grows by one with each change, from 1.
    pub generation: u64,
    /// The secret, sealed.
    pub bytes: Vec<u8>,
}

/// Sealed secrets by their names; what is in them is of no use without a key that is elsewhere.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Vault: Send + Sync {
    /// The secrets of these names, in any order; names without one are left out.
    async fn sealed(&self, names: &[String]) -> Result<Vec<Sealed>, StoreError>;

    /// Keeps a secret over the generation that the caller saw (0: none), and answers the new one.
    ///
    /// # Errors
    /// `Conflict` when another generation is stored.
    async fn seal(&self, name: &str, seen: u64, bytes: &[u8]) -> Result<u64, StoreError>;

    /// Forgets a secret; `false` when there is none.
    async fn forget_sealed(&self, name: &str) -> Result<bool, StoreError>;
}
