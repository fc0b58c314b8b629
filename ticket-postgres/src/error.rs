//! What can go wrong inside, and what it means to the caller.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use ticket_core::port::StoreError;

/// When to try again after the server was gone or busy.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the function `commit_plan` raises when another commit used the same key at the same
/// moment; asked again, it answers what the other wrote.
const KEY_RACE: &str = "TK001";

/// A fault of this store, before it is said in the words of the port.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An answer of the contract: a conflict, something that is there already.
    #[error(transparent)]
    Answer(#[from] StoreError),
    /// PostgreSQL or its driver.
    #[error(transparent)]
    Driver(#[from] sqlx::Error),
    /// The URL names no server.
    #[error("the URL of the database can't be read")]
    Address,
    /// The name can't be that of our schema.
    #[error("a schema's name has 1 to 63 lower-case letters, digits and underscores")]
    SchemaName,
    /// No server could be reached, or it refused the login.
    #[error("the server can't be reached")]
    Unreachable(#[source] sqlx::Error),
    /// The servers that answer take no writes.
    #[error("no server takes writes: all of them are standbys")]
    Standby,
    /// The server that takes writes is not the one that was promoted last.
    #[error("the server that takes writes is an old primary: another was promoted since")]
    Outlived,
    /// Sessions are not ours alone.
    #[error(
        "a pooler between this program and PostgreSQL lends its sessions for one transaction each; \
         settings and prepared statements belong to a session, so set pool_mode = session"
    )]
    Lent,
    /// The server is too old.
    #[error("the server is older than PostgreSQL 13")]
    OldServer,
    /// Some texts could not be stored, or not be searched.
    #[error("the encoding of the database is not UTF8: make one with ENCODING 'UTF8'")]
    Encoding,
    /// No connection became free in time.
    #[error("all connections are busy")]
    Busy,
    /// No connection could be made in time.
    #[error("the server takes too long to let anybody in")]
    Slow,
    /// The server was asked, and did not answer in time.
    #[error("the server did not answer in time")]
    Late,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A stored value that is none.
    #[error("{what} can't be read")]
    Unreadable {
        /// What is stored there.
        what: &'static str,
    },
    /// A value that can't be written.
    #[error("{what} can't be written")]
    Unwritable {
        /// What it is.
        what: &'static str,
    },
    /// Bringing the schema up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// An upload was taken for abandoned, because it rested for more than a day, or a part of it
    /// failed.
    #[error("the upload took too long or a part of it failed: begin it again")]
    UploadLost,
    /// The search index was made for another language.
    #[error(
        "the search index of the database is made for the language {found:?}, and this program is \
         set to {wanted:?}: set it to the former, or rebuild the index"
    )]
    Language {
        /// What the index has.
        found: String,
        /// What was asked for.
        wanted: &'static str,
    },
}

/// What a fault says about the statement that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It had no effect, and may well succeed when it is tried again: serialization failure,
    /// deadlock, lock timeout.
    Repeatable,
    /// It had no effect, because the server takes no writes any more; so do its other connections.
    Demoted,
    /// Nobody knows what became of it: the connection is gone.
    Unknown,
    /// It had no effect.
    Failed,
}

impl Error {
    /// Whether a server that is well ended the statement: it took too long, or was in the way of
    /// others, such as what a standby has to replay.
    pub(crate) fn is_of_statement(&self) -> bool {
        match self {
            Self::Driver(sqlx::Error::Database(error)) => {
                error.code().as_deref() == Some("57014") || self.fate() == Fate::Repeatable
            }
            _ => false,
        }
    }

    /// What became of the statement.
    pub(crate) fn fate(&self) -> Fate {
        match self {
            Self::Driver(error)
            | Self::Migrate(
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
            ) => fate(error),
            Self::Late => Fate::Unknown,
            Self::Answer(_)
            | Self::Address
            | Self::SchemaName
            | Self::Unreachable(_)
            | Self::Standby
            | Self::Outlived
            | Self::Lent
            | Self::OldServer
            | Self::Encoding
            | Self::Busy
            | Self::Slow
            | Self::Closed
            | Self::Unreadable { .. }
            | Self::Unwritable { .. }
            | Self::UploadLost
            | Self::Language { .. }
            | Self::Migrate(_) => Fate::Failed,
        }
    }
}

fn fate(error: &sqlx::Error) -> Fate {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let fatal = error
                .try_downcast_ref::<PgDatabaseError>()
                .is_some_and(|error| is_fatal(error.severity()));
            match &*code {
                "40001" | "40P01" | "55P03" | KEY_RACE => Fate::Repeatable,
                "25006" => Fate::Demoted,
                // What the server says when it goes, or cuts us off.
                "57P01" | "57P02" | "57P03" | "57P05" => Fate::Unknown,
                code if fatal || code.starts_with("08") => Fate::Unknown,
                _ => Fate::Failed,
            }
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Fate::Unknown,
        _ => Fate::Failed,
    }
}

