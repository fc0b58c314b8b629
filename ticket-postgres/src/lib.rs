#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blob;
mod calls;
mod connection;
mod directory;
mod endpoint;
mod error;
mod inventory;
mod language;
mod leader;
mod lease;
mod limiter;
mod lookup;
mod mark;
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
mod texts;
mod vault;

pub use options::PostgresOptions;
pub use store::{PostgresStore, PostgresTenant};
pub use text::Language;
