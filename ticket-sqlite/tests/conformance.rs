//! The shared suite, each case on a file of its own.

#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;
use ticket_core::conformance::{DirectoryHarness, RateLimiterHarness, StoreHarness};
use ticket_core::port::{RateLimiter, Roster, Store};
use ticket_core::value::TenantId;
use ticket_sqlite::SqliteStore;

struct InFile {
    folder: Arc<TempDir>,
    store: SqliteStore,
}

impl InFile {
    async fn open(folder: Arc<TempDir>) -> Self {
        let store = SqliteStore::open(folder.path().join("desk.sqlite"));
        let store = store.await.expect("a store");
        Self { folder, store }
    }

    async fn new() -> Self {
        Self::open(Arc::new(TempDir::new().expect("a folder"))).await
    }
}

#[async_trait]
impl StoreHarness for InFile {
    async fn fresh() -> Self {
        Self::new().await
    }

    async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
        Arc::new(self.store.tenant(tenant))
    }

    async fn reopen(&self) -> Option<Self> {
        self.store.close().await;
        Some(Self::open(Arc::clone(&self.folder)).await)
    }
}

struct People(InFile);

#[async_trait]
impl DirectoryHarness for People {
    async fn fresh() -> Self {
        Self(InFile::new().await)
    }

    async fn roster(&self) -> Arc<dyn Roster> {
        Arc::new(self.0.store.tenant(TenantId::default()))
    }
}

struct Limits(InFile);

#[async_trait]
impl RateLimiterHarness for Limits {
    async fn fresh() -> Self {
        Self(InFile::new().await)
    }

    async fn limiter(&self) -> Arc<dyn RateLimiter> {
        Arc::new(self.0.store.tenant(TenantId::default()))
    }
}

ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), InFile);
ticket_core::conformance_tests!(blob_store, tokio::test(flavor = "multi_thread"), InFile);
ticket_core::conformance_tests!(sessions, tokio::test(flavor = "multi_thread"), InFile);
ticket_core::conformance_tests!(directory, tokio::test(flavor = "multi_thread"), People);
ticket_core::conformance_tests!(rate_limiter, tokio::test(flavor = "multi_thread"), Limits);
