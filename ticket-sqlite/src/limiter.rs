//! Counting how often something happens.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};
use ticket_core::port::{RateLimiter, StoreError, Verdict};
use ticket_core::value::Timestamp;

use crate::error::Error;
use crate::store::SqliteTenant;

/// What was counted so long ago is forgotten, whatever the window, so that the file stays small.
const KEPT: Duration = Duration::from_secs(31 * 24 * 60 * 60);

#[async_trait]
impl RateLimiter for SqliteTenant {
    async fn allow(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let asked = Asked {
            tenant: self.id(),
            key: key.to_owned(),
            limit,
            window,
            now,
        };
        Ok(self
            .write_relaxed(move |connection| Box::pin(allow(connection, asked)))
            .await?)
    }
}

struct Asked {
    tenant: i64,
    key: String,
    limit: u32,
    window: Duration,
    now: Timestamp,
}

async fn allow(connection: &mut SqliteConnection, asked: Asked) -> Result<Verdict, Error> {
    forget(connection, &asked).await?;
    let row = sqlx::query(
        "SELECT count(*), ifnull(max(place), 0) FROM counted WHERE tenant = ? AND key = ?",
    )
    .bind(asked.tenant)
    .bind(&asked.key)
    .fetch_one(&mut *connection)
    .await?;
    let (count, place): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if count < i64::from(asked.limit) {
        sqlx::query("INSERT INTO counted (tenant, key, at, place) VALUES (?, ?, ?, ?)")
            .bind(asked.tenant)
            .bind(&asked.key)
            .bind(asked.now.micros())
            .bind(place.saturating_add(1))
            .execute(connection)
            .await?;
        return Ok(Verdict::Allowed);
    }
    // The next one fits when fewer than the limit are left in the window.
    let blocking: Option<i64> = sqlx::query_scalar(
        "SELECT at FROM counted WHERE tenant = ? AND key = ? ORDER BY place LIMIT 1 OFFSET ?",
    )
    .bind(asked.tenant)
    .bind(&asked.key)
    .bind(count - i64::from(asked.limit))
    .fetch_optional(connection)
    .await?;
    let since = blocking.map_or(asked.now, Timestamp::from_micros);
    let free = since.plus(asked.window).micros();
    let wait = free.saturating_sub(asked.now.micros()).max(0);
    Ok(Verdict::Limited {
        retry_after: Duration::from_micros(wait.unsigned_abs()),
    })
}

/// Drops what is out of the window, and what is too old under any key.
async fn forget(connection: &mut SqliteConnection, asked: &Asked) -> Result<(), Error> {
    sqlx::query("DELETE FROM counted WHERE tenant = ? AND key = ? AND at <= ?")
        .bind(asked.tenant)
        .bind(&asked.key)
        .bind(asked.now.minus(asked.window).micros())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM counted WHERE tenant = ? AND at <= ?")
        .bind(asked.tenant)
        .bind(asked.now.minus(KEPT).micros())
        .execute(connection)
        .await?;
    Ok(())
}
