//! A commit whose answer is lost on the way.

#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use ticket_core::command::Open;
use ticket_core::desk::{Desk, DeskError, Separately};
use ticket_core::memory::{MemoryDirectory, MemoryStore};
use ticket_core::mock::MockStore;
use ticket_core::person::Person;
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::port::{Happening, Roster, StoreError, TicketRepository};
use ticket_core::system::FixedClock;
use ticket_core::ticket::Digest;
use ticket_core::value::Timestamp;

fn lost() -> StoreError {
    StoreError::Unavailable {
        detail: "the connection was cut".to_owned(),
        retry_after: None,
        source: None,
    }
}

fn ada() -> Person {
    let address = "ada@example.org".parse().expect("an address");
    Person::customer(7_u64.into(), "Ada", address)
}

fn open() -> Open {
    Open::new(
        "support".parse().expect("a key"),
        "Printer jam".parse().expect("a subject"),
        "It is stuck.".parse().expect("a body"),
    )
}

fn key() -> IdempotencyKey {
    IdempotencyKey {
        scope: "ada".to_owned(),
        key: "k1".to_owned(),
        fingerprint: Digest::of(b"open"),
    }
}

/// A desk whose store loses the answer of its one commit, which happened or did not; what it
/// reads is what is stored.
async fn desk(happens: bool) -> (Desk, Arc<MemoryStore>) {
    desk_after(happens, Duration::ZERO).await
}

/// The same, when the commit takes so long.
async fn desk_after(happens: bool, takes: Duration) -> (Desk, Arc<MemoryStore>) {
    let clock = Arc::new(FixedClock::at(Timestamp::from_micros(
        1_790_000_000_000_000,
    )));
    let people = Arc::new(MemoryDirectory::new());
    people.save_person(&ada()).await.expect("saved");
    let stored = Arc::new(MemoryStore::new());
    let mut store = MockStore::new();
    let committed = Arc::clone(&stored);
    store.expect_settings().returning(|| Ok(None));
    store.expect_settings_generation().returning(|| Ok(0));
    let passing = Arc::clone(&clock);
    store.expect_commit().times(1).returning(move |plan, key| {
        passing.advance(takes);
        if happens {
            write(&committed, plan, key);
        }
        Err(lost())
    });
    let kept = Arc::clone(&stored);
    store
        .expect_receipt()
        .returning(move |key| now(kept.receipt(key)));
    let lookup = Separately::new(stored.clone(), people.clone());
    let key = ticket_core::mail::SigningKey::new([7; 32]);
    let desk = Desk::builder(Arc::new(store), people, key)
        .lookup(Arc::new(lookup))
        .clock(clock)
        .build();
    (desk, stored)
}

fn write(store: &MemoryStore, plan: &Plan, key: Option<&IdempotencyKey>) {
    let _: Receipt = now(store.commit(plan, key)).expect("committed");
}

/// What is in memory answers at once.
fn now<T>(answer: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(answer).expect("an answer at once")
}

#[tokio::test]
async fn the_key_tells_that_it_happened() {
    let (desk, stored) = desk(true).await;
    let ada = desk.acting(&ada().id).await.expect("she is known");
    let receipt = ada.open_once(open(), key()).await;
    let receipt = receipt.expect("it happened");
    assert!(!receipt.replayed, "it is the answer to this request");
    let found = stored.load(&[receipt.ticket.into()]).await.expect("read");
    assert!(found[0].is_some());
}

#[tokio::test]
async fn who_waited_long_is_not_kept_waiting() {
    for (millis, is_told) in [(900, true), (1_000, false)] {
        let (desk, _) = desk_after(true, Duration::from_millis(millis)).await;
        let ada = desk.acting(&ada().id).await.expect("she is known");
        let answer = ada.open_once(open(), key()).await;
        assert_eq!(answer.is_ok(), is_told, "after {millis} ms: {answer:?}");
    }
}

#[tokio::test]
async fn without_a_key_the_outcome_stays_unknown() {
    let (desk, _) = desk(true).await;
    let ada = desk.acting(&ada().id).await.expect("she is known");
    let answer = ada.open(open()).await;
    assert!(matches!(
        answer,
        Err(DeskError::Store(StoreError::Unavailable { .. }))
    ));
}

#[tokio::test]
async fn what_did_not_happen_is_not_made_to_happen() {
    let (desk, stored) = desk(false).await;
    let ada = desk.acting(&ada().id).await.expect("she is known");
    let answer = ada.open_once(open(), key()).await;
    assert!(matches!(
        answer,
        Err(DeskError::Store(StoreError::Unavailable { .. }))
    ));
    let receipt = stored.receipt(&key()).await.expect("read");
    assert_eq!(receipt, None, "the mock saw one commit only");
}

/// Lists on live screens hear of a ticket by hints alone.
#[tokio::test]
async fn live_lists_hear_of_what_may_have_happened() {
    for happens in [true, false] {
        let (desk, stored) = desk(happens).await;
        let ada = desk.acting(&ada().id).await.expect("she is known");
        let mut news = desk.subscribe().await;
        ada.open(open()).await.expect_err("nobody knows");
        let Happening::Committed { ticket, version } = now(news.next()).expect("a hint") else {
            panic!("it is about a commit");
        };
        let found = stored.load(&[ticket.into()]).await.expect("read");
        let found = found.into_iter().next().flatten();
        assert_eq!(found.map(|own| own.version), happens.then_some(version));
    }
}
