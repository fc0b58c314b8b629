//! Work that somebody claims for a while and then settles: notices and raw mail.
//!
//! Both tables have the columns `state`, `moment`, `error`, `attempts` and `fence`, with the same
//! numbers for waiting and claimed. What is settled is in no index that a claim reads.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::port::Fence;
use ticket_core::value::Timestamp;

use crate::error::Error;
use crate::pool::Query;
use crate::row::from_column;

/// Waits for its first or next attempt; the number of a state never changes.
pub(crate) const WAITING: i16 = 0;

/// Somebody works on it.
pub(crate) const CLAIMED: i16 = 1;

/// Claims the oldest that are due, as one statement: the tenant, the time, the limit and the end
/// of the lease are its arguments.
///
/// The inner list locks rows as it finds them and passes over those that somebody else claims at
/// the same moment. `$turn` is what else must hold of a row `q`.
macro_rules! claiming {
    ($table:literal by $age:literal, $turn:literal, returning $columns:literal) => {
        concat!(
            "WITH due AS MATERIALIZED (SELECT q.id FROM ",
            $table,
            " q WHERE q.tenant = $1 AND q.state < 2 AND q.moment <= $2 ",
            $turn,
            " ORDER BY q.",
            $age,
            ", q.id LIMIT $3 FOR UPDATE OF q SKIP LOCKED) UPDATE ",
            $table,
            " c SET state = 1, moment = $4, attempts = c.attempts + 1, fence = c.fence + 1, \
             error = NULL WHERE c.tenant = $1 AND c.id = ANY (ARRAY(SELECT d.id FROM due d)) \
             RETURNING c.fence, c.attempts, ",
            $columns
        )
    };
}

/// Settles the latest claim: the tenant, the id and the fence are the first arguments, the values
/// of `$columns` the others.
macro_rules! settling {
    ($table:literal set $columns:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET ",
            $columns,
            " WHERE tenant = $1 AND id = $2 AND state = 1 AND fence = $3"
        )
    };
}

pub(crate) use {claiming, settling};

/// A statement that `claiming` made, with its values.
pub(crate) fn claim(
    sql: &'static str,
    tenant: i64,
    (now, lease, limit): (Timestamp, Duration, u16),
) -> Query<'static> {
    sqlx::query(sql)
        .bind(tenant)
        .bind(now.micros())
        .bind(i64::from(limit))
        .bind(now.plus(lease).micros())
}

/// The fence and the number of the attempt of a claimed row.
pub(crate) fn attempt(row: &PgRow) -> Result<(Fence, u32), Error> {
    let fence = from_column("a fence", row.try_get("fence")?)?;
    Ok((Fence(fence), attempts(row)?))
}

/// How many attempts were begun.
pub(crate) fn attempts(row: &PgRow) -> Result<u32, Error> {
    let attempts: i32 = row.try_get("attempts")?;
    from_column("a count of attempts", i64::from(attempts))
}

/// A fence as a column; one that doesn't fit is of no claim.
pub(crate) fn fence(fence: Fence) -> i64 {
    i64::try_from(fence.0).unwrap_or(-1)
}
