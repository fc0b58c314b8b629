//! Servers and networks that fail: an answer in time, nothing twice, and nothing forgotten.

use std::time::{Duration, Instant};

use test_kit::{Mode, Postgres, PostgresOptions as ServerOptions, Proxy, Stop};
use ticket_core::plan::IdempotencyKey;
use ticket_core::port::{Reference, StoreError, TicketRepository};
use ticket_core::ticket::{Digest, Ticket};
use ticket_core::value::TenantId;
use ticket_postgres::PostgresTenant;

use crate::plans;
use crate::world::{World, run};

/// What a caller waits at most: the deadline, and some time for a machine that is busy.
const SOON: Duration = Duration::from_millis(2600);

async fn open_ticket(desk: &PostgresTenant) -> Result<Ticket, StoreError> {
    let number = desk.next_number().await?;
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await?;
    Ok(plan.ticket)
}

async fn load(desk: &PostgresTenant, ticket: &Ticket) -> Result<Ticket, StoreError> {
    let found = desk.load(&[Reference::Id(ticket.id)]).await?;
    Ok(found.into_iter().flatten().next().expect("a ticket"))
}

fn is_unavailable(error: &StoreError) -> bool {
    let hint = matches!(
        error,
        StoreError::Unavailable {
            retry_after: Some(_),
            ..
        }
    );
    hint && error.is_retryable()
}

