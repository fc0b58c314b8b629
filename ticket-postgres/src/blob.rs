//! The bytes of attachments, in chunks.
//!
//! A small blob is written whole when it is finished. A large one is written chunk by chunk, as
//! an upload that nobody sees, so that memory holds only one of them. An upload that was not
//! touched for a day is of a node that died: the next large upload removes it.

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use sqlx::Row;
use ticket_core::port::{BlobStore, BlobWriter, StoreError};
use ticket_core::ticket::Digest;
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::error::Error;
use crate::row::{from_column, to_column};
use crate::store::PostgresTenant;

/// The size of every chunk but the last, in bytes; stored blobs rest on it.
const CHUNK: usize = 256 * 1024;

struct Upload {
    store: PostgresTenant,
    id: Uuid,
    hasher: Sha256,
    pending: Vec<u8>,
    /// How many chunks are stored; none of a finished upload is ours any more.
    stored: i32,
    /// All chunks before the pending bytes are known to be stored.
    is_whole: bool,
    size: u64,
}

#[async_trait]
impl BlobWriter for Upload {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            // A full chunk waits for a byte behind it: it may be the last one.
            if self.pending.len() == CHUNK {
                self.store_chunk().await?;
            }
            let room = CHUNK.saturating_sub(self.pending.len());
            let (part, later) = rest.split_at(room.min(rest.len()));
            self.pending.extend_from_slice(part);
            self.hasher.update(part);
            self.size = self.size.saturating_add(part.len() as u64);
            rest = later;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(Digest, u64), StoreError> {
        let digest = Digest::new(self.hasher.clone().finalize().into());
        if !self.keep(&digest).await? {
            return Err(Error::UploadLost.into());
        }
        self.stored = 0;
        Ok((digest, self.size))
    }
}

impl Upload {
    async fn store_chunk(&mut self) -> Result<(), Error> {
        let place = self.stored;
        if place == 0
            && let Err(error) = self.remove_abandoned().await
        {
            tracing::debug!(%error, "uploads that are abandoned stay for now");
        }
        if !self.is_whole {
            return Err(Error::UploadLost);
        }
        let bytes = std::mem::take(&mut self.pending);
        // Said first: when this fails or is not waited for, the chunk may be there, or not.
        self.stored += 1;
        self.is_whole = false;
        let write = sqlx::query(if place == 0 {
            "WITH own AS (INSERT INTO uploads (tenant, upload) VALUES ($1, $2) RETURNING upload) \
             INSERT INTO chunks (tenant, upload, place, bytes) SELECT $1, upload, $3, $4 FROM own"
        } else {
            "WITH own AS (UPDATE uploads SET touched_at = now() \
                 WHERE tenant = $1 AND upload = $2 RETURNING upload) \
             INSERT INTO chunks (tenant, upload, place, bytes) SELECT $1, upload, $3, $4 FROM own"
        })
        .bind(self.store.id())
        .bind(self.id)
        .bind(place)
        .bind(bytes);
        match self.store.primary().execute(write).await? {
            1 => {
                self.is_whole = true;
                Ok(())
            }
            _ => Err(Error::UploadLost),
        }
    }

    /// Removes some of what crashes left of this tenant's uploads, by the clock of the database: a
    /// few, so that whoever uploads does not wait long.
    async fn remove_abandoned(&self) -> Result<(), Error> {
        let remove = sqlx::query(
            "WITH old AS (DELETE FROM uploads WHERE tenant = $1 AND upload = ANY (ARRAY(\
                 SELECT u.upload FROM uploads u WHERE u.tenant = $1 \
                 AND u.touched_at < now() - interval '1 day' LIMIT 4 FOR UPDATE SKIP LOCKED)) \
                 RETURNING upload) \
             DELETE FROM chunks WHERE tenant = $1 AND upload = ANY (ARRAY(SELECT upload FROM old))",
        )
        .bind(self.store.id());
        self.store.primary().execute(remove).await?;
        Ok(())
    }

