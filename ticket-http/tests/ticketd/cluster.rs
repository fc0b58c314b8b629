//! Nodes and workers over one database and one Redis, each a process of its own.

use test_kit::{Redis, RedisOptions};
use ticket_mail::sink::Sink;
use tokio::process::Child;

use crate::server::{Place, Server};

/// What all nodes of a desk use, and their environment.
pub(crate) struct Cluster {
    pub(crate) place: Place,
    pub(crate) sink: Sink,
    pub(crate) redis: Redis,
}

impl Cluster {
    /// A Redis and a mail server of its own; none where they are not installed.
    pub(crate) async fn start() -> Option<Self> {
        let redis = Redis::start(RedisOptions::default())?;
        let sink = Sink::start().await.expect("a mail server");
        let place = Place::new()
            .with("REDIS_URL", &redis.url())
            .with("TICKETD_SECRET_KEY", "q8Zr0vT1mXc9Lp2S5bN7dK3f")
            .with("TICKETD_DRAIN", "1")
            .with("TICKETD_SMTP_HOST", "127.0.0.1")
            .with("TICKETD_SMTP_PORT", &sink.address().port())
            .with("TICKETD_SMTP_SECURITY", "none");
        Some(Self { place, sink, redis })
    }

    /// A node that serves and leaves the work to workers.
    pub(crate) async fn node(&self) -> Server {
        self.place.start_as(&["serve", "--no-worker"]).await
    }

    /// A worker.
    pub(crate) fn worker(&self) -> Child {
        self.place.spawn(&["worker"])
    }
}
