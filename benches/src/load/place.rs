//! Where a desk is kept.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::port::{Directory, Reference, Store};
use ticket_core::value::{TenantId, TicketNumber};
use ticket_sqlite::{SqliteStore, SqliteTenant};

use crate::Import;

/// The file in a folder of `ticketd`.
const FILE: &str = "ticketd.db";

/// Where a desk of some size is kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a file in a folder.
    Sqlite {
        /// The folder, which is also that of the server.
        folder: PathBuf,
    },
}

/// An open store of a desk.
#[derive(Debug)]
pub enum Opened {
    /// A file.
    Sqlite(SqliteStore, SqliteTenant),
}

impl Place {
    /// Opens the store, and makes it when it is missing.
    ///
    /// # Errors
    /// When it can't be opened.
    pub async fn open(&self) -> Result<Opened> {
        match self {
            Self::Sqlite { folder } => {
                fs::create_dir_all(folder)?;
                let store = SqliteStore::open(folder.join(FILE)).await?;
                let tenant = store.tenant(TenantId::default());
                Ok(Opened::Sqlite(store, tenant))
            }
        }
    }

    /// The folder of the server.
    pub const fn folder(&self) -> &PathBuf {
        match self {
            Self::Sqlite { folder } => folder,
        }
    }

    /// What the server must be told to find the store, besides its folder.
    pub const fn environment(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Sqlite { .. } => Vec::new(),
        }
    }

    /// What the store takes on the disk, in bytes.
    ///
    /// # Errors
    /// When it can't be asked.
    pub fn bytes(&self) -> Result<u64> {
        match self {
            Self::Sqlite { folder } => Ok(fs::metadata(folder.join(FILE))?.len()),
        }
    }

    /// Removes the store.
    ///
    /// # Errors
    /// When it can't be removed.
    pub fn remove(&self) -> Result<()> {
        match self {
            Self::Sqlite { folder } => {
                for end in ["", "-wal", "-shm"] {
                    let path = folder.join(format!("{FILE}{end}"));
                    if path.exists() {
                        fs::remove_file(&path)?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl Opened {
    /// A desk over the store.
    pub fn desk(&self) -> Desk {
        let (store, people): (Arc<dyn Store>, Arc<dyn Directory>) = match self {
            Self::Sqlite(_, tenant) => (Arc::new(tenant.clone()), Arc::new(tenant.clone())),
        };
        Desk::builder(store, people, SigningKey::new([7; 32])).build()
    }

    /// What fills the store.
    pub const fn import(&self) -> &dyn Import {
        match self {
            Self::Sqlite(_, tenant) => tenant,
        }
    }

    /// Whether the store was filled with so many tickets before.
    ///
    /// # Errors
    /// When the store fails, or the filling was not finished.
    pub async fn is_filled(&self, tickets: usize) -> Result<bool> {
        if self.import().settings_generation().await? == 0 {
            return Ok(false);
        }
        let last = Reference::Number(TicketNumber::new(tickets as u64)?);
        let found = self.desk().store().load(&[last]).await?;
        if found.into_iter().next().context("an answer")?.is_none() {
            bail!("the store was not filled to the end; run with --fresh to begin anew");
        }
        Ok(true)
    }

    /// Closes the store.
    pub async fn close(self) {
        match self {
            Self::Sqlite(store, tenant) => {
                drop(tenant);
                store.close().await;
            }
        }
    }
}
