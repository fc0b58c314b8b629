//! How a file is opened.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use ticket_core::port::StoreError;

use crate::error::Error;
use crate::migrate;
use crate::store::SqliteStore;
use crate::writer::{Work, Writer};

/// The page size of SQLite, in bytes; the default since 2016.
const PAGE_SIZE: u64 = 4096;

/// How a file is opened; the defaults fit a server.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    busy_timeout: Duration,
    readers: u32,
    max_bytes: Option<u64>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            max_bytes: None,
        }
    }
}

impl SqliteOptions {
    /// The defaults: 5 seconds of patience, 4 readers.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a write waits for a lock of another program before it answers `Unavailable`.
    #[must_use]
    pub const fn busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// How many connections read at once, at least 1; each holds up to 4 MiB of cache.
    #[must_use]
    pub const fn readers(mut self, readers: u32) -> Self {
        self.readers = if readers == 0 { 1 } else { readers };
        self
    }

    /// How large the file may become, in bytes, its log not counted; what does not fit is refused
    /// as `Unavailable`, as on a full disk.
    #[must_use]
    pub const fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }

    /// Opens a file, makes it when it is missing, and brings its schema up to date.
    ///
    /// Call it inside a tokio runtime; the store works as long as that runtime does.
    ///
    /// # Errors
    /// `Unavailable` when the file can't be opened, is locked or the disk is full; `Corrupt` when
    /// it is no database; `Backend` when a newer version of this program wrote it.
    pub async fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        Ok(self.connect(path.as_ref(), true).await?)
    }

    /// Opens a file as it is; it must exist. Nothing works on it until its schema is up to date:
    /// see [`SqliteStore::pending_migrations`] and [`SqliteStore::migrate`].
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open_without_migrating(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<SqliteStore, StoreError> {
        Ok(self.connect(path.as_ref(), false).await?)
    }

    /// Boxed, so that whoever opens a store may send the future on.
    fn connect<'a>(&'a self, path: &'a Path, make: bool) -> Work<'a, SqliteStore> {
        Box::pin(self.connect_now(path, make))
    }

    async fn connect_now(&self, path: &Path, make: bool) -> Result<SqliteStore, Error> {
        if make {
            make_private(path).map_err(Error::File)?;
        }
        let writing = self.writing(path);
        let mut connection = writing.connect().await?;
        if make {
            migrate::migrate(&mut connection).await?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(self.readers)
            .acquire_timeout(self.busy_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(self.reading(path));
        let writer = Writer::start(writing.clone(), connection);
        let store = SqliteStore::new(writer, readers, writing);
        if make {
            store.remove_abandoned_uploads().await?;
        }
        Ok(store)
    }

    fn writing(&self, path: &Path) -> SqliteConnectOptions {
        let options = match self.max_bytes {
            Some(bytes) => {
                let pages = (bytes / PAGE_SIZE).max(1).to_string();
                self.both(path).pragma("max_page_count", pages)
            }
            None => self.both(path),
        };
        options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // After a burst the log goes back to this size, in bytes.
            .pragma("journal_size_limit", "67108864")
            // Zeroes what is deleted wherever that costs no extra write: redacted texts.
            .pragma("secure_delete", "FAST")
            .pragma("cache_size", "-8192")
    }

    fn reading(&self, path: &Path) -> SqliteConnectOptions {
        self.both(path)
            .read_only(true)
            .pragma("cache_size", "-4096")
            // A search looks up many rows all over the file: without a copy of each page.
            .pragma("mmap_size", "1073741824")
    }

    fn both(&self, path: &Path) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(self.busy_timeout)
            // Sorting must not fail because the disk is full.
            .pragma("temp_store", "MEMORY")
            .statement_cache_capacity(256)
            .disable_statement_logging()
    }
}

/// Makes the file if it is missing, readable by its owner alone: it holds people's mail. SQLite
/// gives its other files the same rights.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
