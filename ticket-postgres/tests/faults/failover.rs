//! A primary that dies, and its standby that takes over.

use std::sync::Arc;
use std::time::Instant;

use test_kit::{Postgres, PostgresOptions as ServerOptions, Proxy, Stop};
use ticket_core::port::TicketRepository as _;
use ticket_postgres::PostgresOptions;

use crate::journal::{Journal, Wish, Writers};
use crate::world::{PATIENCE, World, until};

/// A primary whose commits wait for its standby.
async fn pair() -> Option<(Postgres, Postgres)> {
    let primary = Postgres::start(ServerOptions::default())?;
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

/// A desk whose URL names several servers, in this order.
async fn desk_on(servers: [&Postgres; 2], url: &str) -> Arc<World> {
    let [first, second] = servers.map(Postgres::address);
    let at = url.find("@127").expect("an address") + 1;
    let end = at + url[at..].find('/').expect("a database");
    let url = format!("{}{first},{second}{}", &url[..at], &url[end..]);
    let unused = Proxy::start(first);
    Arc::new(World::with(unused, &PostgresOptions::new(url)).await)
}

fn tickets(server: &Postgres) -> String {
    server.ask_in("desk", "select count(*) from ticket.tickets")
}

/// The URL names both servers, and the store finds the one that takes writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_finds_the_new_primary_by_itself() {
    let Some((mut primary, standby)) = pair().await else {
        return;
    };
    let url = primary.create_database("desk");
    let world = desk_on([&standby, &primary], &url).await;
    let journal = Arc::new(Journal::default());
    let writers = Writers::start(&world, &journal, 4);
    until("writes", || journal.acknowledged() > 20).await;
    primary.stop(Stop::Immediate);
    standby.promote();
    journal.recovers(&world, Instant::now()).await;
    writers.stop().await;
    journal.settle(&world).await;
}

/// It is named first, takes writes, and waits for nobody: still nobody who can reach the one that was promoted
/// writes to it, whether it worked before the failover or begins now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_primary_that_comes_back_is_left_alone() {
    let Some((mut old, mut new)) = pair().await else {
        return;
    };
    let url = old.create_database("desk");
    let world = desk_on([&old, &new], &url).await;
    let journal = Arc::new(Journal::default());
    let writers = Writers::start(&world, &journal, 4);
    until("writes", || journal.acknowledged() > 20).await;
    old.stop(Stop::Immediate);
    new.promote();
    journal.recovers(&world, Instant::now()).await;
    old.restart();
    old.ask("alter system reset synchronous_standby_names");
    old.ask("select pg_reload_conf()");
    let left = tickets(&old);
    for _ in 0..5 {
        let before = journal.acknowledged();
        new.terminate_backends();
        until("writes", || journal.acknowledged() > before + 20).await;
    }
    let beginner = desk_on([&old, &new], &url).await;
    let wish = Wish::Open("of somebody who begins".into());
    journal.insist(&beginner, &wish).await;
    writers.stop().await;
    // While the new one is away, those who saw it don't go back.
    new.stop(Stop::Immediate);
    let wish = Wish::Open("of somebody who waits".into());
    assert_eq!(journal.ask(&world, &wish).await, None);
    assert_eq!(tickets(&old), left, "nobody wrote to the old primary");
    new.restart();
    journal.recovers(&world, Instant::now()).await;
    journal.settle(&world).await;
}

/// A standby is promoted while the primary lives and knows of nothing. Those who work on it find out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_was_replaced_while_it_lives_is_left() {
    let Some(old) = Postgres::start(ServerOptions::default()) else {
        return;
    };
    let new = Postgres::standby_of(&old);
    let url = old.create_database("desk");
    let world = desk_on([&old, &new], &url).await;
    let journal = Journal::default();
    let wish = Wish::Open("before".into());
    journal.insist(&world, &wish).await;
    let written = old.ask("select pg_current_wal_lsn()");
    let has_it = format!("select pg_last_wal_replay_lsn() >= '{written}'");
    until("the standby to have it", || new.ask(&has_it) == "t").await;
    new.promote();
    let begun = Instant::now();
    while !has_sessions(&new) {
        assert!(begun.elapsed() < PATIENCE, "nobody looks who leads");
        world.store.next_number().await.expect("a number");
    }
    let wish = Wish::Open("after".into());
    journal.insist(&world, &wish).await;
    assert_eq!((tickets(&old), tickets(&new)), ("1".into(), "2".into()));
}

/// Whether a store works on a server.
fn has_sessions(server: &Postgres) -> bool {
    let sessions = server.ask(
        "select count(*) from pg_stat_activity where backend_type = 'client backend' and datname = 'desk' \
         and application_name <> 'psql'",
    );
    sessions != "0"
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
