//! The bytes of attachments.

use async_trait::async_trait;

use super::StoreError;
use crate::ticket::Digest;

/// Takes the bytes of one blob, piece by piece; dropped before `finish`, nothing stays.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends bytes.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Makes the blob durable and answers its digest and size; storing the same bytes again
    /// changes nothing.
    async fn finish(self: Box<Self>) -> Result<(Digest, u64), StoreError>;
}

/// The bytes of attachments, named by their digest, never whole in memory.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Begins to store a blob.
    async fn new_blob(&self) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// The size of a blob in bytes; none when there is no such blob.
    async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError>;

    /// Reads at most `limit` bytes from `offset` on; empty at or past the end, and none when
    /// there is no such blob. May answer fewer bytes than asked for, but at least one before the
    /// end.
    async fn read_blob(
        &self,
        digest: &Digest,
        offset: u64,
        limit: u32,
    ) -> Result<Option<Vec<u8>>, StoreError>;
}
