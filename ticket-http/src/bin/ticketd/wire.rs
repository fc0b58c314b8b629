//! Wiring: the data folder, the store, and the desk over them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ticket_core::desk::Desk;
use ticket_core::port::{BlobStore, Roster};
use ticket_core::value::TenantId;
use ticket_sqlite::{SqliteStore, SqliteTenant};

use crate::cli::Options;
use crate::exit::Exit;
use crate::output::say;
use crate::{secret, smtp};

/// The database in the data folder.
const DATABASE: &str = "ticketd.db";

/// A desk over an open store.
pub(crate) struct Wired {
    /// The desk.
    pub(crate) desk: Desk,
    /// Its people, to write.
    pub(crate) roster: Arc<dyn Roster>,
    store: SqliteStore,
}

impl Wired {
    /// Finishes what is being written and closes the store.
    pub(crate) async fn close(self) {
        drop(self.desk);
        self.store.close().await;
    }
}

/// Opens the desk; makes folder, key and database when they are missing, and brings the database
/// up to date.
pub(crate) async fn make(options: &Options) -> anyhow::Result<Wired> {
    make_folder(&options.data)
        .with_context(|| format!("making the folder {}", options.data.display()))?;
    let database = database(options);
    let key = secret::key(&options.data, &database)?;
    let store = SqliteStore::open(&database)
        .await
        .with_context(|| format!("opening {}", database.display()))?;
    wired(options, store, key)
}

/// Opens a desk that is there already, as it is.
pub(crate) async fn open(options: &Options) -> anyhow::Result<Wired> {
    let database = database(options);
    if !fs::exists(&database).with_context(|| format!("opening {}", database.display()))? {
        bail!(
            "there is no database {}; `ticketd serve` makes one, and --data names another folder",
            database.display()
        );
    }
    let key = secret::key(&options.data, &database)?;
    let store = existing(&database).await?;
    let pending = store.pending_migrations().await?;
    if !pending.is_empty() {
        bail!("the database is of an earlier version; run `ticketd migrate` first");
    }
    wired(options, store, key)
}

async fn existing(database: &Path) -> anyhow::Result<SqliteStore> {
    SqliteStore::open_without_migrating(database)
        .await
        .with_context(|| format!("opening {}", database.display()))
}

fn wired(
    options: &Options,
    store: SqliteStore,
    key: ticket_core::mail::SigningKey,
) -> anyhow::Result<Wired> {
    let tenant: Arc<SqliteTenant> = Arc::new(store.tenant(TenantId::default()));
    let blobs: Arc<dyn BlobStore> = tenant.clone();
    let notifier = smtp::notifier(&options.smtp, blobs)?;
    let mut builder = Desk::builder(tenant.clone(), tenant.clone(), key)
        .mail_reader(Arc::new(smtp::Mime))
        .rate_limiter(tenant.clone());
    if let Some(notifier) = notifier {
        builder = builder.notifier(notifier);
    }
    Ok(Wired {
        desk: builder.build(),
        roster: tenant,
        store,
    })
}

/// `ticketd migrate`
pub(crate) async fn migrate(options: &Options, check: bool) -> anyhow::Result<ExitCode> {
    if !check {
        make(options).await?.close().await;
        say("The database is up to date.\n")?;
        return Ok(Exit::Done.into());
    }
    let database = database(options);
    if !fs::exists(&database)? {
        say(&format!("There is no database {}.\n", database.display()))?;
        return Ok(Exit::Found.into());
    }
    let store = existing(&database).await?;
    let pending = store.pending_migrations().await?;
    store.close().await;
    if pending.is_empty() {
        say("The database is up to date.\n")?;
        return Ok(Exit::Done.into());
    }
    for (number, name) in pending {
        say(&format!("missing: {number:04} {name}\n"))?;
    }
    Ok(Exit::Found.into())
}

/// The folder in full, for people to find it.
pub(crate) fn folder(options: &Options) -> PathBuf {
    fs::canonicalize(&options.data).unwrap_or_else(|_| options.data.clone())
}

fn database(options: &Options) -> PathBuf {
    options.data.join(DATABASE)
}

/// Makes a folder that only its owner enters.
fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
