#![doc = include_str!("../README.md")]

mod bus;
mod cached;
mod limiter;
mod link;
mod news;
mod options;
mod presence;
mod redis;
mod sessions;

pub use crate::redis::Redis;
pub use bus::RedisBus;
pub use cached::Cached;
pub use limiter::RedisLimiter;
pub use options::{InvalidOptions, RedisOptions};
pub use presence::RedisPresence;
pub use sessions::RedisSessions;
