//! Whoever is at a ticket is seen there until they leave or stay away.

use std::time::Duration;

use super::PresenceHarness;
use super::expect::read;
use super::maker::Maker;
use crate::port::{Doing, Presence, Present};
use crate::value::{PersonId, TicketId, Timestamp};

const TTL: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_micros(1);

fn ticket(make: &mut Maker) -> TicketId {
    TicketId::new(make.uuid())
}

async fn appear(at: &dyn Presence, ticket: TicketId, name: &str, doing: Doing, now: Timestamp) {
    let person: PersonId = read(name);
    let appeared = at.appear(ticket, &person, doing, now, TTL).await;
    appeared.expect("noted");
}

async fn present(presence: &dyn Presence, ticket: TicketId, now: Timestamp) -> Vec<Present> {
    presence.present(ticket, now).await.expect("read")
}

fn one(name: &str, doing: Doing, since: Timestamp) -> Present {
    Present {
        person: read(name),
        doing,
        until: since.plus(TTL),
    }
}

pub(super) async fn who_is_at_a_ticket_is_seen_there<H: PresenceHarness>(world: &H) {
    let (presence, mut make) = (world.presence().await, Maker::new());
    let (here, there, now) = (ticket(&mut make), ticket(&mut make), make.tick());
    assert_eq!(present(&*presence, here, now).await, [], "nobody");
    let later = now.plus(SECOND);
    for name in ["Eve \u{1f3ab}", "ada", "Bob"] {
        appear(&*presence, here, name, Doing::Looking, now).await;
    }
    appear(&*presence, there, "ada", Doing::Typing, later).await;
    let expected = ["Bob", "Eve \u{1f3ab}", "ada"].map(|name| one(name, Doing::Looking, now));
    assert_eq!(present(&*presence, here, later).await, expected, "by id");
    let expected = [one("ada", Doing::Typing, later)];
    assert_eq!(present(&*presence, there, later).await, expected);
}

pub(super) async fn a_person_is_at_a_ticket_once<H: PresenceHarness>(world: &H) {
    let (presence, mut make) = (world.presence().await, Maker::new());
    let (here, now) = (ticket(&mut make), make.tick());
    for (seconds, doing) in [(0, Doing::Looking), (1, Doing::Typing), (2, Doing::Looking)] {
        let now = now.plus(SECOND * seconds);
        appear(&*presence, here, "ada", doing, now).await;
        let expected = [one("ada", doing, now)];
        assert_eq!(present(&*presence, here, now).await, expected);
    }
}

pub(super) async fn whoever_stays_away_is_gone<H: PresenceHarness>(world: &H) {
    let (presence, mut make) = (world.presence().await, Maker::new());
    let (here, now) = (ticket(&mut make), make.tick());
    appear(&*presence, here, "ada", Doing::Typing, now).await;
    let bob = now.plus(SECOND * 20);
    appear(&*presence, here, "bob", Doing::Looking, bob).await;
    let end = now.plus(TTL);
    let count = async |now| present(&*presence, here, now).await.len();
    assert_eq!(count(end.minus(MOMENT)).await, 2);
    let expected = [one("bob", Doing::Looking, bob)];
    assert_eq!(present(&*presence, here, end).await, expected);
    assert_eq!(count(bob.plus(TTL)).await, 0);
    appear(&*presence, here, "ada", Doing::Looking, end).await;
    assert_eq!(count(end).await, 2, "she is back");
}

pub(super) async fn whoever_leaves_is_gone_at_once<H: PresenceHarness>(world: &H) {
    let (presence, mut make) = (world.presence().await, Maker::new());
    let (here, there, now) = (ticket(&mut make), ticket(&mut make), make.tick());
    for at in [here, there] {
        appear(&*presence, at, "ada", Doing::Looking, now).await;
        appear(&*presence, at, "bob", Doing::Looking, now).await;
    }
    for _ in 0..2 {
        presence.leave(here, &read("ada")).await.expect("left");
    }
    let bob = one("bob", Doing::Looking, now);
    assert_eq!(present(&*presence, here, now).await, [bob]);
    assert_eq!(present(&*presence, there, now).await.len(), 2);
}
