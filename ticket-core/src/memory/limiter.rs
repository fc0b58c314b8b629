//! Counting how often something happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::lock;
use crate::port::{RateLimiter, StoreError, Verdict};
use crate::value::Timestamp;

/// How many keys are kept before those that count nothing any more are looked for.
const SWEEP_FROM: usize = 1024;

/// A rate limiter in memory, with a sliding window; clones share the same counts.
#[derive(Debug, Clone, Default)]
pub struct MemoryRateLimiter {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    by_key: BTreeMap<String, Count>,
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Count {
    window: Duration,
    times: Vec<Timestamp>,
}

impl MemoryRateLimiter {
    /// A limiter that has counted nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Counts {
    /// Forgets keys that count nothing any more, each time that their number has doubled.
    fn sweep(&mut self, now: Timestamp) {
        if self.by_key.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        self.by_key.retain(|_, count| {
            let latest = count.times.last();
            latest.is_some_and(|at| at.plus(count.window) > now)
        });
        self.sweep_at = self.by_key.len().saturating_mul(2);
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn allow(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let mut counts = lock(&self.counts);
        counts.sweep(now);
        let count = counts.by_key.entry(key.to_owned()).or_default();
        count.window = window;
        count.times.retain(|at| at.plus(window) > now);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if count.times.len() < limit {
            count.times.push(now);
            return Ok(Verdict::Allowed);
        }
        // The next one fits when fewer than `limit` are left in the window.
        let blocking = count.times.len() - limit;
        let free = count.times.get(blocking).unwrap_or(&now).plus(window);
        let micros = free.micros().saturating_sub(now.micros());
        Ok(Verdict::Limited {
            retry_after: Duration::from_micros(micros.unsigned_abs()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keys_that_count_nothing_any_more_are_forgotten() {
        let limiter = MemoryRateLimiter::new();
        let window = Duration::from_secs(1);
        let mut now = Timestamp::from_micros(0);
        for turn in 0..SWEEP_FROM * 4 {
            now = now.plus(Duration::from_millis(100));
            let key = format!("key {turn}");
            let verdict = limiter.allow(&key, 1, window, now).await;
            assert_eq!(verdict.expect("answered"), Verdict::Allowed);
        }
        let kept = lock(&limiter.counts).by_key.len();
        assert!(kept <= SWEEP_FROM, "{kept} keys are kept");
    }
}
