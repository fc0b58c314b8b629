//! The REST API through a real socket, on a desk in memory.

mod access;
mod client;
mod embedding;
mod idempotency;
mod input;
mod privacy;
mod problems;
mod tags;
mod world;
