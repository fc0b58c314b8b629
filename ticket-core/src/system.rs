//! Time and chance: the real ones, and ones that a test can predict.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::port::{Clock, Ids};
use crate::value::Timestamp;

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from(chrono::Utc::now())
    }
}

/// Identities and secrets by the random numbers of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(
        clippy::expect_used,
        reason = "an operating system without random numbers can keep no secret; going on with a guessable one is worse"
    )]
    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).expect("random numbers of the operating system");
        secret
    }
}

/// A clock that stands still until it is moved; clones are the same clock.
///
/// ```
/// use std::time::Duration;
/// use ticket_core::port::Clock;
/// use ticket_core::system::FixedClock;
///
/// let clock = FixedClock::at("2026-01-31T12:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), "2026-01-31T12:01:00Z".parse()?);
/// # Ok::<(), ticket_core::value::Invalid>(())
/// ```
#[derive(Debug, Clone)]
pub struct FixedClock {
    micros: Arc<AtomicI64>,
}

impl FixedClock {
    /// A clock that shows this instant.
    pub fn at(instant: Timestamp) -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(instant.micros())),
        }
    }

    /// Shows this instant from now on, be it earlier or later.
    pub fn set(&self, instant: Timestamp) {
        self.micros.store(instant.micros(), Ordering::SeqCst);
    }

    /// Moves on, and answers the new instant.
    pub fn advance(&self, span: Duration) -> Timestamp {
        let now = self.now().plus(span);
        self.set(now);
        now
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }
}

/// Identities and secrets that are counted, so that a test knows them: never use it in earnest.
///
/// Two of them give the same sequence; clones share one.
#[derive(Debug, Clone, Default)]
pub struct CountedIds {
    count: Arc<AtomicU64>,
}

impl CountedIds {
    /// Begins to count at 1.
    pub fn new() -> Self {
        Self::default()
    }

    fn count(&self) -> u64 {
        self.count.fetch_add(1, Ordering::SeqCst).saturating_add(1)
    }
}

impl Ids for CountedIds {
    fn uuid(&self) -> Uuid {
        // The last 32 bits belong to whoever counts on from here, as `FreshIds` does.
        counted_uuid(0, self.count() << 32)
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        secret[..8].copy_from_slice(&self.count().to_be_bytes());
        secret
    }
}

/// A UUID of version 7 that grows with the count.
pub(crate) fn counted_uuid(millis: u64, count: u64) -> Uuid {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&count.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_ids_grow_and_repeat() {
        let (one, other) = (CountedIds::new(), CountedIds::new());
        let ids: Vec<Uuid> = (0..1000).map(|_| one.uuid()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert_eq!(other.uuid(), ids[0]);
        assert_eq!(ids[0].get_version_num(), 7);
    }

    #[test]
    fn random_ids_are_of_version_7_and_secrets_differ() {
        let (first, second) = (RandomIds.uuid(), RandomIds.uuid());
        assert!(first < second, "{first} {second}");
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(RandomIds.secret(), RandomIds.secret());
    }

    #[test]
    fn a_fixed_clock_moves_both_ways() {
        let clock = FixedClock::at(Timestamp::from_micros(5));
        clock.clone().set(Timestamp::from_micros(3));
        assert_eq!(clock.now(), Timestamp::from_micros(3));
    }

    #[test]
    fn the_system_clock_shows_this_century() {
        assert!(SystemClock.now() > Timestamp::from_micros(1_700_000_000_000_000));
    }
}
