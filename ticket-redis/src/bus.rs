//! News that reach subscribers on every node.

use async_trait::async_trait;
use ticket_core::memory::MemoryBus;
use ticket_core::port::{EventBus, Happening, Subscription};

use crate::redis::Redis;

/// An event bus that all nodes share.
///
/// Subscribers on this node hear at once and whether or not Redis answers; other nodes hear by
/// publish and subscribe, over one channel. Publishing never waits: what is to be told waits in a
/// queue of 1,024, and what does not fit is lost, as is what is published while Redis is away.
///
/// Nobody is left in the dark about that: after a gap of any kind (the connection was cut, Redis
/// was restarted, a queue ran over on either side) each subscriber gets [`Happening::Missed`], and
/// catches up from the history. Reconnecting needs nobody's help.
#[derive(Debug, Clone)]
pub struct RedisBus {
    redis: Redis,
    here: MemoryBus,
}

impl RedisBus {
    /// The bus of the tenant that the handle sees.
    pub fn new(redis: &Redis) -> Self {
        Self {
            redis: redis.clone(),
            here: redis.news().bus(redis.tenant_id()),
        }
    }
}

#[async_trait]
impl EventBus for RedisBus {
    async fn publish(&self, happening: Happening) {
        self.here.publish(happening).await;
        self.redis.news().tell(self.redis.tenant_id(), happening);
    }

    /// Waits for Redis at most as long as a call may take; then news of other nodes begin later.
    async fn subscribe(&self) -> Box<dyn Subscription> {
        let subscription = self.here.subscribe().await;
        self.redis.news().listen().await;
        subscription
    }
}
