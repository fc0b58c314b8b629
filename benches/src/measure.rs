//! How long something takes, and how much of it fits into a second.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

/// How many run at once when throughput is measured.
const AT_ONCE: usize = 8;
/// How many are made before anything is measured.
const WARM_UP: usize = 20;

/// What was measured of one operation.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// What was done.
    pub operation: String,
    /// The median of the times, in microseconds, one after the other.
    pub p50_us: u64,
    /// The time that 99 of 100 stay under, in microseconds, one after the other.
    pub p99_us: u64,
    /// How many were done in a second, eight at once.
    pub per_second: u64,
}

/// Measures an operation; it is given a number that is different each time.
///
/// # Errors
/// When the operation fails.
pub async fn measure<'a>(
    operation: &str,
    runs: usize,
    once: impl Fn(usize) -> BoxFuture<'a, Result<()>>,
) -> Result<Figures> {
    for number in 0..WARM_UP {
        once(number).await?;
    }
    let mut times = Vec::with_capacity(runs);
    for number in WARM_UP..WARM_UP + runs {
        let begin = Instant::now();
        once(number).await?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    let all = Instant::now();
    stream::iter(WARM_UP + runs..WARM_UP + 2 * runs)
        .map(once)
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    let rate = runs as f64 / all.elapsed().as_secs_f64().max(f64::EPSILON);
    Ok(Figures {
        operation: operation.to_owned(),
        p50_us: micros(percentile(&times, 50)),
        p99_us: micros(percentile(&times, 99)),
        per_second: rate as u64,
    })
}

/// The time that so many of 100 stay under, of sorted times.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_of_sorted_times() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_micros).collect();
        let of = |percent| micros(percentile(&times, percent));
        assert_eq!((of(50), of(99), of(100)), (51, 100, 100));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
