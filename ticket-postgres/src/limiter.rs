//! Counting how often something happens.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use ticket_core::port::{RateLimiter, StoreError, Verdict};
use ticket_core::value::Timestamp;

use crate::error::Error;
use crate::row::key_text;
use crate::store::PostgresTenant;

/// One call of so many also removes keys that count nothing any more.
const SWEEP_EVERY: i64 = 256;

/// Counts in one statement. A key is one row, which a conflict locks and reads as it is then, so
/// that concurrent callers, of whichever node, share the limit exactly.
///
/// `$1` tenant, `$2` key, `$3` now, `$4` since when it counts, `$5` the limit, `$6` until when.
const ALLOW: &str = "INSERT INTO counted AS c (tenant, key, times, allowed, until) \
     VALUES ($1, $2, CASE WHEN $5 > 0 THEN ARRAY[$3] ELSE '{}'::bigint[] END, $5 > 0, $6) \
     ON CONFLICT (tenant, key) DO UPDATE SET (times, allowed, until) = (\
         SELECT CASE WHEN k.fits THEN k.times || $3 ELSE k.times END, k.fits, \
             greatest(c.until, $6) FROM (\
             SELECT coalesce(array_agg(u.at ORDER BY u.place), '{}'::bigint[]) AS times, \
                 count(*) < $5 AS fits \
             FROM unnest(c.times) WITH ORDINALITY AS u (at, place) WHERE u.at > $4) k) \
     RETURNING c.allowed, c.times[cardinality(c.times) - $5 + 1] AS blocking";

#[async_trait]
impl RateLimiter for PostgresTenant {
    async fn allow(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        if now.micros() % SWEEP_EVERY == 0 {
            self.sweep(now).await?;
        }
        // No column holds so many times.
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let count = sqlx::query(ALLOW)
            .bind(self.id())
            .bind(key_text(key.to_owned()))
            .bind(now.micros())
            .bind(now.minus(window).micros())
            .bind(limit)
            .bind(now.plus(window).micros());
        let row = self.primary().write_first(count).await?;
        let row = row.ok_or(Error::Unreadable { what: "a count" })?;
        if row.try_get("allowed").map_err(Error::from)? {
            return Ok(Verdict::Allowed);
        }
        // The next one fits when fewer than the limit are left in the window.
        let blocking: Option<i64> = row.try_get("blocking").map_err(Error::from)?;
        let since = blocking.map_or(now, Timestamp::from_micros);
        let wait = since.plus(window).micros().saturating_sub(now.micros());
        Ok(Verdict::Limited {
            retry_after: Duration::from_micros(wait.max(0).unsigned_abs()),
        })
    }
}

impl PostgresTenant {
    /// Removes some keys that count nothing any more; those that somebody uses just now stay.
    async fn sweep(&self, now: Timestamp) -> Result<(), Error> {
        let sweep = sqlx::query(
            "DELETE FROM counted WHERE tenant = $1 AND key = ANY (ARRAY(\
             SELECT o.key FROM counted o WHERE o.tenant = $1 AND o.until <= $2 \
             LIMIT 1000 FOR UPDATE SKIP LOCKED))",
        )
        .bind(self.id())
        .bind(now.micros());
        self.primary().execute(sweep).await?;
        Ok(())
    }
}
