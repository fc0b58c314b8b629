#![doc = include_str!("../README.md")]
#![expect(dead_code, reason = "half of the crate is still on its way")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection;
mod endpoint;
mod error;
mod migrate;
mod options;
mod pool;
mod row;
mod sessions;
mod settings;
mod store;
mod text;

pub use options::PostgresOptions;
pub use store::{PostgresStore, PostgresTenant};
