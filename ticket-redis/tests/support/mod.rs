//! A Redis for a test, under a prefix of its own.

#![allow(dead_code, reason = "each test file uses its own part")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use this; what fails here must fail the test"
)]

use std::time::Duration;

use ticket_redis::{Redis, RedisOptions};
use uuid::Uuid;

/// Keys of one test on the Redis that the run shares; they are removed with it.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) prefix: String,
}

impl Place {
    /// Nothing where there is no Redis, which is told aloud, and is a failure in continuous
    /// integration.
    pub(crate) fn new() -> Option<Self> {
        let prefix = format!("test-{}", Uuid::now_v7());
        test_kit::redis().map(|url| Self { url, prefix })
    }

    /// A node of its own: another connection under the same prefix.
    pub(crate) fn node(&self) -> Redis {
        node(&self.url, &self.prefix)
    }

    /// A plain connection, to see or to break what is stored.
    pub(crate) fn raw(&self) -> redis::Connection {
        let client = redis::Client::open(self.url.as_str()).expect("an address");
        client.get_connection().expect("a connection")
    }

    /// The keys that were left.
    pub(crate) fn keys(&self) -> Vec<String> {
        let (mut raw, mut keys, mut cursor) = (self.raw(), Vec::new(), 0_u64);
        loop {
            let (next, found): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(format!("{}:*", self.prefix))
                .arg("COUNT")
                .arg(1000)
                .query(&mut raw)
                .expect("a scan");
            keys.extend(found);
            cursor = next;
            if cursor == 0 {
                return keys;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let keys = self.keys();
        if !keys.is_empty() {
            let removed: Result<u64, _> = redis::cmd("DEL").arg(keys).query(&mut self.raw());
            removed.expect("removed");
        }
    }
}

/// A node with more patience than a server needs: the machine of the tests may be busy.
pub(crate) fn node(url: &str, prefix: &str) -> Redis {
    Redis::new(&patient(url, prefix)).expect("options")
}

pub(crate) fn patient(url: &str, prefix: &str) -> RedisOptions {
    let options = RedisOptions::new(url).expect("an address");
    let options = options.prefix(prefix).expect("a prefix");
    options
        .deadline(Duration::from_secs(5))
        .pause(Duration::from_millis(50))
}

/// Waits for what comes by itself, such as a connection that is opened again.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it does not come: {what}");
}
