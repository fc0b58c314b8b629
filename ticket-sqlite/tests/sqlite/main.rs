//! What is particular to a desk in one file.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod crash;
mod faults;
mod import;
mod plans;
mod schema;
