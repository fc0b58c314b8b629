//! The server `ticketd` from outside: its commands, its mail, its end.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod balancer;
mod bouncer;
#[path = "../api/client.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the API, which call more of it"
)]
mod client;
mod cluster;
mod commands;
mod fronts;
mod journey;
mod keep;
mod kill;
mod kill_nodes;
mod nodes;
mod pipe;
mod rolling;
mod secrets;
mod server;
mod stop;
#[path = "../api/stream.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the API, which ask more of it"
)]
mod stream;
mod tls;
mod tunnel;
