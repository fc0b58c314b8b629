//! The REST API through a real socket, on a desk in memory.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod access;
mod client;
mod document;
mod embedding;
mod idempotency;
mod input;
mod live;
mod presence;
mod privacy;
mod problems;
mod stream;
mod tags;
mod world;
