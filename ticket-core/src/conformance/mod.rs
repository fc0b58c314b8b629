//! The conformance suite: what every adapter must do, as one list of cases (feature
//! `conformance`).
//!
//! An adapter says how to make an empty world of its own, and stamps one named test for each
//! case into its tests. The attribute of the tests is an argument, so the suite needs no runtime
//! of its own. This is a whole test file of an adapter:
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use ticket_core::conformance::StoreHarness;
//! use ticket_core::memory::MemoryStore;
//! use ticket_core::port::Store;
//! use ticket_core::value::TenantId;
//!
//! struct InMemory(MemoryStore);
//!
//! #[async_trait]
//! impl StoreHarness for InMemory {
//!     async fn fresh() -> Self {
//!         Self(MemoryStore::new())
//!     }
//!
//!     async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
//!         Arc::new(self.0.tenant(tenant))
//!     }
//!
//!     async fn reopen(&self) -> Option<Self> {
//!         None // nothing outlives the process
//!     }
//! }
//!
//! ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), InMemory);
//! ```
//!
//! The parts of the suite, each for a harness of its own, so that an adapter of one port runs
//! what concerns it:
//!
//! | part | harness | for |
//! | --- | --- | --- |
//! | `store` | [`StoreHarness`] | everything that [`Store`](crate::port::Store) stands for |
//! | `blob_store` | [`BlobStoreHarness`] | an object store alone |
//! | `sessions` | [`SessionsHarness`] | credentials alone |
//! | `directory` | [`DirectoryHarness`] | people |
//! | `lookup` | [`LookupHarness`] | a store and its people, read together |
//! | `rate_limiter` | [`RateLimiterHarness`] | limits |
//! | `event_bus` | [`EventBusHarness`] | news |
//! | `presence` | [`PresenceHarness`] | who is at a ticket |
//!
//! A whole store runs `store`, `blob_store` and `sessions`: whatever is a [`StoreHarness`] is a
//! harness for the other two. A decorator (cache, metrics, faults) runs the part of the port that
//! it wraps, on a harness that wraps it.

#![expect(
    clippy::expect_used,
    reason = "a case of the suite is a test: it stops at the first surprise"
)]

mod author;
mod blobs;
mod bus;
mod calling;
mod calls;
mod chance;
mod commit;
mod common_words;
mod directory;
mod everything;
mod expect;
mod harness;
mod histories;
mod keys;
mod limiter;
mod list;
mod lookup;
mod maker;
mod model;
mod outbox;
mod paging;
mod presence;
mod questions;
mod redaction;
mod relevance;
mod reopening;
mod search;
mod sessions;
mod settings;
mod snapshot;
mod spool;
mod tenants;
mod text;
mod vault;
mod vocabulary;

pub use harness::{
    BlobStoreHarness, DirectoryHarness, EventBusHarness, LookupHarness, LookupWorld,
    PresenceHarness, RateLimiterHarness, SessionsHarness, StoreHarness,
};
#[doc(hidden)]
pub use list::run;
