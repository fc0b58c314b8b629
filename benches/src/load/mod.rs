//! Load over HTTP: a server as a process of its own, asked by many connections that stay open.

mod client;
mod machine;
mod operation;
mod place;
mod plot;
mod report;
mod server;

pub use client::{Burst, Call, Outcome, burst};
pub use machine::{Memory, postgres_seconds, process_seconds};
pub use operation::{Asking, Operation, Writing, reading, writing};
pub use place::{Opened, Place};
pub use plot::{Chart, Line};
pub use report::{Ceiling, Growth, Measured, Report, Run};
pub use server::{Server, start};
