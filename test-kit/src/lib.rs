//! What the tests share: private servers, and a proxy that breaks connections.
//!
//! - [`Proxy`] stands between a program and a server, and breaks their connections as it is told.
//! - [`Postgres`] and [`Redis`] are servers of a test's own, to stop, kill and promote.
//! - [`Front`] is nginx, HAProxy or PgBouncer before such servers.
//! - [`database`] and [`redis`] name the servers that a whole test run shares.
//!
//! All of it blocks, and none of it needs a runtime: a test may call it from anywhere.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "only tests use this crate; what fails here must fail the test, aloud"
)]

mod folder;
mod front;
mod postgres;
mod process;
mod proxy;
mod redis;
mod shared;
mod tls;

pub use front::{Front, Site};
pub use postgres::{Postgres, PostgresOptions, Stop};
pub use proxy::{Mode, Proxy, Side};
pub use redis::{Redis, RedisOptions};
pub use shared::{database, redis};
