//! What can go wrong inside, and what it means to the caller.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use ticket_core::port::StoreError;

/// When to try again after the file was busy or full.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A fault of this store, before it is said in the words of the port.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An answer of the contract: a conflict, something that is there already.
    #[error(transparent)]
    Answer(#[from] StoreError),
    /// SQLite or its driver.
    #[error(transparent)]
    Driver(#[from] sqlx::Error),
    /// The file can't be made.
    #[error("the file can't be made or opened")]
    File(#[source] std::io::Error),
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
    /// The store was closed, or its runtime is gone.
    #[error("the store is closed")]
    Closed,
    /// An upload was taken for abandoned, because it took more than a day.
    #[error("the upload took too long and was removed")]
    UploadLost,
    /// Another write of the same transaction failed, and took this one with it.
    #[error("not written, because the write before it failed: {0}")]
    Swept(String),
}

impl Error {
    /// Whether the connection can't be trusted any more.
    ///
    /// SQLite rolls a transaction back by itself when the disk is full or fails; the driver does
    /// not learn of it. A new connection is certain to be in no transaction.
    pub(crate) fn breaks_connection(&self) -> bool {
        match self {
            Self::Answer(_)
            | Self::Unreadable { .. }
            | Self::Unwritable { .. }
            | Self::UploadLost => false,
            Self::Driver(error) => match code(error) {
                Some(code) => !matches!(code, Code::Constraint | Code::Other),
                None => !is_about_one_row(error),
            },
            Self::File(_) | Self::Migrate(_) | Self::Closed | Self::Swept(_) => true,
        }
    }
}

impl Error {
    /// Whether SQLite found the file, or an index inside it, damaged.
    pub(crate) fn is_corruption(&self) -> bool {
        match self {
            Self::Driver(error) => code(error) == Some(Code::Corrupt),
            Self::Answer(_)
            | Self::File(_)
            | Self::Unreadable { .. }
            | Self::Unwritable { .. }
            | Self::Migrate(_)
            | Self::Closed
            | Self::UploadLost
            | Self::Swept(_) => false,
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Answer(answer) => answer,
            Error::Driver(error) => from_driver(error),
            Error::Unreadable { what } => Self::corrupt(what),
            Error::Unwritable { .. } | Error::UploadLost => Self::Backend {
                detail: error.to_string(),
                source: None,
            },
            Error::File(error) => unavailable("the file can't be made or opened", error),
            Error::Migrate(error) => from_migrate(error),
            Error::Closed | Error::Swept(_) => Self::Unavailable {
                detail: error.to_string(),
                retry_after: Some(RETRY_AFTER),
                source: None,
            },
        }
    }
}

/// The result codes of SQLite that mean something to us (<https://www.sqlite.org/rescode.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Unavailable(&'static str),
    Corrupt,
    Constraint,
    Other,
}

/// The primary result code: the lower 8 bits of the extended one.
fn code(error: &sqlx::Error) -> Option<Code> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(match code & 0xff {
        5 | 6 => Code::Unavailable("the file is locked by somebody else"),
        7 => Code::Unavailable("out of memory"),
        8 => Code::Unavailable("the file can't be written"),
        9 => Code::Unavailable("interrupted"),
        10 => Code::Unavailable("the disk fails"),
        13 => Code::Unavailable("the disk is full"),
        14 => Code::Unavailable("the file can't be opened"),
        15 => Code::Unavailable("locking failed"),
        11 | 26 => Code::Corrupt,
        19 => Code::Constraint,
        _ => Code::Other,
    })
}

fn is_about_one_row(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
    )
}

fn from_driver(error: sqlx::Error) -> StoreError {
    match (code(&error), &error) {
        (Some(Code::Unavailable(what)), _) => unavailable(what, error),
        (Some(Code::Corrupt), _) => StoreError::corrupt("the file is damaged or no database"),
        (Some(Code::Constraint), _) => from_constraint(error),
        (None, sqlx::Error::PoolTimedOut) => unavailable("all connections are busy", error),
        (None, sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed) => {
            unavailable("the connection to the file is gone", error)
        }
        (None, sqlx::Error::ColumnDecode { index, .. }) => {
            StoreError::corrupt(format!("column {index} has a value of another type"))
        }
        (Some(Code::Other) | None, _) => StoreError::Backend {
            detail: "a statement failed".to_owned(),
            source: Some(Arc::new(error)),
        },
    }
}

/// SQLite names the columns: `UNIQUE constraint failed: tickets.tenant, tickets.number`.
fn from_constraint(error: sqlx::Error) -> StoreError {
    let table = error
        .as_database_error()
        .filter(|error| error.is_unique_violation())
        .and_then(|error| error.message().split_once(": "))
        .and_then(|(_, columns)| columns.split_once('.'))
        .map(|(table, _)| table.to_owned());
    let what = match table.as_deref() {
        Some("tickets") => "ticket",
        Some("messages") => "message",
        Some("notes") => "note",
        Some("events") => "event",
        Some("notices") => "notice",
        Some("keys") => "idempotency key",
        Some("mails") => "mail",
        Some("addresses") => "address",
        Some("credentials") => "credential",
        _ => {
            return StoreError::Backend {
                detail: "a constraint of the schema was violated".to_owned(),
                source: Some(Arc::new(error)),
            };
        }
    };
    StoreError::AlreadyExists { what }
}

fn from_migrate(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::Backend {
            detail: format!(
                "the file has schema {version}, made by a newer version of this program; \
                 this version knows schemas up to {}",
                crate::migrate::newest()
            ),
            source: None,
        },
        MigrateError::VersionMismatch(version) => StoreError::corrupt(format!(
            "schema {version} of the file is not the one of this program"
        )),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            from_driver(error)
        }
        error => StoreError::Backend {
            detail: "the schema could not be brought up to date".to_owned(),
            source: Some(Arc::new(error)),
        },
    }
}

fn unavailable(detail: &str, source: impl StdError + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable {
        detail: detail.to_owned(),
        retry_after: Some(RETRY_AFTER),
        source: Some(Arc::new(source)),
    }
}