    /// Makes the upload a blob, unless there is one with this digest; `false` when it was lost.
    async fn keep(&mut self, digest: &Digest) -> Result<bool, Error> {
        if !self.is_whole {
            return Ok(false);
        }
        let last = std::mem::take(&mut self.pending);
        let keep = sqlx::query(if self.stored == 0 {
            "WITH kept AS (INSERT INTO blobs (tenant, digest, size, upload) \
                 VALUES ($1, $5, $6, $2) ON CONFLICT DO NOTHING RETURNING upload), \
             last AS (INSERT INTO chunks (tenant, upload, place, bytes) \
                 SELECT $1, upload, $3, $4 FROM kept WHERE $6 > 0) \
             SELECT true"
        } else {
            "WITH own AS (DELETE FROM uploads WHERE tenant = $1 AND upload = $2 \
                 RETURNING upload), \
             kept AS (INSERT INTO blobs (tenant, digest, size, upload) \
                 SELECT $1, $5, $6, upload FROM own ON CONFLICT DO NOTHING RETURNING upload), \
             last AS (INSERT INTO chunks (tenant, upload, place, bytes) \
                 SELECT $1, upload, $3, $4 FROM kept), \
             gone AS (DELETE FROM chunks WHERE tenant = $1 \
                 AND upload = (SELECT upload FROM own) AND NOT EXISTS (SELECT FROM kept)) \
             SELECT EXISTS (SELECT FROM own)"
        })
        .bind(self.store.id())
        .bind(self.id)
        .bind(self.stored)
        .bind(last)
        .bind(digest.bytes().as_slice())
        .bind(to_column("the size of a blob", self.size)?);
        let row = self.store.primary().write_first(keep).await?;
        Ok(row.map_or(Ok(false), |row| row.try_get(0))?)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Without a runtime it waits for its age.
        if self.stored > 0
            && let Ok(runtime) = Handle::try_current()
        {
            let (store, id) = (self.store.clone(), self.id);
            runtime.spawn(async move {
                if let Err(error) = remove(&store, id).await {
                    tracing::debug!(%error, "an upload that was not finished stays for a day");
                }
            });
        }
    }
}

/// Removes an upload that is not finished; one that became a blob stays.
async fn remove(store: &PostgresTenant, upload: Uuid) -> Result<(), Error> {
    let remove = sqlx::query(
        "WITH own AS (DELETE FROM uploads WHERE tenant = $1 AND upload = $2 RETURNING upload) \
         DELETE FROM chunks WHERE tenant = $1 AND upload = (SELECT upload FROM own)",
    )
    .bind(store.id())
    .bind(upload);
    store.primary().execute(remove).await?;
    Ok(())
}

#[async_trait]
impl BlobStore for PostgresTenant {
    async fn new_blob(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(Upload {
            store: self.clone(),
            id: Uuid::now_v7(),
            hasher: Sha256::new(),
            pending: Vec::new(),
            stored: 0,
            is_whole: true,
            size: 0,
        }))
    }

    async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let asked = sqlx::query("SELECT size FROM blobs WHERE tenant = $1 AND digest = $2")
            .bind(self.id())
            .bind(digest.bytes().as_slice());
        let Some(row) = self.primary().read_first(asked).await? else {
            return Ok(None);
        };
        let size = row.try_get(0).map_err(Error::from)?;
        Ok(Some(from_column("the size of a blob", size)?))
    }

    async fn read_blob(
        &self,
        digest: &Digest,
        offset: u64,
        limit: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let chunk = CHUNK as u64;
        // No blob is so long that its offset would not fit.
        let place = i32::try_from(offset / chunk).unwrap_or(i32::MAX);
        let begin = i32::try_from(offset % chunk).unwrap_or(0);
        let part = i32::try_from(limit.min(CHUNK as u32)).unwrap_or(0);
        let asked = sqlx::query(
            "SELECT substr(c.bytes, $4 + 1, $5) FROM blobs b LEFT JOIN chunks c \
             ON c.tenant = b.tenant AND c.upload = b.upload AND c.place = $3 \
             WHERE b.tenant = $1 AND b.digest = $2",
        )
        .bind(self.id())
        .bind(digest.bytes().as_slice())
        .bind(place)
        .bind(begin)
        .bind(part);
        let Some(row) = self.primary().read_first(asked).await? else {
            return Ok(None);
        };
        let bytes: Option<Vec<u8>> = row.try_get(0).map_err(Error::from)?;
        Ok(Some(bytes.unwrap_or_default()))
    }
}
