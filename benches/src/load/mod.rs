//! Load over HTTP: a server as a process of its own, asked by many connections that stay open.

mod client;
mod machine;
mod operation;
mod place;
mod plot;
mod profile;
mod report;
mod server;

pub(crate) use client::Connection;
pub use client::{Burst, Call, Outcome, burst};
pub use machine::{Memory, postgres_seconds, process_seconds};
pub use operation::{Asking, Operation, Writing, reading, writing};
pub use place::{Opened, Place};
pub use plot::{Chart, Line};
pub use profile::Profile;
pub use report::{Ceiling, Growth, Measured, Reached, Report, Run};
pub use server::{Server, start};
