//! What is particular to a desk in one file.

mod crash;
mod faults;
mod plans;
mod schema;
