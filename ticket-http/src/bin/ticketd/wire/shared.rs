//! What the nodes of a desk share and may lose: news, limits, who looks at what.

use anyhow::Context as _;
use ticket_core::desk::DeskBuilder;

use crate::cli::RedisOptions;

#[cfg(feature = "redis")]
mod connected {
    use std::sync::Arc;

    use ticket_core::memory::{MemoryPresence, MemoryRateLimiter};
    use ticket_redis::{Redis, RedisBus, RedisLimiter, RedisPresence};

    use super::DeskBuilder;

    pub(super) fn connect(url: &str, prefix: &str) -> Result<Redis, ticket_redis::InvalidOptions> {
        let options = ticket_redis::RedisOptions::new(url)?.prefix(prefix)?;
        Redis::new(&options)
    }

    /// People and settings are not cached there: a right that is lost is lost at once, and
    /// settings are kept in the process.
    pub(super) fn join(redis: &Redis, builder: DeskBuilder) -> DeskBuilder {
        let limiter = RedisLimiter::new(redis, Arc::new(MemoryRateLimiter::new()));
        let presence = RedisPresence::new(redis, Arc::new(MemoryPresence::new()));
        builder
            .bus(Arc::new(RedisBus::new(redis)))
            .rate_limiter(Arc::new(limiter))
            .presence(Arc::new(presence))
    }
}

/// What the nodes share: nothing, or a Redis.
#[derive(Clone)]
pub(crate) struct Shared {
    #[cfg(feature = "redis")]
    redis: Option<ticket_redis::Redis>,
}

impl Shared {
    pub(super) fn of(options: &RedisOptions) -> anyhow::Result<Self> {
        let url = options.redis_url.as_deref().filter(|url| !url.is_empty());
        #[cfg(feature = "redis")]
        {
            let prefix = &options.redis_prefix;
            let connect = |url| connected::connect(url, prefix);
            let redis = url.map(connect).transpose();
            Ok(Self {
                redis: redis.context("REDIS_URL or TICKETD_REDIS_PREFIX")?,
            })
        }
        #[cfg(not(feature = "redis"))]
        {
            let without = "this ticketd was built without Redis (feature redis)";
            let unset = url.is_none().then_some(Self {});
            unset.context(without).context("REDIS_URL is set")
        }
    }

    /// Lets the desk use it.
    pub(super) fn join(&self, builder: DeskBuilder) -> DeskBuilder {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            return connected::join(redis, builder);
        }
        builder
    }

    /// Whether it answers; it does when there is none.
    pub(crate) async fn answers(&self) -> bool {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            return redis.ping().await.is_ok();
        }
        true
    }
}
