//! The conformance suite on the adapters in memory.

use std::sync::Arc;

use async_trait::async_trait;
use ticket_core::conformance::{
    DirectoryHarness, EventBusHarness, RateLimiterHarness, StoreHarness,
};
use ticket_core::memory::{MemoryBus, MemoryDirectory, MemoryRateLimiter, MemoryStore};
use ticket_core::port::{EventBus, RateLimiter, Roster, Store};
use ticket_core::value::TenantId;

struct InMemory(MemoryStore);

#[async_trait]
impl StoreHarness for InMemory {
    async fn fresh() -> Self {
        Self(MemoryStore::new())
    }

    async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
        Arc::new(self.0.tenant(tenant))
    }

    async fn reopen(&self) -> Option<Self> {
        None
    }
}

ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), InMemory);
ticket_core::conformance_tests!(blob_store, tokio::test, InMemory);
ticket_core::conformance_tests!(sessions, tokio::test, InMemory);

struct People;

#[async_trait]
impl DirectoryHarness for People {
    async fn fresh() -> Self {
        Self
    }

    async fn roster(&self) -> Arc<dyn Roster> {
        Arc::new(MemoryDirectory::new())
    }
}

ticket_core::conformance_tests!(directory, tokio::test, People);

struct Limits;

#[async_trait]
impl RateLimiterHarness for Limits {
    async fn fresh() -> Self {
        Self
    }

    async fn limiter(&self) -> Arc<dyn RateLimiter> {
        Arc::new(MemoryRateLimiter::new())
    }
}

ticket_core::conformance_tests!(rate_limiter, tokio::test, Limits);

struct News;

#[async_trait]
impl EventBusHarness for News {
    async fn fresh() -> Self {
        Self
    }

    async fn bus(&self) -> Arc<dyn EventBus> {
        Arc::new(MemoryBus::new())
    }
}

ticket_core::conformance_tests!(event_bus, tokio::test, News);
