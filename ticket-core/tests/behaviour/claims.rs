//! What a worker has claimed: kept while it is at it, given back when it stops.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use ticket_core::desk::Desk;
use ticket_core::notice::Letter;
use ticket_core::port::{NoticeState, Notifier, NotifyError, SpoolState};

use crate::world::{LineReader, Mail, World, id};

const LEASE: Duration = Duration::from_secs(15);

/// A mail server that never answers.
struct Silent;

#[async_trait]
impl Notifier for Silent {
    async fn deliver(&self, _: &Letter) -> Result<(), NotifyError> {
        std::future::pending().await
    }
}

/// Another node on the same store, whose mail server never answers.
fn slow_node(world: &World) -> Desk {
    let store = Arc::new(world.store.clone());
    Desk::builder(store, Arc::new(world.people.clone()), world.key.clone())
        .notifier(Arc::new(Silent))
        .mail_reader(Arc::new(LineReader))
        .clock(Arc::new(world.clock.clone()))
        .lease(LEASE)
        .build()
}

#[tokio::test]
async fn a_slow_delivery_is_not_taken_over_while_it_is_kept() {
    let world = World::new().await;
    world.opened("ada").await;
    let slow = slow_node(&world);
    let mut delivering = Box::pin(slow.deliver(8));
    assert!(delivering.as_mut().now_or_never().is_none(), "it waits");
    for _ in 0..9 {
        world.clock.advance(LEASE / 3);
        slow.keep_claims().await.expect("kept");
        assert_eq!(world.post().await, [], "it is somebody else's");
    }
    // The node dies: its claims last as long as a lease and no longer.
    drop(delivering);
    world.clock.advance(LEASE - Duration::from_secs(1));
    assert_eq!(world.post().await, []);
    world.clock.advance(Duration::from_secs(1));
    assert!(!world.post().await.is_empty());
}

#[tokio::test]
async fn what_was_dropped_is_not_kept_for_ever() {
    let world = World::new().await;
    world.opened("ada").await;
    let slow = slow_node(&world);
    assert!(slow.deliver(8).now_or_never().is_none(), "it is dropped");
    let mut waited = Duration::ZERO;
    while world.post().await.is_empty() {
        assert!(waited < Duration::from_secs(20 * 60), "kept for {waited:?}");
        waited += LEASE / 3;
        world.clock.advance(LEASE / 3);
        slow.keep_claims().await.expect("kept");
    }
}

#[tokio::test]
async fn a_worker_that_stops_gives_back_what_it_left() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let slow = slow_node(&world);
    assert!(slow.deliver(8).now_or_never().is_none(), "it is left");
    let states = world.notices(ticket).await;
    assert!(
        states
            .iter()
            .any(|status| matches!(status.state, NoticeState::Claimed { .. }))
    );
    slow.give_back().await.expect("given back");
    let letters = world.post().await;
    assert!(
        letters
            .iter()
            .any(|letter| letter.to.address == person_of("ada"))
    );
    world.verify().await;
}

#[tokio::test]
async fn what_is_done_is_neither_kept_nor_given_back() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    world.post().await;
    let mail = world.spool(&Mail::from("ada@x.example", "Hello.")).await;
    world.desk.process_mail(1).await.expect("processed");
    let before = (world.notices(ticket).await, world.spooled(mail).await);
    assert!(matches!(before.1, SpoolState::Done { .. }));
    world.desk.keep_claims().await.expect("kept");
    world.desk.give_back().await.expect("given back");
    assert_eq!(
        (world.notices(ticket).await, world.spooled(mail).await),
        before
    );
}

fn person_of(name: &str) -> ticket_core::value::EmailAddress {
    let person = crate::world::person(name);
    assert_eq!(person.id, id(name));
    person.addresses[0].clone()
}