const fn is_fatal(severity: PgSeverity) -> bool {
    matches!(severity, PgSeverity::Fatal | PgSeverity::Panic)
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Answer(answer) => answer,
            Error::Driver(error) => from_driver(error),
            Error::Unreadable { what } => Self::corrupt(what),
            Error::Unreachable(error) => unavailable(unreachable_because(&error), error),
            Error::Migrate(error) => from_migrate(error),
            Error::Standby
            | Error::Outlived
            | Error::Busy
            | Error::Slow
            | Error::Late
            | Error::Closed => Self::Unavailable {
                detail: error.to_string(),
                retry_after: Some(RETRY_AFTER),
                source: None,
            },
            Error::Address
            | Error::Lent
            | Error::SchemaName
            | Error::OldServer
            | Error::Encoding
            | Error::Unwritable { .. }
            | Error::UploadLost
            | Error::Language { .. } => Self::Backend {
                detail: error.to_string(),
                source: None,
            },
        }
    }
}

/// Why no connection could be made, in words that help and hold no secret.
fn unreachable_because(error: &sqlx::Error) -> &'static str {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some("28000" | "28P01") => "the server refused the login",
        Some("3D000") => "the server has no such database",
        Some("42501") => "the login lacks a right",
        Some("53300") => "the server takes no more connections",
        Some("57P03") => "the server is starting up or shutting down",
        _ => "the server can't be reached",
    }
}

fn from_driver(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default().into_owned();
            from_server(&code, error)
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
            unavailable("the connection to the server is gone", error)
        }
        sqlx::Error::ColumnDecode { index, .. } => {
            StoreError::corrupt(format!("column {index} has a value of another type"))
        }
        _ => backend("a statement failed", error),
    }
}

/// The codes of PostgreSQL that mean something to us
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn from_server(code: &str, error: sqlx::Error) -> StoreError {
    match code {
        "23505" => from_unique(error),
        "40001" | "40P01" | KEY_RACE => unavailable("others wrote the same at once", error),
        "55P03" => unavailable("somebody else holds a lock for too long", error),
        "57014" => unavailable("the statement took too long", error),
        "25006" => unavailable("the server takes no writes", error),
        "53100" => unavailable("the server's disk is full", error),
        // Statements that were prepared are gone, or those of somebody else are there.
        "26000" | "42P05" => backend(&Error::Lent.to_string(), error),
        "42P01" | "42883" | "42703" => backend(
            "the schema of the database is not the one of this program",
            error,
        ),
        "XX001" | "XX002" => StoreError::corrupt("the server found its data damaged"),
        _ if fate(&error) == Fate::Unknown => {
            unavailable("the connection to the server is gone", error)
        }
        _ => match code.get(..2) {
            Some("53") => unavailable("the server lacks memory, disk or connections", error),
            Some("58") => unavailable("the server's disk fails", error),
            _ => backend("a statement failed", error),
        },
    }
}

fn from_unique(error: sqlx::Error) -> StoreError {
    let constraint = error
        .as_database_error()
        .and_then(|error| error.constraint());
    let what = match constraint {
        Some("tickets_pkey" | "tickets_id") => "ticket",
        Some("messages_pkey") => "message",
        Some("notes_pkey") => "note",
        Some("events_pkey") => "event",
        Some("notices_pkey") => "notice",
        Some("keys_pkey") => "idempotency key",
        Some("mails_pkey") => "mail",
        Some("addresses_pkey") => "address",
        Some("credentials_pkey") => "credential",
        _ => return backend("a constraint of the schema was violated", error),
    };
    StoreError::AlreadyExists { what }
}

fn from_migrate(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::Backend {
            detail: format!(
                "the database has schema {version}, made by a newer version of this program; \
                 this version knows schemas up to {}",
                crate::migrate::newest()
            ),
            source: None,
        },
        MigrateError::VersionMismatch(version) => StoreError::corrupt(format!(
            "schema {version} of the database is not the one of this program"
        )),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            from_driver(error)
        }
        error => backend("the schema could not be brought up to date", error),
    }
}

fn unavailable(detail: &str, source: impl StdError + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable {
        detail: detail.to_owned(),
        retry_after: Some(RETRY_AFTER),
        source: Some(Arc::new(source)),
    }
}

fn backend(detail: &str, source: impl StdError + Send + Sync + 'static) -> StoreError {
    StoreError::Backend {
        detail: detail.to_owned(),
        source: Some(Arc::new(source)),
    }
}
