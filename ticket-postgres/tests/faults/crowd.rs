//! More callers than connections, while the server is slow.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use test_kit::Proxy;
use ticket_core::desk::DeskError;
use ticket_core::port::StoreError;
use ticket_postgres::PostgresOptions;

use crate::journal::{ANSWER, Journal, Wish};
use crate::world::{World, cluster, until};

/// Somebody holds a lock, so that every statement waits. Callers are told in time, and all is well afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_answered_in_time() {
    let Some(cluster) = cluster() else { return };
    let proxy = Proxy::in_front_of(&cluster.create_database("crowd"));
    let options = PostgresOptions::new(proxy.url()).connections(5);
    let world = Arc::new(World::with(proxy, &options).await);
    let journal = Journal::default();
    let number = journal.insist(&world, &Wish::Open("before".into())).await;

    let locker = thread::spawn(move || {
        let hold =
            "begin; lock table ticket.tickets in access exclusive mode; select pg_sleep(4); commit";
        cluster.ask_in("crowd", hold);
    });
    let asked = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted
                 and relation = 'ticket.tickets'::regclass";
    until("the lock", || cluster.ask_in("crowd", asked) == "1").await;

    let callers: Vec<_> = (0..200)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                let caller = world.desk.acting(&world.agent).await;
                let shown = match caller {
                    Ok(caller) => caller.show(number).await.map(|_| ()),
                    Err(error) => Err(error),
                };
                (shown, begun.elapsed())
            })
        })
        .collect();
    for caller in callers {
        let (shown, took) = caller.await.expect("a caller");
        assert!(took < ANSWER, "answered after {took:?}");
        let error = shown.expect_err("nobody can read now");
        let DeskError::Store(StoreError::Unavailable { retry_after, .. }) = error else {
            panic!("{error:?}");
        };
        assert!(retry_after.is_some());
    }
    assert!(world.proxy.open() <= 7, "no more connections than allowed");
    locker.join().expect("the lock is given back");
    journal.recovers(&world, Instant::now()).await;
    journal.settle(&world).await;
}
