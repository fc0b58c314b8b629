//! Nodes and workers over one PostgreSQL and one Redis, each a process of its own.

use test_kit::{Postgres, PostgresOptions, Redis, RedisOptions};
use ticket_mail::sink::Sink;
use tokio::process::Child;

use crate::server::{Place, Server};

/// What all nodes of a desk use, and their environment.
pub(crate) struct Cluster {
    pub(crate) place: Place,
    pub(crate) sink: Sink,
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
}

impl Cluster {
    /// A database, a Redis and a mail server of its own; none where they are not installed.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(&[]).await
    }

    /// The same, with more settings of PostgreSQL.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Option<Self> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let postgres = Postgres::start(PostgresOptions {
            max_connections: 100,
            settings: settings.iter().map(owned).collect(),
            ..PostgresOptions::default()
        })?;
        postgres.create_database("desk");
        let url = socket_url(&postgres);
        let redis = Redis::start(RedisOptions::default())?;
        let sink = Sink::start().await.expect("a mail server");
        let place = Place::new()
            .with("DATABASE_URL", &url)
            .with("REDIS_URL", &redis.url())
            .with("TICKETD_SECRET_KEY", "q8Zr0vT1mXc9Lp2S5bN7dK3f")
            .with("TICKETD_DRAIN", "1")
            .with("TICKETD_SMTP_HOST", "127.0.0.1")
            .with("TICKETD_SMTP_PORT", &sink.address().port())
            .with("TICKETD_SMTP_SECURITY", "none");
        Some(Self {
            place,
            sink,
            postgres,
            redis,
        })
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

/// The database by its socket, which asks for no password: proving one takes long without optimization.
pub(crate) fn socket_url(postgres: &Postgres) -> String {
    let socket = postgres.socket_folder().display();
    let port = postgres.address();
    let port = port.rsplit(':').next().expect("a port");
    format!("postgres:///desk?host={socket}&port={port}&user=postgres")
}
