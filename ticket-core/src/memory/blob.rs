//! The bytes of attachments.

use std::sync::Arc;

use async_trait::async_trait;

use super::MemoryStore;
use crate::port::{BlobStore, BlobWriter, StoreError};
use crate::ticket::Digest;

struct Writer {
    store: MemoryStore,
    bytes: Vec<u8>,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<(Digest, u64), StoreError> {
        let digest = Digest::of(&self.bytes);
        let size = size(&self.bytes);
        let bytes: Arc<[u8]> = self.bytes.into();
        self.store.records().blobs.insert(digest, bytes);
        Ok((digest, size))
    }
}

#[async_trait]
impl BlobStore for MemoryStore {
    async fn new_blob(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(Writer {
            store: self.clone(),
            bytes: Vec::new(),
        }))
    }

    async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        Ok(self.records().blobs.get(digest).map(|bytes| size(bytes)))
    }

    async fn read_blob(
        &self,
        digest: &Digest,
        offset: u64,
        limit: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let records = self.records();
        Ok(records
            .blobs
            .get(digest)
            .map(|bytes| bytes.iter().copied().skip(skipped).take(limit).collect()))
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
