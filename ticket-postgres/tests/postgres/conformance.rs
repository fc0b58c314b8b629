//! The shared suite, each case in a schema of its own.

use std::sync::Arc;

use async_trait::async_trait;
use ticket_core::conformance::{DirectoryHarness, LookupHarness, LookupWorld, SessionsHarness};
use ticket_core::desk::Separately;
use ticket_core::memory::{MemoryDirectory, MemoryStore};
use ticket_core::port::{Roster, Sessions};
use ticket_core::value::TenantId;
use ticket_postgres::PostgresStore;

use crate::world::World;

/// A database, or nothing to test: then the kit has said so, aloud, and the cases run on memory.
enum InDatabase {
    /// The world is dropped last.
    Schema(
        PostgresStore,
        #[expect(dead_code, reason = "kept, so that its schema stays")] World,
    ),
    Skipped(MemoryStore),
}

impl InDatabase {
    async fn open(world: World) -> Self {
        let store = world.store().await;
        Self::Schema(store, world)
    }

    async fn new() -> Self {
        match World::new() {
            Some(world) => Self::open(world).await,
            None => Self::Skipped(MemoryStore::new()),
        }
    }
}

struct Credentials(InDatabase);

#[async_trait]
impl SessionsHarness for Credentials {
    async fn fresh() -> Self {
        Self(InDatabase::new().await)
    }

    async fn sessions(&self) -> Arc<dyn Sessions> {
        match &self.0 {
            InDatabase::Schema(store, _) => Arc::new(store.tenant(TenantId::default())),
            InDatabase::Skipped(store) => Arc::new(store.clone()),
        }
    }
}

struct People(InDatabase, MemoryDirectory);

#[async_trait]
impl DirectoryHarness for People {
    async fn fresh() -> Self {
        Self(InDatabase::new().await, MemoryDirectory::new())
    }

    async fn roster(&self) -> Arc<dyn Roster> {
        match &self.0 {
            InDatabase::Schema(store, _) => Arc::new(store.tenant(TenantId::default())),
            InDatabase::Skipped(_) => Arc::new(self.1.clone()),
        }
    }
}

struct Lookups(InDatabase, MemoryDirectory);

#[async_trait]
impl LookupHarness for Lookups {
    async fn fresh() -> Self {
        Self(InDatabase::new().await, MemoryDirectory::new())
    }

    async fn world(&self) -> LookupWorld {
        match &self.0 {
            InDatabase::Schema(store, _) => {
                let desk = Arc::new(store.tenant(TenantId::default()));
                LookupWorld {
                    store: desk.clone(),
                    roster: desk.clone(),
                    lookup: desk,
                }
            }
            InDatabase::Skipped(store) => {
                let (store, people) = (Arc::new(store.clone()), Arc::new(self.1.clone()));
                LookupWorld {
                    store: store.clone(),
                    roster: people.clone(),
                    lookup: Arc::new(Separately::new(store, people)),
                }
            }
        }
    }
}

ticket_core::conformance_tests!(lookup, tokio::test(flavor = "multi_thread"), Lookups);
ticket_core::conformance_tests!(sessions, tokio::test(flavor = "multi_thread"), Credentials);
ticket_core::conformance_tests!(directory, tokio::test(flavor = "multi_thread"), People);
