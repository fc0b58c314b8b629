//! Which of several servers is written to.
//!
//! After a failover the old primary may come back and take writes again, though it must not. Every
//! promotion begins a timeline with a higher number, so of all servers that take writes the one with
//! the highest leads. Whoever has seen a timeline never goes back to an earlier one.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sqlx::{PgConnection, Row};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::error::Error;

/// How long the others have to answer once one takes writes.
const OTHERS: Duration = Duration::from_millis(200);

/// How often somebody looks whether another server leads now. The one that is written to may not
/// know of it, and take writes still.
const PERIOD: Duration = Duration::from_secs(5);

/// What is known of who leads.
#[derive(Debug)]
pub(crate) struct Leader {
    /// The highest timeline that was seen; 0 before that.
    timeline: AtomicU32,
    looked: Mutex<Instant>,
}

impl Default for Leader {
    fn default() -> Self {
        Self {
            timeline: AtomicU32::new(0),
            looked: Mutex::new(Instant::now()),
        }
    }
}

impl Leader {
    /// Of those who let us in, the one that leads, and whether it is another than before. Of equals,
    /// the first.
    pub(crate) async fn among<F>(
        &self,
        attempts: impl Iterator<Item = F>,
        patience: Duration,
    ) -> Result<(PgConnection, bool), Error>
    where
        F: Future<Output = Result<PgConnection, Error>>,
    {
        let candidate = |(place, attempt): (usize, F)| async move {
            let mut connection = attempt.await?;
            let timeline = timeline(&mut connection).await?;
            Ok::<_, Error>(((timeline, Reverse(place)), connection))
        };
        let mut candidates: FuturesUnordered<_> = attempts.enumerate().map(candidate).collect();
        let (mut best, mut last) = (None, Error::Slow);
        let mut end = Instant::now() + patience;
        while let Ok(Some(answer)) = timeout_at(end, candidates.next()).await {
            match answer {
                Ok(found) => {
                    end = end.min(Instant::now() + OTHERS);
                    if best.as_ref().is_none_or(|(rank, _)| *rank < found.0) {
                        best = Some(found);
                    }
                }
                Err(error) => last = error,
            }
        }
        let ((timeline, _), connection) = best.ok_or(last)?;
        let before = self.timeline.fetch_max(timeline, Ordering::Relaxed);
        if timeline < before {
            return Err(Error::Outlived);
        }
        Ok((connection, before > 0 && timeline > before))
    }

    /// Whether nobody looked for a while; then whoever asks shall look.
    pub(crate) fn is_time_to_look(&self) -> bool {
        let Ok(mut looked) = self.looked.try_lock() else {
            return false;
        };
        let is_time = looked.elapsed() >= PERIOD;
        if is_time {
            *looked = Instant::now();
        }
        is_time
    }
}

/// The number of the timeline that a server writes; 0 where none can be told, as on what only speaks
/// like PostgreSQL.
async fn timeline(connection: &mut PgConnection) -> Result<u32, Error> {
    let asked = sqlx::query("SELECT substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8)")
        .persistent(false)
        .fetch_one(connection)
        .await;
    match asked {
        Ok(row) => {
            let digits: String = row.try_get(0)?;
            Ok(u32::from_str_radix(&digits, 16).unwrap_or(0))
        }
        Err(sqlx::Error::Database(_)) => Ok(0),
        Err(error) => Err(Error::Unreachable(error)),
    }
}
