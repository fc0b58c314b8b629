//! Limits that nodes share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::port::{RateLimiter, StoreError, Verdict};
use ticket_core::value::Timestamp;
use uuid::Uuid;

use crate::link::Trouble;
use crate::redis::{Redis, call, script};

/// A rate limiter with an exact sliding window that all nodes share.
///
/// Each key is a sorted set of the times that were counted; one script, `lua/allow.lua`, forgets
/// those that left the window, counts the rest and adds one more if there is room. Since a script
/// runs alone, concurrent callers on any number of nodes never get more than the limit. Time is
/// the caller's, so nodes whose clocks differ count within the difference.
///
/// What Redis allows is counted on this node too. So when Redis can't answer, or was emptied, this
/// node's own limiter decides at once and knows what it allowed before; then the limit holds for
/// each node apart, until Redis answers again.
#[derive(Clone)]
pub struct RedisLimiter {
    redis: Redis,
    own: Arc<dyn RateLimiter>,
}

impl RedisLimiter {
    /// Limits on Redis, and this node's own for when it does not answer, such as
    /// [`MemoryRateLimiter`](ticket_core::memory::MemoryRateLimiter).
    pub fn new(redis: &Redis, own: Arc<dyn RateLimiter>) -> Self {
        Self {
            redis: redis.clone(),
            own,
        }
    }

    /// When the one that blocks was counted; nothing when this one was counted.
    async fn count(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<Option<String>, Trouble> {
        // Longer than the window, for nodes whose clocks are behind.
        let keep = window
            .saturating_mul(2)
            .saturating_add(Duration::from_secs(1));
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let mut call = call(script!("allow.lua"));
        call.key(self.redis.key("limit", key))
            .arg(now.micros())
            .arg(now.minus(window).micros())
            .arg(limit)
            .arg(Uuid::now_v7().as_bytes().as_slice())
            .arg(keep.min(MAX_MILLIS));
        self.redis.run(&call).await
    }
}

/// Longest that a key is kept: Redis refuses what overflows together with its clock.
const MAX_MILLIS: u64 = 1 << 50;

#[async_trait]
impl RateLimiter for RedisLimiter {
    async fn allow(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        match self.count(key, limit, window, now).await {
            Ok(Some(blocking)) => {
                let since = blocking.parse::<f64>().map_or(now, from_score);
                let micros = since.plus(window).micros().saturating_sub(now.micros());
                Ok(Verdict::Limited {
                    retry_after: Duration::from_micros(u64::try_from(micros).unwrap_or(0)),
                })
            }
            // What this node allowed was counted by both, so it agrees unless Redis was emptied.
            Ok(None) | Err(_) => self.own.allow(key, limit, window, now).await,
        }
    }
}

/// A score is a float; it is exact until the year 2255.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the score is a whole number of microseconds, and a cast saturates"
)]
fn from_score(score: f64) -> Timestamp {
    Timestamp::from_micros(score as i64)
}

impl fmt::Debug for RedisLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiter")
            .field("redis", &self.redis)
            .finish_non_exhaustive()
    }
}
