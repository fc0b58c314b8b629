//! Attachments: each a file that is named by its digest, never whole in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use async_trait::async_trait;
use sha2::Digest as _;
use tempfile::NamedTempFile;
use ticket_core::port::{BlobStore, BlobWriter, StoreError};
use ticket_core::ticket::Digest;

use crate::journal::{JournalStore, unavailable};

/// Writes to a file without a name that counts; dropped, it removes itself.
struct Writer {
    folder: PathBuf,
    file: NamedTempFile,
    hash: sha2::Sha256,
    size: u64,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).map_err(unavailable)
    }

    async fn finish(self: Box<Self>) -> Result<(Digest, u64), StoreError> {
        let digest = Digest::new(self.hash.finalize().into());
        let path = self.folder.join(digest.to_string());
        // The bytes before the name, the name before the answer: a crash leaves all or nothing.
        self.file.as_file().sync_all().map_err(unavailable)?;
        self.file
            .persist(path)
            .map_err(|error| unavailable(error.error))?;
        let folder = File::open(self.folder).map_err(unavailable)?;
        folder.sync_all().map_err(unavailable)?;
        Ok((digest, self.size))
    }
}

#[async_trait]
impl BlobStore for JournalStore {
    async fn new_blob(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let folder = self.blobs();
        std::fs::create_dir_all(&folder).map_err(unavailable)?;
        let file = NamedTempFile::new_in(&folder).map_err(unavailable)?;
        Ok(Box::new(Writer {
            folder,
            file,
            hash: sha2::Sha256::new(),
            size: 0,
        }))
    }

    async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let file = present(File::open(self.path(digest)))?;
        let size = |file: File| file.metadata().map(|metadata| metadata.len());
        file.map(size).transpose().map_err(unavailable)
    }

    async fn read_blob(
        &self,
        digest: &Digest,
        offset: u64,
        limit: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let file = present(File::open(self.path(digest)))?;
        let read = |mut file: File| {
            // Systems refuse to look too far past the end.
            let offset = offset.min(file.metadata()?.len());
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(u64::from(limit)).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        file.map(read).transpose().map_err(unavailable)
    }
}

impl JournalStore {
    fn path(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.to_string())
    }
}

/// What is not there is an answer, not a fault.
fn present(file: io::Result<File>) -> Result<Option<File>, StoreError> {
    match file {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
