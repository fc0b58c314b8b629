//! The store in one file of the data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ticket_core::value::TenantId;
use ticket_sqlite::SqliteStore;

use super::{Begun, Opened, Ports, folder};
use crate::cli::Options;
use crate::output::say;
use crate::secret;

/// The database in the data folder.
const DATABASE: &str = "ticketd.db";

pub(super) async fn make(options: &Options) -> anyhow::Result<Begun> {
    secret::make_folder(&options.data)
        .with_context(|| format!("making the folder {}", options.data.display()))?;
    let database = database(options);
    let key = secret::key(&options.data, fs::exists(&database)?)?;
    let store = SqliteStore::open(&database)
        .await
        .with_context(|| format!("opening {}", database.display()))?;
    Ok(begun(options, store, key))
}

pub(super) async fn open(options: &Options) -> anyhow::Result<Begun> {
    let database = database(options);
    if !fs::exists(&database).with_context(|| format!("opening {}", database.display()))? {
        bail!(
            "there is no database {}; `ticketd serve` makes one, and --data names another folder",
            database.display()
        );
    }
    let key = secret::key(&options.data, true)?;
    let store = existing(&database).await?;
    let pending = store.pending_migrations().await?;
    if !pending.is_empty() {
        bail!("the database is of an earlier version; run `ticketd migrate` first");
    }
    Ok(begun(options, store, key))
}

/// The migrations that are missing; none, when there is no database.
pub(super) async fn pending(options: &Options) -> anyhow::Result<Option<Vec<(i64, &'static str)>>> {
    let database = database(options);
    if !fs::exists(&database)? {
        say(&format!("There is no database {}.\n", database.display()))?;
        return Ok(None);
    }
    let store = existing(&database).await?;
    let pending = store.pending_migrations().await?;
    store.close().await;
    Ok(Some(pending))
}

fn begun(options: &Options, store: SqliteStore, key: secret::Key) -> Begun {
    let tenant = Arc::new(store.tenant(TenantId::default()));
    Begun {
        ports: Ports {
            store: tenant.clone(),
            roster: tenant.clone(),
            blobs: tenant.clone(),
            limiter: tenant,
            lookup: None,
        },
        opened: Opened::Sqlite(Box::new(store)),
        key: key.signing,
        place: folder(options).display().to_string(),
    }
}

async fn existing(database: &Path) -> anyhow::Result<SqliteStore> {
    SqliteStore::open_without_migrating(database)
        .await
        .with_context(|| format!("opening {}", database.display()))
}

fn database(options: &Options) -> PathBuf {
    options.data.join(DATABASE)
}
