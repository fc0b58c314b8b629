//! Wiring: the store, what nodes share, and the desk over them.

#[cfg(feature = "postgres")]
mod postgres;
mod shared;
mod sqlite;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::port::{BlobStore, Lookup, RateLimiter, Roster, Store};

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
            #[cfg(feature = "postgres")]
            Opened::Postgres(store) => store.close().await,
        }
    }
}

/// A store that is open.
enum Opened {
    Sqlite(Box<ticket_sqlite::SqliteStore>),
    #[cfg(feature = "postgres")]
    Postgres(ticket_postgres::PostgresStore),
}

/// What a store gives to a desk, on one tenant.
struct Ports {
    store: Arc<dyn Store>,
    roster: Arc<dyn Roster>,
    blobs: Arc<dyn BlobStore>,
    limiter: Arc<dyn RateLimiter>,
    /// What reads together all that a request rests on, for a store behind a network.
    lookup: Option<Arc<dyn Lookup>>,
}

/// A store with its key, ready for a desk.
struct Begun {
    opened: Opened,
    ports: Ports,
    key: SigningKey,
    place: String,
}

/// Which store is asked for.
enum Kind<'a> {
    /// One file in the data folder.
    File,
    /// A PostgreSQL, by its URL.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "it is refused"))]
    Server(&'a str),
}

fn kind(options: &Options) -> anyhow::Result<Kind<'_>> {
    let url = options.database.database_url.as_deref();
    let Some(url) = url.filter(|url| !url.is_empty()) else {
        return Ok(Kind::File);
    };
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("postgres" | "postgresql")) {
        bail!(
            "DATABASE_URL must begin with postgres://; for SQLite leave it out, and name the folder by --data"
        );
    }
    Ok(Kind::Server(url))
}

/// Opens the desk; makes what is missing, and brings the database up to date.
pub(crate) async fn make(options: &Options) -> anyhow::Result<Wired> {
    let begun = match kind(options)? {
        Kind::File => sqlite::make(options).await?,
        #[cfg(feature = "postgres")]
        Kind::Server(url) => postgres::make(options, url).await?,
        #[cfg(not(feature = "postgres"))]
        Kind::Server(_) => bail!(WITHOUT_POSTGRES),
    };
    wired(options, begun)
}

/// Opens a desk that is there already, as it is.
pub(crate) async fn open(options: &Options) -> anyhow::Result<Wired> {
    let begun = match kind(options)? {
        Kind::File => sqlite::open(options).await?,
        #[cfg(feature = "postgres")]
        Kind::Server(url) => postgres::open(options, url).await?,
        #[cfg(not(feature = "postgres"))]
        Kind::Server(_) => bail!(WITHOUT_POSTGRES),
    };
    wired(options, begun)
}

#[cfg(not(feature = "postgres"))]
const WITHOUT_POSTGRES: &str =
    "DATABASE_URL is set, but this ticketd was built without PostgreSQL (feature postgres)";

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
    if let Some(lookup) = ports.lookup {
        builder = builder.lookup(lookup);
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
    let pending = match kind(options)? {
        Kind::File => sqlite::pending(options).await?,
        #[cfg(feature = "postgres")]
        Kind::Server(url) => postgres::pending(options, url).await?,
        #[cfg(not(feature = "postgres"))]
        Kind::Server(_) => bail!(WITHOUT_POSTGRES),
    };
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
