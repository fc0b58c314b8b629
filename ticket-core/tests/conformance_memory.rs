//! The conformance suite on the adapters in memory.

use std::sync::Arc;

use async_trait::async_trait;
use ticket_core::conformance::StoreHarness;
use ticket_core::memory::MemoryStore;
use ticket_core::port::Store;
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
