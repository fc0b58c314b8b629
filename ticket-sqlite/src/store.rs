//! The store and its view on one tenant.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool};
use ticket_core::port::StoreError;
use ticket_core::value::TenantId;

use crate::error::Error;
use crate::options::SqliteOptions;
use crate::words::Documents;
use crate::writer::{Durability, Work, Writer};
use crate::{blob, migrate};

/// A desk in one SQLite file; clones share the same connections.
///
/// Several programs of one machine may open the same file. Never put it on a network disk.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    options: SqliteConnectOptions,
}

/// A [`SqliteStore`] as one tenant sees it: it has all ports of a store and a directory.
#[derive(Debug, Clone)]
pub struct SqliteTenant {
    store: SqliteStore,
    tenant: TenantId,
    documents: Arc<OnceLock<Documents>>,
}

impl SqliteStore {
    /// A store over open connections; the options are those of the writing one.
    pub(crate) const fn new(
        writer: Writer,
        readers: SqlitePool,
        options: SqliteConnectOptions,
    ) -> Self {
        Self {
            writer,
            readers,
            options,
        }
    }

    /// Opens a file with the default [`SqliteOptions`].
    ///
    /// # Errors
    /// See [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open(path).await
    }

    /// Opens an existing file as it is, with the default [`SqliteOptions`].
    ///
    /// # Errors
    /// See [`SqliteOptions::open_without_migrating`].
    pub async fn open_without_migrating(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open_without_migrating(path).await
    }

    /// The store as this tenant sees it.
    pub fn tenant(&self, tenant: TenantId) -> SqliteTenant {
        SqliteTenant {
            store: self.clone(),
            tenant,
            documents: Arc::default(),
        }
    }

    /// The migrations that the file lacks, in order, by number and name.
    ///
    /// # Errors
    /// `Backend` when the schema is newer than this program.
    pub async fn pending_migrations(&self) -> Result<Vec<(i64, &'static str)>, StoreError> {
        let mut reader = self.reader().await?;
        Ok(migrate::pending(&mut reader).await?)
    }

    /// Brings the schema of the file up to date; does nothing when it is.
    ///
    /// # Errors
    /// `Backend` when the schema is newer than this program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let connection = self.options.connect().await.map_err(Error::from);
        let mut connection = connection?;
        migrate::migrate(&mut connection).await?;
        connection.close().await.map_err(Error::from)?;
        Ok(())
    }

    /// Finishes the writes in line and closes the file; whatever comes later is `Unavailable`.
    ///
    /// Dropping all handles does the same without waiting. A program that dies loses nothing
    /// that was answered.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn remove_abandoned_uploads(&self) -> Result<(), Error> {
        self.writer
            .write(Durability::Relaxed, |connection| {
                Box::pin(blob::remove_abandoned(connection))
            })
            .await
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>, Error> {
        Ok(self.readers.acquire().await?)
    }
}

impl SqliteTenant {
    /// The tenant as columns hold it.
    pub(crate) fn id(&self) -> i64 {
        i64::from(self.tenant.get())
    }

    /// The documents of the tenant in the search index; none before its first ticket.
    pub(crate) async fn documents(
        &self,
        reader: &mut SqliteConnection,
    ) -> Result<Option<Documents>, Error> {
        if let Some(known) = self.documents.get() {
            return Ok(Some(*known));
        }
        let slot: Option<i64> = sqlx::query_scalar("SELECT slot FROM counters WHERE tenant = ?")
            .bind(self.id())
            .fetch_optional(reader)
            .await?;
        // A slot that was committed is never another's.
        let found = slot.map(Documents::of).transpose()?;
        Ok(found.map(|documents| *self.documents.get_or_init(|| documents)))
    }

    /// A connection that reads the latest committed state.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Sqlite>, Error> {
        self.store.reader().await
    }

    /// A connection that reads, and has read nothing before.
    pub(crate) async fn new_reader(&self) -> Result<SqliteConnection, Error> {
        Ok(self.store.readers.connect_options().connect().await?)
    }

    pub(crate) const fn writer(&self) -> &Writer {
        &self.store.writer
    }

    /// Does some work in a transaction; durable when it returns.
    pub(crate) async fn write<F, T>(&self, work: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
        T: Send + 'static,
    {
        self.store.writer.write(Durability::Durable, work).await
    }

    /// Does some work whose loss in a crash of the machine does no harm.
    pub(crate) async fn write_relaxed<F, T>(&self, work: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
        T: Send + 'static,
    {
        self.store.writer.write(Durability::Relaxed, work).await
    }
}
