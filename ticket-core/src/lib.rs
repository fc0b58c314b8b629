#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod authority;
pub mod command;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod decide;
pub mod desk;
pub mod field;
pub mod mail;
pub mod memory;
pub mod notice;
pub mod person;
pub mod plan;
pub mod port;
pub mod query;
pub mod react;
pub mod refusal;
pub mod settings;
pub mod system;
pub mod ticket;
pub mod value;
pub mod view;
pub mod webhook;
pub mod workflow;

#[cfg(feature = "mock")]
pub use port::mock;
