//! Connections that break in every way that the proxy knows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use test_kit::{Mode, Side};

use crate::journal::{Journal, Wish, Writers};
use crate::world::{World, cluster, until};

/// Writers work; connections break in this way until it was felt; then everything recovers, and nothing is lost.
async fn is_survived(name: &str, mode: Mode) {
    let Some(cluster) = cluster() else { return };
    let world = Arc::new(World::on(cluster, name).await);
    let journal = Arc::new(Journal::default());
    let writers = Writers::start(&world, &journal, 4);
    until("writes", || journal.acknowledged() > 8).await;
    world.proxy.set(mode);
    // Not each cut is a failed call: the store asks again where it may.
    until("cuts", || journal.failed() >= 8 || world.proxy.cuts() >= 16).await;
    world.proxy.set(Mode::Pass);
    journal.recovers(&world, Instant::now()).await;
    writers.stop().await;
    journal.settle(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_connections_are_survived() {
    is_survived("refuse", Mode::Refuse).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_black_hole_is_survived() {
    is_survived("black_hole", Mode::BlackHole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_byte_a_second_is_survived() {
    is_survived("one_byte", Mode::OneByteEvery(Duration::from_secs(1))).await;
}

/// The limits lie in the login, in a first statement, and in and after a commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_within_requests_are_survived() {
    for bytes in [20, 300, 1_000, 3_000, 6_000] {
        is_survived(
            &format!("client_{bytes}"),
            Mode::CutAfterBytes(Side::Client, bytes),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_within_answers_are_survived() {
    for bytes in [0, 300, 1_000, 3_000, 6_000] {
        is_survived(
            &format!("server_{bytes}"),
            Mode::CutAfterBytes(Side::Server, bytes),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_network_fails_nothing() {
    let Some(cluster) = cluster() else { return };
    let world = World::on(cluster, "latency").await;
    let journal = Journal::default();
    world.proxy.set(Mode::Latency(Duration::from_millis(25)));
    for n in 0..3 {
        journal
            .ask(&world, &Wish::Open(format!("slow {n}")))
            .await
            .expect("an answer");
    }
    journal.settle(&world).await;
}

/// Any statement may be the one whose answer is lost; most often it is not the commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_lost_at_random_are_survived() {
    let Some(cluster) = cluster() else { return };
    let world = Arc::new(World::on(cluster, "lost").await);
    let journal = Arc::new(Journal::default());
    let writers = Writers::start(&world, &journal, 4);
    for round in 0..40 {
        let cuts = world.proxy.cuts();
        world.proxy.set(if round % 2 == 0 {
            Mode::CutAfterRequest(Vec::new())
        } else {
            Mode::LoseAnswer(Vec::new())
        });
        until("a cut", || world.proxy.cuts() > cuts).await;
    }
    journal.recovers(&world, Instant::now()).await;
    writers.stop().await;
    journal.settle(&world).await;
}

/// The commit alone carries the text of the message.
fn commit_of(text: &str) -> Vec<u8> {
    format!("Body of {text}.").into_bytes()
}

/// The commit happens, and nobody is told: asking again with the same key tells, and does nothing more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_settled_by_its_key() {
    let Some(cluster) = cluster() else { return };
    let world = World::on(cluster, "lost_commit").await;
    for n in 0..5 {
        for (kind, mode) in [
            ("lost", Mode::LoseAnswer as fn(Vec<u8>) -> Mode),
            ("cut", Mode::CutAfterRequest),
        ] {
            let journal = Journal::default();
            let wish = Wish::Open(format!("{kind} {n}"));
            let cuts = world.proxy.cuts();
            world.proxy.set(mode(commit_of(&format!("{kind} {n}"))));
            journal.ask(&world, &wish).await;
            assert_eq!(world.proxy.cuts(), cuts + 1, "the commit was cut");
            let number = journal.insist(&world, &wish).await;
            assert_eq!(journal.insist(&world, &wish).await, number);
        }
    }
    assert_eq!(count(cluster, "lost_commit"), 10);
    let report = world.desk.verify().await.expect("a report");
    assert_eq!(report.findings, []);
}

/// Without a key nobody may try again for the caller: that could be a second ticket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_a_key_is_never_repeated_blindly() {
    let Some(cluster) = cluster() else { return };
    let world = World::on(cluster, "no_key").await;
    let caller = world.desk.acting(&world.customer).await.expect("a caller");
    for n in 1..=3 {
        let text = format!("once {n}");
        world.proxy.set(Mode::LoseAnswer(commit_of(&text)));
        let body: ticket_core::value::Body = format!("Body of {text}.").parse().expect("a body");
        let open = ticket_core::command::Open::new(
            "support".parse().expect("a queue"),
            text.parse().expect("a subject"),
            body,
        );
        // An error, or what the store found out: nobody knows until somebody looks.
        let _ = caller.open(open).await;
        assert_eq!(count(cluster, "no_key"), n);
    }
}

fn count(cluster: &test_kit::Postgres, database: &str) -> usize {
    let tickets = cluster.ask_in(database, "select count(*) from ticket.tickets");
    tickets.parse().expect("a number")
}
