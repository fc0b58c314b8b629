//! The store when PostgreSQL breaks: cut connections, restarts, failover, contention, a crowd.
//!
//! Each test has writers who note what they asked for and what was acknowledged. Afterwards they ask again, with
//! the same key, for what was not, and then everything must be there exactly once.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod contention;
mod crowd;
mod cuts;
mod failover;
mod journal;
mod outages;
mod world;
