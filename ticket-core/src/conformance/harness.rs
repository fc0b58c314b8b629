//! How an adapter shows itself to the suite.

use std::sync::Arc;

use async_trait::async_trait;

use crate::port::{BlobStore, EventBus, Lookup, Presence, RateLimiter, Roster, Sessions, Store};
use crate::value::TenantId;

/// Makes empty stores for the suite.
#[async_trait]
pub trait StoreHarness: Send + Sync + Sized {
    /// A world with an empty store that no other world shares: its own file, schema or prefix.
    async fn fresh() -> Self;

    /// The store as a tenant sees it; the same tenant sees the same store each time.
    async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store>;

    /// Closes the store and opens again what it kept; `None` when nothing outlives the process.
    ///
    /// The suite has dropped all handles that it got before.
    async fn reopen(&self) -> Option<Self>;
}

/// Makes empty blob stores for the suite.
#[async_trait]
pub trait BlobStoreHarness: Send + Sync + Sized {
    /// A world with an empty blob store that no other world shares.
    async fn fresh() -> Self;

    /// The blob store.
    async fn blobs(&self) -> Arc<dyn BlobStore>;
}

/// Makes empty stores of credentials for the suite.
#[async_trait]
pub trait SessionsHarness: Send + Sync + Sized {
    /// A world without credentials that no other world shares.
    async fn fresh() -> Self;

    /// The store of credentials.
    async fn sessions(&self) -> Arc<dyn Sessions>;
}

/// Makes empty directories for the suite.
#[async_trait]
pub trait DirectoryHarness: Send + Sync + Sized {
    /// A world with an empty directory that no other world shares.
    async fn fresh() -> Self;

    /// The directory; a host that writes its people elsewhere wraps that for the tests.
    async fn roster(&self) -> Arc<dyn Roster>;
}

/// A store with its people, and the lookup that reads them together.
pub struct LookupWorld {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The people.
    pub roster: Arc<dyn Roster>,
    /// Reads the two together.
    pub lookup: Arc<dyn Lookup>,
}

/// Makes lookups for the suite.
#[async_trait]
pub trait LookupHarness: Send + Sync + Sized {
    /// A world with an empty store and directory that no other world shares.
    async fn fresh() -> Self;

    /// The store, the people and the lookup over them.
    async fn world(&self) -> LookupWorld;
}

/// Makes rate limiters for the suite.
#[async_trait]
pub trait RateLimiterHarness: Send + Sync + Sized {
    /// A world with a limiter that has counted nothing.
    async fn fresh() -> Self;

    /// The limiter.
    async fn limiter(&self) -> Arc<dyn RateLimiter>;
}

/// Makes event buses for the suite.
#[async_trait]
pub trait EventBusHarness: Send + Sync + Sized {
    /// A world with a bus that nobody else publishes on.
    async fn fresh() -> Self;

    /// The bus.
    async fn bus(&self) -> Arc<dyn EventBus>;
}

/// Makes empty places for the suite, where nobody is.
#[async_trait]
pub trait PresenceHarness: Send + Sync + Sized {
    /// A world where nobody is at any ticket, and that no other world shares.
    async fn fresh() -> Self;

    /// Who is where.
    async fn presence(&self) -> Arc<dyn Presence>;
}

#[async_trait]
impl<H: StoreHarness> BlobStoreHarness for H {
    async fn fresh() -> Self {
        <H as StoreHarness>::fresh().await
    }

    async fn blobs(&self) -> Arc<dyn BlobStore> {
        self.tenant(TenantId::default()).await
    }
}

#[async_trait]
impl<H: StoreHarness> SessionsHarness for H {
    async fn fresh() -> Self {
        <H as StoreHarness>::fresh().await
    }

    async fn sessions(&self) -> Arc<dyn Sessions> {
        self.tenant(TenantId::default()).await
    }
}
