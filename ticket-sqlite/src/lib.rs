#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blob;
mod calls;
mod directory;
mod error;
mod inventory;
mod limiter;
mod migrate;
mod options;
mod outbox;
mod repository;
mod row;
mod search;
mod sessions;
mod settings;
mod spool;
mod store;
mod vault;
mod words;
mod writer;

pub use options::SqliteOptions;
pub use store::{SqliteStore, SqliteTenant};
