//! The bytes of attachments, in chunks.
//!
//! A small blob is written whole when it is finished. A large one is written chunk by chunk, as
//! an upload that nobody sees, so that other writes find room between its chunks and memory
//! holds only one of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use sqlx::{Row, SqliteConnection};
use ticket_core::port::{BlobStore, BlobWriter, StoreError};
use ticket_core::ticket::Digest;
use uuid::Uuid;

use crate::error::Error;
use crate::row::{from_column, id_bytes, to_column};
use crate::store::SqliteTenant;

/// The size of every chunk but the last, in bytes; stored blobs rest on it.
const CHUNK: usize = 256 * 1024;

/// An upload that was begun so long ago is nobody's any more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

struct Upload {
    store: SqliteTenant,
    id: Vec<u8>,
    hasher: Sha256,
    pending: Vec<u8>,
    /// How many chunks are stored; none of a finished upload is ours any more.
    stored: i64,
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
        let blob = Blob {
            tenant: self.store.id(),
            upload: self.id.clone(),
            digest: digest.bytes().to_vec(),
            size: to_column("the size of a blob", self.size)?,
            chunks: self.stored,
            last: std::mem::take(&mut self.pending),
        };
        self.store
            .write(move |connection| Box::pin(finish(connection, blob)))
            .await?;
        self.stored = 0;
        Ok((digest, self.size))
    }
}

impl Upload {
    async fn store_chunk(&mut self) -> Result<(), Error> {
        let (tenant, upload, place) = (self.store.id(), self.id.clone(), self.stored);
        let bytes = std::mem::take(&mut self.pending);
        // Counted first: when this fails or is not waited for, the chunk may be there.
        self.stored += 1;
        // The last write of the blob makes all of them durable.
        self.store
            .write_relaxed(move |connection| {
                Box::pin(store_chunk(connection, tenant, upload, place, bytes))
            })
            .await
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.stored > 0 {
            let (tenant, upload) = (self.store.id(), std::mem::take(&mut self.id));
            self.store
                .writer()
                .write_sometime(move |connection| Box::pin(remove(connection, tenant, upload)));
        }
    }
}

#[async_trait]
impl BlobStore for SqliteTenant {
    async fn new_blob(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(Upload {
            store: self.clone(),
            id: id_bytes(Uuid::now_v7()),
            hasher: Sha256::new(),
            pending: Vec::new(),
            stored: 0,
            size: 0,
        }))
    }

    async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let mut reader = self.reader().await?;
        let size: Option<i64> =
            sqlx::query_scalar("SELECT size FROM blobs WHERE tenant = ? AND digest = ?")
                .bind(self.id())
                .bind(digest.bytes().to_vec())
                .fetch_optional(&mut *reader)
                .await
                .map_err(Error::from)?;
        let size = size.map(|size| from_column("the size of a blob", size));
        Ok(size.transpose()?)
    }

    async fn read_blob(
        &self,
        digest: &Digest,
        offset: u64,
        limit: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let chunk = CHUNK as u64;
        // No blob is so long that its offset would not fit.
        let place = i64::try_from(offset / chunk).unwrap_or(i64::MAX);
        let begin = i64::try_from(offset % chunk).unwrap_or(0);
        let mut reader = self.reader().await?;
        let row = sqlx::query(
            "SELECT substr(c.bytes, ? + 1, ?) FROM blobs b LEFT JOIN chunks c \
             ON c.tenant = b.tenant AND c.upload = b.upload AND c.place = ? \
             WHERE b.tenant = ? AND b.digest = ?",
        )
        .bind(begin)
        .bind(i64::from(limit))
        .bind(place)
        .bind(self.id())
        .bind(digest.bytes().to_vec())
        .fetch_optional(&mut *reader)
        .await
        .map_err(Error::from)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let bytes: Option<Vec<u8>> = row.try_get(0).map_err(Error::from)?;
        Ok(Some(bytes.unwrap_or_default()))
    }
}

/// A finished upload.
struct Blob {
    tenant: i64,
    upload: Vec<u8>,
    digest: Vec<u8>,
    size: i64,
    chunks: i64,
    last: Vec<u8>,
}

async fn finish(connection: &mut SqliteConnection, blob: Blob) -> Result<(), Error> {
    let is_new = sqlx::query(
        "INSERT INTO blobs (tenant, digest, size, upload) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO NOTHING",
    )
    .bind(blob.tenant)
    .bind(blob.digest)
    .bind(blob.size)
    .bind(&blob.upload)
    .execute(&mut *connection)
    .await?
    .rows_affected()
        == 1;
    if !is_new {
        return remove(connection, blob.tenant, blob.upload).await;
    }
    if blob.chunks > 0 && !is_open(connection, blob.tenant, &blob.upload).await? {
        return Err(Error::UploadLost);
    }
    if !blob.last.is_empty() {
        insert_chunk(
            connection,
            blob.tenant,
            &blob.upload,
            blob.chunks,
            blob.last,
        )
        .await?;
    }
    forget_upload(connection, blob.tenant, &blob.upload).await
}

async fn store_chunk(
    connection: &mut SqliteConnection,
    tenant: i64,
    upload: Vec<u8>,
    place: i64,
    bytes: Vec<u8>,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO uploads (tenant, upload) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(tenant)
        .bind(&upload)
        .execute(&mut *connection)
        .await?;
    insert_chunk(connection, tenant, &upload, place, bytes).await
}

async fn insert_chunk(
    connection: &mut SqliteConnection,
    tenant: i64,
    upload: &[u8],
    place: i64,
    bytes: Vec<u8>,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO chunks (tenant, upload, place, bytes) VALUES (?, ?, ?, ?)")
        .bind(tenant)
        .bind(upload.to_vec())
        .bind(place)
        .bind(bytes)
        .execute(connection)
        .await?;
    Ok(())
}

async fn forget_upload(
    connection: &mut SqliteConnection,
    tenant: i64,
    upload: &[u8],
) -> Result<(), Error> {
    sqlx::query("DELETE FROM uploads WHERE tenant = ? AND upload = ?")
        .bind(tenant)
        .bind(upload.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

async fn is_open(
    connection: &mut SqliteConnection,
    tenant: i64,
    upload: &[u8],
) -> Result<bool, Error> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM uploads WHERE tenant = ? AND upload = ?)")
            .bind(tenant)
            .bind(upload.to_vec())
            .fetch_one(connection)
            .await?,
    )
}

/// Removes an upload that is not finished; one that became a blob stays.
async fn remove(
    connection: &mut SqliteConnection,
    tenant: i64,
    upload: Vec<u8>,
) -> Result<(), Error> {
    if is_open(connection, tenant, &upload).await? {
        sqlx::query("DELETE FROM chunks WHERE tenant = ? AND upload = ?")
            .bind(tenant)
            .bind(&upload)
            .execute(&mut *connection)
            .await?;
        forget_upload(connection, tenant, &upload).await?;
    }
    Ok(())
}

/// Removes what crashes left of uploads of all tenants. Their ids begin with the time.
pub(crate) async fn remove_abandoned(connection: &mut SqliteConnection) -> Result<(), Error> {
    let old = SystemTime::now() - ABANDONED;
    let millis = old.duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(millis.as_millis()).unwrap_or(u64::MAX);
    let limit = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    let abandoned: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT tenant, upload FROM uploads WHERE upload < ?")
            .bind(id_bytes(limit))
            .fetch_all(&mut *connection)
            .await?;
    for (tenant, upload) in abandoned {
        remove(connection, tenant, upload).await?;
    }
    Ok(())
}
