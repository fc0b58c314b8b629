//! The conformance suite on Redis, and on the cache in front of the adapters in memory.

mod support;

use std::sync::Arc;

use async_trait::async_trait;
use support::Place;
use ticket_core::conformance::{
    DirectoryHarness, EventBusHarness, PresenceHarness, RateLimiterHarness, SessionsHarness,
    StoreHarness,
};
use ticket_core::memory::{
    MemoryBus, MemoryDirectory, MemoryPresence, MemoryRateLimiter, MemoryStore,
};
use ticket_core::port::{EventBus, Presence, RateLimiter, Roster, Sessions, Store};
use ticket_core::value::TenantId;
use ticket_redis::{Cached, RedisBus, RedisLimiter, RedisPresence, RedisSessions};

/// Where there is no Redis, the suite runs in memory, after it was told aloud.
struct World(Option<Place>);

#[async_trait]
impl EventBusHarness for World {
    async fn fresh() -> Self {
        Self(Place::new())
    }

    async fn bus(&self) -> Arc<dyn EventBus> {
        match &self.0 {
            Some(place) => Arc::new(RedisBus::new(&place.node())),
            None => Arc::new(MemoryBus::new()),
        }
    }
}

ticket_core::conformance_tests!(event_bus, tokio::test(flavor = "multi_thread"), World);

#[async_trait]
impl RateLimiterHarness for World {
    async fn fresh() -> Self {
        Self(Place::new())
    }

    /// Two nodes in turn: what one counts, the other knows.
    async fn limiter(&self) -> Arc<dyn RateLimiter> {
        let own = || Arc::new(MemoryRateLimiter::new());
        match &self.0 {
            Some(place) => Arc::new(InTurn(
                [place.node(), place.node()].map(|node| RedisLimiter::new(&node, own())),
                0.into(),
            )),
            None => own(),
        }
    }
}

struct InTurn([RedisLimiter; 2], std::sync::atomic::AtomicUsize);

#[async_trait]
impl RateLimiter for InTurn {
    async fn allow(
        &self,
        key: &str,
        limit: u32,
        window: std::time::Duration,
        now: ticket_core::value::Timestamp,
    ) -> Result<ticket_core::port::Verdict, ticket_core::port::StoreError> {
        let turn = self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0[turn % 2].allow(key, limit, window, now).await
    }
}

ticket_core::conformance_tests!(rate_limiter, tokio::test(flavor = "multi_thread"), World);

#[async_trait]
impl SessionsHarness for World {
    async fn fresh() -> Self {
        Self(Place::new())
    }

    async fn sessions(&self) -> Arc<dyn Sessions> {
        match &self.0 {
            Some(place) => Arc::new(RedisSessions::new(&place.node())),
            None => Arc::new(MemoryStore::new()),
        }
    }
}

mod credentials {
    use super::World;
    ticket_core::conformance_tests!(sessions, tokio::test(flavor = "multi_thread"), World);
}

#[async_trait]
impl PresenceHarness for World {
    async fn fresh() -> Self {
        Self(Place::new())
    }

    async fn presence(&self) -> Arc<dyn Presence> {
        let own = Arc::new(MemoryPresence::new());
        match &self.0 {
            Some(place) => Arc::new(RedisPresence::new(&place.node(), own)),
            None => own,
        }
    }
}

ticket_core::conformance_tests!(presence, tokio::test(flavor = "multi_thread"), World);

#[async_trait]
impl DirectoryHarness for World {
    async fn fresh() -> Self {
        Self(Place::new())
    }

    async fn roster(&self) -> Arc<dyn Roster> {
        let inner = MemoryDirectory::new();
        match &self.0 {
            Some(place) => Arc::new(Cached::new(Arc::new(inner), &place.node())),
            None => Arc::new(inner),
        }
    }
}

ticket_core::conformance_tests!(directory, tokio::test(flavor = "multi_thread"), World);

/// A store in memory behind the cache.
struct Behind {
    store: MemoryStore,
    place: Option<Arc<Place>>,
    node: Option<ticket_redis::Redis>,
}

#[async_trait]
impl StoreHarness for Behind {
    async fn fresh() -> Self {
        let place = Place::new().map(Arc::new);
        let node = place.as_ref().map(|place| place.node());
        Self {
            store: MemoryStore::new(),
            place,
            node,
        }
    }

    async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
        let store = self.store.tenant(tenant);
        match &self.node {
            Some(node) => Arc::new(Cached::new(Arc::new(store), &node.tenant(tenant))),
            None => Arc::new(store),
        }
    }

    /// Another node on the same records.
    async fn reopen(&self) -> Option<Self> {
        Some(Self {
            store: self.store.clone(),
            place: self.place.clone(),
            node: self.place.as_ref().map(|place| place.node()),
        })
    }
}

mod cached_store {
    use super::Behind;
    ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), Behind);
    ticket_core::conformance_tests!(blob_store, tokio::test(flavor = "multi_thread"), Behind);
    ticket_core::conformance_tests!(sessions, tokio::test(flavor = "multi_thread"), Behind);
}
