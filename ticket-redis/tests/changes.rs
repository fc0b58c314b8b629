//! What changes while it is read, and what Redis removes to make room.

#![expect(
    clippy::expect_used,
    reason = "only tests use this; what fails here must fail the test"
)]

mod support;

use std::sync::Arc;

use support::Place;
use ticket_core::memory::MemoryDirectory;
use ticket_core::person::{Person, Role};
use ticket_core::port::{Credential, Directory, Purpose, Roster, Sessions};
use ticket_core::ticket::Digest;
use ticket_core::value::{PersonId, Timestamp};
use ticket_redis::{Cached, RedisSessions};

const NOW: Timestamp = Timestamp::from_micros(1_767_603_600_000_001);

fn id(name: &str) -> PersonId {
    PersonId::new(name).expect("an id")
}

fn person(name: &str) -> Person {
    let address = format!("{name}@example.org").parse().expect("an address");
    Person::new(id(name), name, address, Role::Admin)
}

/// Nobody may be taken for somebody else, whatever happens at the same time.
#[tokio::test]
async fn a_change_during_a_look_leaves_each_answer_with_its_key() {
    let Some(place) = Place::new() else { return };
    let directory = Arc::new(MemoryDirectory::new());
    for name in ["ada", "bob"] {
        let saved = directory.save_person(&person(name)).await;
        saved.expect("saved");
    }
    let people = Cached::new(directory, &place.node());
    let both = [id("ada"), id("bob")];
    // It is filled, so that the answers of the next look come from Redis.
    people.people(&both).await.expect("read");
    let ada = person("ada");
    // The first is polled first: its look is under way when the change begins.
    let (found, ()) = tokio::join!(people.people(&both), people.forget_person(&ada));
    let found = found.expect("read").into_iter().flatten();
    let found: Vec<PersonId> = found.map(|own| own.id).collect();
    assert_eq!(found, both);
}

/// A Redis that is short of memory may remove the list of somebody's credentials and keep these:
/// then `revoke_all` could not find them.
#[tokio::test]
async fn a_credential_that_could_not_be_revoked_with_the_others_is_not_good() {
    let Some(place) = Place::new() else { return };
    let sessions = RedisSessions::new(&place.node());
    let digest = Digest::of(b"a secret");
    let credential = Credential::new(digest, id("ada"), Purpose::ApiToken, NOW);
    sessions.issue(&credential).await.expect("issued");
    let found = sessions.credential(&digest, NOW).await.expect("read");
    assert_eq!(found.as_ref(), Some(&credential));
    let list = format!("{}:0:credentials:ada", place.prefix);
    let removed: u64 = redis::cmd("DEL")
        .arg(list)
        .query(&mut place.raw())
        .expect("removed");
    assert_eq!(removed, 1);
    let revoked = sessions.revoke_all(&id("ada")).await.expect("revoked");
    assert_eq!(revoked, 0, "it is not known whose they are");
    let found = sessions.credential(&digest, NOW).await.expect("read");
    assert_eq!(found, None);
}
