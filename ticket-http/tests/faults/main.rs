//! The server `ticketd` when what it stands on breaks: through a proxy, or by stopping servers.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "../api/client.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the API, which call more of it"
)]
mod client;
#[path = "../ticketd/cluster.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the commands, which use more of it"
)]
mod cluster;
mod failover;
mod postgres;
mod redis;
#[path = "../ticketd/server.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the commands, which call more of it"
)]
mod server;
mod smtp;
mod standby;
#[path = "../api/stream.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the API, which ask more of it"
)]
mod stream;
