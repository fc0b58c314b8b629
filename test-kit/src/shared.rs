//! The servers that a whole test run shares.

use std::env;

/// The URL of the PostgreSQL that this run of tests may use: `DATABASE_URL`.
///
/// Nothing if there is none, and a line on the standard error says that the test was skipped. In continuous
/// integration (`CI=true`) that is a failure. Make a database or a schema of your own there, and drop it.
pub fn database() -> Option<String> {
    named("DATABASE_URL")
}

/// The URL of the Redis that this run of tests may use: `REDIS_URL`; see [`database`]. Use a key prefix of your own.
pub fn redis() -> Option<String> {
    named("REDIS_URL")
}

fn named(variable: &str) -> Option<String> {
    let url = env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        skip(&format!(
            "{variable} is not set; run the tests by scripts/test or scripts/services"
        ));
    }
    url
}

/// Says aloud that a test does not run here. In continuous integration it fails instead.
pub(crate) fn skip(reason: &str) {
    assert!(env::var("CI").as_deref() != Ok("true"), "{reason}");
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("SKIPPED {name}: {reason}");
}
