//! Standbys that lists and searches may be read from.
//!
//! A caller reads its own writes, on whichever node they were made: before a standby is asked, the
//! primary tells how far its log is written, and the standby is used only once it has replayed
//! that. One question to the primary is shared by all who came before it was put. A standby that
//! fails, lags or follows another primary is left alone for a while, and the primary answers instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgRow;
use tokio::sync::{Mutex, RwLock};
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::Error;
use crate::pool::{Pool, Query, Statement};

/// How long to wait for a standby to catch up, and how often to ask.
const PATIENCE: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_millis(2);

/// How long a standby is left alone that did not catch up in time.
const LAGGING: Duration = Duration::from_secs(1);

/// How long one that failed is left alone.
const FAILED: Duration = Duration::from_secs(10);

/// The standbys of a primary; clones share what is known about them.
#[derive(Debug, Clone)]
pub(crate) struct Replicas(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    all: Vec<Replica>,
    /// Whose turn it is.
    next: AtomicUsize,
    written: Written,
}

#[derive(Debug)]
struct Replica {
    pool: Pool,
    resting_until: RwLock<Option<Instant>>,
}

/// How far the primary's log is written.
#[derive(Debug, Default)]
struct Written {
    /// How many questions were put.
    put: AtomicUsize,
    /// The number of the last question that was answered, and the answer.
    answered: Mutex<(usize, Position)>,
}

/// A place in the log of a cluster. Places of different histories don't compare.
#[derive(Debug, Clone, Default)]
struct Position {
    /// The cluster, by the number it was given when it was made, and its timeline, which every
    /// promotion changes.
    history: String,
    lsn: String,
}

/// Why a standby is not read from.
enum Refusal {
    Lagging,
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Replicas {
    pub(crate) fn new(pools: Vec<Pool>) -> Self {
        let replica = |pool| Replica {
            pool,
            resting_until: RwLock::new(None),
        };
        Self(Arc::new(Shared {
            all: pools.into_iter().map(replica).collect(),
            next: AtomicUsize::new(0),
            written: Written::default(),
        }))
    }

    /// Reads from a standby that has everything that was written before, or from the primary.
    pub(crate) async fn read(&self, primary: &Pool, query: Query<'_>) -> Result<Vec<PgRow>, Error> {
        let (deadline, statement) = (primary.deadline(), Statement::of(query)?);
        let Some(replica) = self.awake().await else {
            return primary.read_statement(deadline, statement).await;
        };
        let written = self.0.written.position(primary, deadline).await?;
        match replica.read(&written, &statement).await {
            Ok(rows) => Ok(rows),
            Err(refusal) => {
                replica.rest(&refusal).await;
                primary.read_statement(deadline, statement).await
            }
        }
    }

    /// Closes all connections.
    pub(crate) fn close(&self) {
        for replica in &self.0.all {
            replica.pool.close();
        }
    }

    /// The next standby that is not left alone.
    async fn awake(&self) -> Option<&Replica> {
        let count = self.0.all.len();
        if count == 0 {
            return None;
        }
        let first = self.0.next.fetch_add(1, Ordering::Relaxed);
        for turn in 0..count {
            let replica = self.0.all.get(first.wrapping_add(turn) % count)?;
            let until = *replica.resting_until.read().await;
            if until.is_none_or(|until| until <= Instant::now()) {
                return Some(replica);
            }
        }
        None
    }
}

impl Replica {
    async fn read(&self, written: &Position, statement: &Statement) -> Result<Vec<PgRow>, Refusal> {
        let patience = Instant::now() + PATIENCE;
        let (deadline, has_replayed) = (self.pool.deadline(), has_replayed(written)?);
        loop {
            let answered = self.pool.read_if(deadline, &has_replayed, statement);
            if let Some(rows) = answered.await? {
                return Ok(rows);
            }
            if Instant::now() >= patience {
                return Err(Refusal::Lagging);
            }
            sleep(PAUSE).await;
        }
    }

    async fn rest(&self, refusal: &Refusal) {
        let time = match refusal {
            Refusal::Lagging | Refusal::Failed(Error::Busy) => LAGGING,
            // The next statement may be an easier one.
            Refusal::Failed(error) if error.is_of_statement() => return,
            Refusal::Failed(error) => {
                tracing::warn!(%error, "a standby failed: the primary is read instead");
                FAILED
            }
        };
        *self.resting_until.write().await = Some(Instant::now() + time);
    }
}

/// Asks whether a standby has everything up to this position. A server that follows nobody is asked
/// for nothing: it may have been promoted by mistake. One that followed a promotion says so after
/// its next checkpoint.
fn has_replayed(written: &Position) -> Result<Statement, Error> {
    let asked = sqlx::query(
        "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::text::pg_lsn AND $2 = \
         (SELECT system_identifier FROM pg_control_system()) || ':' || \
         (SELECT lpad(to_hex(timeline_id), 8, '0') FROM pg_control_checkpoint())",
    );
    Statement::of(
        asked
            .bind(written.lsn.clone())
            .bind(written.history.clone()),
    )
}

impl Written {
    /// A position that was asked for after this call began.
    async fn position(&self, primary: &Pool, deadline: Instant) -> Result<Position, Error> {
        let before = self.put.load(Ordering::SeqCst);
        // Those before us may get no answer, one after the other.
        let answered = timeout_at(deadline, self.answered.lock()).await;
        let mut answered = answered.map_err(|_| Error::Late)?;
        if answered.0 > before {
            return Ok(answered.1.clone());
        }
        let own = self.put.fetch_add(1, Ordering::SeqCst) + 1;
        let asked = sqlx::query(
            "SELECT lsn::text, system_identifier || ':' || lower(substr(pg_walfile_name(lsn), 1, 8)) \
             FROM pg_current_wal_flush_lsn() lsn, pg_control_system()",
        );
        let rows = primary.read_until(deadline, asked).await?;
        let row = rows.first().ok_or(Error::Unreadable {
            what: "the position of the log",
        })?;
        let position = Position {
            lsn: row.try_get(0)?,
            history: row.try_get(1)?,
        };
        *answered = (own, position);
        Ok(answered.1.clone())
    }
}
