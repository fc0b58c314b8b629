//! PostgreSQL that stops, crashes and comes back.

use std::sync::Arc;
use std::time::Instant;

use test_kit::{Postgres, PostgresOptions, Stop};

use crate::journal::{Journal, Writers};
use crate::world::{World, until};

struct Outage {
    cluster: Postgres,
    world: Arc<World>,
    journal: Arc<Journal>,
    writers: Writers,
}

impl Outage {
    /// A cluster of its own, on which some write already.
    async fn begin() -> Option<Self> {
        let cluster = Postgres::start(PostgresOptions::default())?;
        let world = Arc::new(World::on(&cluster, "desk").await);
        let journal = Arc::new(Journal::default());
        let writers = Writers::start(&world, &journal, 4);
        let outage = Self {
            cluster,
            world,
            journal,
            writers,
        };
        outage.writes().await;
        Some(outage)
    }

    async fn writes(&self) {
        let before = self.journal.acknowledged();
        until("writes", || self.journal.acknowledged() > before + 8).await;
    }

    async fn faults(&self) {
        let before = self.journal.failed();
        until("faults", || self.journal.failed() > before + 8).await;
    }

    async fn recovers(&self) {
        self.journal.recovers(&self.world, Instant::now()).await;
        self.writes().await;
    }

    async fn end(self) {
        self.writers.stop().await;
        self.journal.settle(&self.world).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_is_survived() {
    let Some(mut outage) = Outage::begin().await else {
        return;
    };
    for how in [Stop::Fast, Stop::Immediate] {
        outage.cluster.stop(how);
        outage.faults().await;
        outage.cluster.restart();
        outage.recovers().await;
    }
    outage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_ended_sessions_are_survived() {
    let Some(outage) = Outage::begin().await else {
        return;
    };
    for _ in 0..3 {
        assert!(outage.cluster.kill9_backend(), "somebody was connected");
        outage.recovers().await;
        assert!(
            outage.cluster.terminate_backends() > 0,
            "somebody was connected"
        );
        outage.recovers().await;
    }
    outage.end().await;
}