/// A world whose desk talks through a proxy.
async fn behind_a_proxy() -> Option<(World, Proxy, PostgresTenant)> {
    let world = World::new()?;
    world.store().await.close().await;
    let proxy = Proxy::in_front_of(world.url());
    // The proxy looks into what passes, so nothing may be encrypted.
    let mut url: url::Url = proxy.url().parse().expect("a URL");
    url.query_pairs_mut().append_pair("sslmode", "disable");
    let store = world.options_at(url.as_str()).connect().await;
    let desk = store.expect("a store").tenant(TenantId::default());
    Some((world, proxy, desk))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_to_be_written() {
    let Some((_world, proxy, desk)) = behind_a_proxy().await else {
        return;
    };
    let ticket = open_ticket(&desk).await.expect("opened");
    let plan = plans::reply(&ticket, "a rare word: albatross");
    for (cuts, mode) in [
        (1, Mode::LoseAnswer as fn(_) -> _),
        (2, Mode::CutAfterRequest),
    ] {
        let plan = plans::reply(&load(&desk, &ticket).await.expect("read"), "albatross");
        proxy.set(mode(b"albatross".to_vec()));
        let receipt = desk.commit(&plan, None).await.expect("it was written");
        assert_eq!(receipt, plan.receipt());
        assert_eq!(proxy.cuts(), cuts, "its connection was cut");
    }
    let history = desk.history(ticket.id, None).await.expect("read");
    assert_eq!(history.len(), 3, "and once");
    let late = desk.commit(&plan, None).await.expect_err("stale");
    assert!(matches!(late, StoreError::Conflict { .. }), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_settles_what_a_lost_answer_left_open() {
    let Some((world, proxy, desk)) = behind_a_proxy().await else {
        return;
    };
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "albatross");
    let key = IdempotencyKey {
        scope: "ada".to_owned(),
        key: "1".to_owned(),
        fingerprint: Digest::of(b"albatross"),
    };
    // The answer is lost, and nobody can be asked what became of the commit.
    proxy.set(Mode::LoseAnswer(b"albatross".to_vec()));
    let commit = desk.commit(&plan, Some(&key));
    let refusing = async {
        while proxy.cuts() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        proxy.set(Mode::Refuse);
    };
    let refusing = tokio::time::timeout(SOON, refusing);
    let (outcome, refused) = tokio::join!(commit, refusing);
    refused.expect("its connection was cut");
    if let Err(error) = outcome {
        assert!(is_unavailable(&error), "{error:?}");
    }
    proxy.set(Mode::Pass);
    let again = plans::open(desk.next_number().await.expect("a number"), "albatross");
    let receipt = desk.commit(&again, Some(&key)).await.expect("replayed");
    assert!(receipt.replayed);
    assert_eq!(receipt.ticket, plan.ticket.id);
    assert_eq!(world.number("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_reached_the_server_is_not_claimed() {
    let Some((_world, proxy, desk)) = behind_a_proxy().await else {
        return;
    };
    let ticket = open_ticket(&desk).await.expect("opened");
    let plan = plans::reply(&ticket, "Still stuck.");
    proxy.reset_all();
    let error = desk.commit(&plan, None).await.expect_err("cut");
    assert!(is_unavailable(&error), "{error:?}");
    assert_eq!(load(&desk, &ticket).await.expect("read"), ticket);
    desk.commit(&plan, None).await.expect("committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_on_a_dead_connection_is_done_again() {
    let Some((_world, proxy, desk)) = behind_a_proxy().await else {
        return;
    };
    let ticket = open_ticket(&desk).await.expect("opened");
    for _ in 0..3 {
        proxy.reset_all();
        assert_eq!(load(&desk, &ticket).await.expect("read"), ticket);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_is_left_in_time() {
    let Some((_world, proxy, desk)) = behind_a_proxy().await else {
        return;
    };
    let ticket = open_ticket(&desk).await.expect("opened");
    proxy.set(Mode::BlackHole);
    for _ in 0..2 {
        let began = Instant::now();
        let error = load(&desk, &ticket).await.expect_err("no answer");
        assert!(is_unavailable(&error), "{error:?}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        let began = Instant::now();
        let reply = plans::reply(&ticket, "Still stuck.");
        let error = desk.commit(&reply, None).await.expect_err("no answer");
        assert!(is_unavailable(&error), "{error:?}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
    proxy.set(Mode::Pass);
    load(&desk, &ticket).await.expect("it recovers at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_what_a_caller_who_went_away_had_asked() {
    let Some((world, _proxy, desk)) = behind_a_proxy().await else {
        return;
    };
    let (one, other) = (
        open_ticket(&desk).await.expect("opened"),
        open_ticket(&desk).await.expect("opened"),
    );
    let mut blocking = world.other().await;
    run(&mut blocking, "BEGIN; SELECT 1 FROM tickets FOR UPDATE").await;
    for _ in 0..8 {
        let plan = plans::reply(&one, "Still stuck.");
        let commit = desk.commit(&plan, None);
        let gone = tokio::time::timeout(Duration::from_millis(20), commit).await;
        gone.expect_err("it waits for the lock");
        let began = Instant::now();
        assert_eq!(load(&desk, &other).await.expect("read"), other);
        assert!(began.elapsed() < Duration::from_millis(700));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_connection_is_bounded() {
    let Some(world) = World::new() else { return };
    let options = world.options().connections(2);
    let store = options.wait(Duration::from_millis(200)).connect().await;
    let desk = store.expect("a store").tenant(TenantId::default());
    let ticket = open_ticket(&desk).await.expect("opened");
    let mut blocking = world.other().await;
    run(&mut blocking, "BEGIN; LOCK TABLE tickets").await;
    let began = Instant::now();
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (desk, ticket) = (desk.clone(), ticket.clone());
            tokio::spawn(async move {
                let began = Instant::now();
                let error = load(&desk, &ticket).await.expect_err("busy");
                assert!(is_unavailable(&error), "{error:?}");
                began.elapsed()
            })
        })
        .collect();
    let mut quick = 0;
    for caller in callers {
        let took = caller.await.expect("no panic");
        quick += usize::from(took < Duration::from_millis(900));
    }
    assert!(
        quick >= 40,
        "only those with a connection wait longer: {quick}"
    );
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    run(&mut blocking, "ROLLBACK").await;
    load(&desk, &ticket).await.expect("read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_is_found_again() {
    let Some(mut server) = Postgres::start(ServerOptions::default()) else {
        return;
    };
    let world = World::at(server.url());
    let desk = world.desk().await;
    let ticket = open_ticket(&desk).await.expect("opened");
    for how in [Stop::Fast, Stop::Immediate] {
        server.stop(how);
        let began = Instant::now();
        let error = load(&desk, &ticket).await.expect_err("down");
        assert!(is_unavailable(&error), "{error:?}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        server.restart();
        load(&desk, &ticket).await.expect("read");
        open_ticket(&desk).await.expect("opened");
    }
    server.terminate_backends();
    open_ticket(&desk).await.expect("opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_gets_no_writes_and_is_used_once_it_is_promoted() {
    let Some(primary) = Postgres::start(ServerOptions::default()) else {
        return;
    };
    let world = World::at(primary.url());
    let ticket = open_ticket(&world.desk().await).await.expect("opened");
    let standby = Postgres::standby_of(&primary);

    let only = world.options_at(&standby.url()).connect().await;
    let error = only.expect_err("a standby alone");
    assert!(is_unavailable(&error), "{error:?}");
    assert!(error.to_string().contains("standby"), "{error}");

    let both = |url: &str| {
        let (first, second) = (standby.address(), primary.address());
        url.replace(&first, &format!("{first},{second}"))
    };
    let store = world.options_at(&both(&standby.url())).connect().await;
    let desk = store.expect("the primary").tenant(TenantId::default());
    open_ticket(&desk).await.expect("opened on the primary");

    drop(primary);
    standby.promote();
    let found = load(&desk, &ticket)
        .await
        .expect("read from the new primary");
    assert_eq!(found, ticket);
    open_ticket(&desk).await.expect("opened on the new primary");
}
