//! No more than so many in a window.

use std::time::Duration;

use futures_util::future::join_all;

use super::RateLimiterHarness;
use super::maker::Maker;
use crate::port::{RateLimiter, Verdict};
use crate::value::Timestamp;

const WINDOW: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

async fn allow(limiter: &dyn RateLimiter, key: &str, limit: u32, now: Timestamp) -> Verdict {
    let verdict = limiter.allow(key, limit, WINDOW, now).await;
    verdict.expect("answered")
}

fn wait(verdict: Verdict) -> Duration {
    match verdict {
        Verdict::Limited { retry_after } => retry_after,
        Verdict::Allowed => Duration::ZERO,
    }
}

pub(super) async fn a_limit_holds_within_the_window<H: RateLimiterHarness>(world: &H) {
    let (limiter, mut make) = (world.limiter().await, Maker::new());
    let start = make.tick();
    for turn in 0..3 {
        let now = start.plus(SECOND * turn);
        assert_eq!(allow(&*limiter, "ada", 3, now).await, Verdict::Allowed);
    }
    let now = start.plus(SECOND * 10);
    let verdict = allow(&*limiter, "ada", 3, now).await;
    let wait = wait(verdict);
    assert!(wait > Duration::ZERO && wait <= WINDOW, "{verdict:?}");
    let before = now.plus(wait).minus(SECOND);
    assert_ne!(allow(&*limiter, "ada", 3, before).await, Verdict::Allowed);
    let then = now.plus(wait);
    let verdict = allow(&*limiter, "ada", 3, then).await;
    assert_eq!(verdict, Verdict::Allowed, "refusals are not counted");
}

pub(super) async fn the_window_slides<H: RateLimiterHarness>(world: &H) {
    let (limiter, mut make) = (world.limiter().await, Maker::new());
    let start = make.tick();
    let late = start.plus(SECOND * 50);
    for now in [late, late] {
        assert_eq!(allow(&*limiter, "ada", 2, now).await, Verdict::Allowed);
    }
    for seconds in [61, 90, 109] {
        let now = start.plus(SECOND * seconds);
        let verdict = allow(&*limiter, "ada", 2, now).await;
        assert_ne!(verdict, Verdict::Allowed, "two in the last minute");
    }
    let now = start.plus(SECOND * 111);
    assert_eq!(allow(&*limiter, "ada", 2, now).await, Verdict::Allowed);
}

pub(super) async fn keys_are_counted_apart<H: RateLimiterHarness>(world: &H) {
    let (limiter, mut make) = (world.limiter().await, Maker::new());
    let now = make.tick();
    let long = "a".repeat(4_000);
    let longer = format!("{long}b");
    let keys = [
        "ada",
        "Ada",
        "ada ",
        "",
        "\u{1f3ab}",
        "ada\0",
        "ada\0\0",
        "\0",
        &long,
        &longer,
    ];
    for key in keys {
        assert_eq!(allow(&*limiter, key, 1, now).await, Verdict::Allowed);
        assert_ne!(allow(&*limiter, key, 1, now).await, Verdict::Allowed);
    }
}

pub(super) async fn concurrent_callers_share_the_limit<H: RateLimiterHarness>(world: &H) {
    let (limiter, mut make) = (world.limiter().await, Maker::new());
    let now = make.tick();
    let calls = (0..16).map(|_| allow(&*limiter, "ada", 5, now));
    let allowed = join_all(calls)
        .await
        .into_iter()
        .filter(|verdict| *verdict == Verdict::Allowed);
    assert_eq!(allowed.count(), 5);
}

pub(super) async fn a_limit_of_none_allows_nothing<H: RateLimiterHarness>(world: &H) {
    let (limiter, mut make) = (world.limiter().await, Maker::new());
    let now = make.tick();
    assert_ne!(allow(&*limiter, "ada", 0, now).await, Verdict::Allowed);
}
