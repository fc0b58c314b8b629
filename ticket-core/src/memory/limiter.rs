//! Counting how often something happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::lock;
use crate::port::{RateLimiter, StoreError, Verdict};
use crate::value::Timestamp;

/// A rate limiter in memory, with a sliding window; clones share the same counts.
#[derive(Debug, Clone, Default)]
pub struct MemoryRateLimiter {
    counted: Arc<Mutex<BTreeMap<String, Vec<Timestamp>>>>,
}

impl MemoryRateLimiter {
    /// A limiter that has counted nothing.
    pub fn new() -> Self {
        Self::default()
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
        let mut counted = lock(&self.counted);
        counted.retain(|other, times| other == key || times.iter().any(|at| at.plus(KEPT) > now));
        let times = counted.entry(key.to_owned()).or_default();
        times.retain(|at| at.plus(window) > now);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if times.len() < limit {
            times.push(now);
            return Ok(Verdict::Allowed);
        }
        // The next one fits when fewer than `limit` are left in the window.
        let blocking = times.len().checked_sub(limit).and_then(|at| times.get(at));
        let free = blocking.map_or(now.plus(window), |at| at.plus(window));
        let micros = free.micros().saturating_sub(now.micros());
        Ok(Verdict::Limited {
            retry_after: Duration::from_micros(micros.unsigned_abs()),
        })
    }
}

/// Keys that were not counted for so long are forgotten, so that memory stays bounded.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
