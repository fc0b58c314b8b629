#![doc = include_str!("../README.md")]
#![expect(dead_code, reason = "half of the crate is still on its way")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blob;
mod connection;
mod directory;
mod endpoint;
mod error;
mod inventory;
mod language;
mod lease;
mod limiter;
mod lookup;
mod migrate;
mod options;
mod outbox;
mod pool;
mod replica;
mod repository;
mod row;
mod search;
mod sessions;
mod settings;
mod spool;
mod store;
mod text;

pub use options::PostgresOptions;
pub use store::{PostgresStore, PostgresTenant};
pub use text::Language;
