//! Wiring: the store, what nodes share, and the desk over them.

mod shared;
mod sqlite;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::port::{BlobStore, RateLimiter, Roster, Store};

use crate::cli::Options;
use crate::exit::Exit;
use crate::output::say;
use crate::{smtp, worker};
pub(crate) use shared::Shared;

/// A desk over an open store.
pub(crate) struct Wired {
    /// The desk.
    pub(crate) desk: Desk,
    /// Its people, to write.
    pub(crate) roster: Arc<dyn Roster>,
    /// What its nodes share and may lose.
    pub(crate) shared: Shared,
    /// Where everything is stored, for people to find it.
    pub(crate) place: String,
    opened: Opened,
}

impl Wired {
    /// Finishes what is being written and closes the store.
    pub(crate) async fn close(self) {
        drop(self.desk);
        match self.opened {
            Opened::Sqlite(store) => store.close().await,
        }
    }
}

/// A store that is open.
enum Opened {
    Sqlite(ticket_sqlite::SqliteStore),
}

/// What a store gives to a desk, on one tenant.
struct Ports {
    store: Arc<dyn Store>,
    roster: Arc<dyn Roster>,
    blobs: Arc<dyn BlobStore>,
    limiter: Arc<dyn RateLimiter>,
}

/// A store with its key, ready for a desk.
struct Begun {
    opened: Opened,
    ports: Ports,
    key: SigningKey,
    place: String,
}

/// Opens the desk; makes what is missing, and brings the database up to date.
pub(crate) async fn make(options: &Options) -> anyhow::Result<Wired> {
    let begun = sqlite::make(options).await?;
    wired(options, begun)
}

/// Opens a desk that is there already, as it is.
pub(crate) async fn open(options: &Options) -> anyhow::Result<Wired> {
    let begun = sqlite::open(options).await?;
    wired(options, begun)
}

fn wired(options: &Options, begun: Begun) -> anyhow::Result<Wired> {
    let Begun {
        opened,
        ports,
        key,
        place,
    } = begun;
    let notifier = smtp::notifier(&options.smtp, ports.blobs)?;
    let mut builder = Desk::builder(ports.store, ports.roster.clone(), key)
        .mail_reader(Arc::new(smtp::Mime))
        .rate_limiter(ports.limiter)
        .lease(worker::LEASE);
    if let Some(notifier) = notifier {
        builder = builder.notifier(notifier);
    }
    let shared = Shared::of(&options.redis)?;
    Ok(Wired {
        desk: shared.join(builder).build(),
        roster: ports.roster,
        shared,
        place,
        opened,
    })
}

/// `ticketd migrate`
pub(crate) async fn migrate(options: &Options, check: bool) -> anyhow::Result<ExitCode> {
    if !check {
        make(options).await?.close().await;
        say("The database is up to date.\n")?;
        return Ok(Exit::Done.into());
    }
    let pending = sqlite::pending(options).await?;
    let Some(pending) = pending else {
        return Ok(Exit::Found.into());
    };
    if pending.is_empty() {
        say("The database is up to date.\n")?;
        return Ok(Exit::Done.into());
    }
    for (number, name) in pending {
        say(&format!("missing: {number:04} {name}\n"))?;
    }
    Ok(Exit::Found.into())
}

/// The data folder in full, for people to find it.
pub(crate) fn folder(options: &Options) -> PathBuf {
    std::fs::canonicalize(&options.data).unwrap_or_else(|_| options.data.clone())
}
