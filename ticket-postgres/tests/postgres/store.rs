//! The shared suite of stores: as people run it, and again as if every list were long.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::conformance::{RateLimiterHarness, StoreHarness};
use ticket_core::memory::{MemoryRateLimiter, MemoryStore};
use ticket_core::port::{RateLimiter, Store};
use ticket_core::value::TenantId;
use ticket_postgres::{PostgresOptions, PostgresStore};

use crate::world::World;

/// A schema, or nothing to test: then the kit has said so, aloud, and the cases run on memory.
enum InDatabase {
    Schema(World, PostgresStore),
    Skipped(MemoryStore),
}

impl InDatabase {
    async fn new(options: fn(PostgresOptions) -> PostgresOptions) -> Self {
        match World::new() {
            Some(world) => Self::open(world, options).await,
            None => Self::Skipped(MemoryStore::new()),
        }
    }

    async fn open(world: World, options: fn(PostgresOptions) -> PostgresOptions) -> Self {
        let store = options(world.options()).connect().await;
        Self::Schema(world, store.expect("a store"))
    }

    fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
        match self {
            Self::Schema(_, store) => Arc::new(store.tenant(tenant)),
            Self::Skipped(store) => Arc::new(store.tenant(tenant)),
        }
    }

    async fn reopen(&self, options: fn(PostgresOptions) -> PostgresOptions) -> Option<Self> {
        match self {
            Self::Schema(world, store) => {
                store.close().await;
                Some(Self::open(world.clone(), options).await)
            }
            Self::Skipped(_) => None,
        }
    }
}

macro_rules! harness {
    ($name:ident, $options:expr) => {
        struct $name(InDatabase);

        #[async_trait]
        impl StoreHarness for $name {
            async fn fresh() -> Self {
                Self(InDatabase::new($options).await)
            }

            async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
                self.0.tenant(tenant)
            }

            async fn reopen(&self) -> Option<Self> {
                self.0.reopen($options).await.map(Self)
            }
        }
    };
}

/// The suite writes the largest texts, on machines that do much else: it is not about deadlines.
const PATIENCE: Duration = Duration::from_secs(30);

harness!(AsItIs, |options| options.deadline(PATIENCE));
harness!(AsIfLong, |options| options
    .deadline(PATIENCE)
    .short_lists(0));

struct Limits(Option<(World, PostgresStore)>, MemoryRateLimiter);

#[async_trait]
impl RateLimiterHarness for Limits {
    async fn fresh() -> Self {
        let world = match World::new() {
            Some(world) => {
                let store = world.store().await;
                Some((world, store))
            }
            None => None,
        };
        Self(world, MemoryRateLimiter::new())
    }

    async fn limiter(&self) -> Arc<dyn RateLimiter> {
        match &self.0 {
            Some((_, store)) => Arc::new(store.tenant(TenantId::default())),
            None => Arc::new(self.1.clone()),
        }
    }
}

ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), AsItIs);
ticket_core::conformance_tests!(blob_store, tokio::test(flavor = "multi_thread"), AsItIs);
ticket_core::conformance_tests!(rate_limiter, tokio::test(flavor = "multi_thread"), Limits);

mod long {
    use super::AsIfLong;

    ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), AsIfLong);
}
