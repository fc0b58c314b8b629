//! A desk in a PostgreSQL database: the shared suite, and what is particular to it.
//!
//! Each test has a schema of its own in the database that `DATABASE_URL` names, and drops it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod blobs;
mod callers;
mod conformance;
mod faults;
mod import;
mod lists;
mod plans;
mod replicas;
mod schema;
mod store;
mod text;
mod world;
mod writers;
