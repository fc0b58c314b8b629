//! A primary that dies, and its standby that takes over.

use std::sync::Arc;
use std::time::Instant;

use test_kit::{Postgres, PostgresOptions, Proxy, Stop};

use crate::journal::{Journal, Wish, Writers};
use crate::world::{World, until};

/// A primary whose commits wait for its standby.
async fn pair() -> Option<(Postgres, Postgres)> {
    let primary = Postgres::start(PostgresOptions::default())?;
    let standby = Postgres::standby_of(&primary);
    primary.ask("alter system set synchronous_standby_names = 'standby'");
    primary.ask("select pg_reload_conf()");
    let state = "select sync_state from pg_stat_replication";
    until("a synchronous standby", || primary.ask(state) == "sync").await;
    Some((primary, standby))
}

/// Somebody leads the connections to the new primary, as an operator does by a name or an address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_loses_nothing_that_was_acknowledged() {
    let Some((mut primary, standby)) = pair().await else {
        return;
    };
    let world = Arc::new(World::on(&primary, "desk").await);
    let journal = Arc::new(Journal::default());
    let writers = Writers::start(&world, &journal, 4);
    until("writes", || journal.acknowledged() > 20).await;
    primary.stop(Stop::Immediate);
    standby.promote();
    world.proxy.repoint(standby.address());
    journal.recovers(&world, Instant::now()).await;
    writers.stop().await;
    journal.settle(&world).await;
}

/// The URL names both servers, and the store finds the one that takes writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_finds_the_new_primary_by_itself() {
    let Some((mut primary, standby)) = pair().await else {
        return;
    };
    let url = primary.create_database("desk");
    let url = url.replace(
        &primary.address(),
        &format!("{},{}", standby.address(), primary.address()),
    );
    let unused = Proxy::start(primary.address());
    let options = ticket_postgres::PostgresOptions::new(url);
    let world = Arc::new(World::with(unused, &options).await);
    let journal = Arc::new(Journal::default());
    let writers = Writers::start(&world, &journal, 4);
    until("writes", || journal.acknowledged() > 20).await;
    primary.stop(Stop::Immediate);
    standby.promote();
    journal.recovers(&world, Instant::now()).await;
    writers.stop().await;
    journal.settle(&world).await;
}

/// A commit that the standby has not confirmed is not acknowledged, and its caller is not held either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_standby_nothing_is_acknowledged() {
    let Some((primary, mut standby)) = pair().await else {
        return;
    };
    let world = World::on(&primary, "desk").await;
    let journal = Journal::default();
    journal.insist(&world, &Wish::Open("with it".into())).await;
    standby.stop(Stop::Immediate);
    for n in 0..3 {
        let wish = Wish::Open(format!("without it {n}"));
        assert_eq!(journal.ask(&world, &wish).await, None);
    }
    standby.restart();
    journal.recovers(&world, Instant::now()).await;
    journal.settle(&world).await;
}
