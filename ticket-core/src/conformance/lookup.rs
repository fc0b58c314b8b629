//! What one request rests on is read together, and is what the single ports say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::expect::{is_there_already, read};
use super::maker::{Maker, key};
use super::{LookupHarness, LookupWorld};
use crate::desk::Separately;
use crate::person::{Organization, Person, Role, Sharing};
use crate::plan::Receipt;
use crate::port::{Credential, Holder, Lookup, Purpose, Reference, Standing, Wanted};
use crate::ticket::{Digest, Event, Link, LinkKind, Side, Ticket};
use crate::value::{PersonId, TicketId, Timestamp};

/// Ada of Acme, Bob and Cy of the queue `support`, Eve who is away.
async fn people(world: &LookupWorld) {
    let acme = Organization {
        id: read("acme"),
        name: "Acme".to_owned(),
        sharing: Sharing::AllTickets,
    };
    world.roster.save_organization(&acme).await.expect("saved");
    let mut ada = Person::customer(read("ada"), "Ada", read("ada@example.org"));
    ada.organization = Some(acme.id);
    let agent = |id: &str| {
        let role = Role::Agent {
            queues: BTreeSet::from([read("support")]),
            own_tickets_only: false,
        };
        Person::new(read(id), id, read(&format!("{id}@example.org")), role)
    };
    let mut eve = agent("eve");
    eve.active = false;
    for person in [ada, agent("bob"), agent("cy"), eve] {
        world.roster.save_person(&person).await.expect("saved");
    }
}

/// What the single ports say.
fn separately(world: &LookupWorld) -> Separately {
    Separately::new(world.store.clone(), world.roster.clone())
}

async fn committed(world: &LookupWorld, make: &mut Maker, number: u64) -> Ticket {
    let plan = make.open(number).tell("ada").plan();
    world.store.commit(&plan, None).await.expect("committed");
    plan.ticket
}

fn credential(person: &str, secret: &str, created_at: Timestamp) -> Credential {
    let digest = Digest::of(secret.as_bytes());
    let mut own = Credential::new(digest, read(person), Purpose::ApiToken, created_at);
    own.label = "a token".to_owned();
    own.expires_at = Some(created_at.plus(Duration::from_secs(60)));
    own
}

pub(super) async fn a_credential_is_found_with_its_owner<H: LookupHarness>(world: &H) {
    let (world, mut make) = (world.world().await, Maker::new());
    people(&world).await;
    let now = make.tick();
    for (person, secret) in [("ada", "1"), ("bob", "2"), ("nobody", "3")] {
        let own = credential(person, secret, now);
        world.store.issue(&own).await.expect("issued");
        let holder = world.lookup.holder(&own.digest, now).await.expect("read");
        let holder = holder.expect("it is valid");
        let standing = separately(&world).standing(&own.person).await;
        let expected = Holder {
            credential: own.clone(),
            standing: standing.expect("read"),
        };
        assert_eq!(holder, expected);
        assert_eq!(holder.standing.is_some(), person != "nobody");

        let late = now.plus(Duration::from_secs(60));
        let expired = world.lookup.holder(&own.digest, late).await.expect("read");
        assert_eq!(expired, None);
        assert!(world.store.revoke(&own.digest).await.expect("revoked"));
        let revoked = world.lookup.holder(&own.digest, now).await.expect("read");
        assert_eq!(revoked, None);
    }
}

pub(super) async fn somebody_is_found_with_their_organization<H: LookupHarness>(world: &H) {
    let world = world.world().await;
    people(&world).await;
    let mut lost = Person::customer(read("lost"), "Lost", read("lost@example.org"));
    lost.organization = Some(read("gone"));
    world.roster.save_person(&lost).await.expect("saved");
    for (id, organization) in [
        ("ada", Some("Acme")),
        ("bob", None),
        ("eve", None),
        ("lost", None),
    ] {
        let standing = world.lookup.standing(&read(id)).await.expect("read");
        let Standing {
            person,
            organization: own,
        } = standing.expect("known");
        assert_eq!(person.id, read::<PersonId>(id));
        assert_eq!(own.map(|own| own.name), organization.map(str::to_owned));
    }
    let nobody = world.lookup.standing(&read("nobody")).await.expect("read");
    assert_eq!(nobody, None);
}

pub(super) async fn a_subject_brings_its_people_and_members<H: LookupHarness>(world: &H) {
    let (world, mut make) = (world.world().await, Maker::new());
    people(&world).await;
    let ticket = committed(&world, &mut make, 1).await;
    let plan = make
        .change(&ticket)
        .event(Event::Assigned {
            from: None,
            to: read("eve"),
        })
        .event(Event::FollowerAdded { person: read("cy") })
        .event(Event::CcAdded {
            person: read("stranger"),
        })
        .plan();
    world.store.commit(&plan, None).await.expect("committed");
    for subject in [Reference::Id(ticket.id), Reference::Number(ticket.number)] {
        let wanted = Wanted {
            subject: Some(subject),
            ..Wanted::default()
        };
        let gathered = world.lookup.gather(&wanted).await.expect("gathered");
        let single = separately(&world).gather(&wanted).await.expect("gathered");
        assert_eq!(gathered, single);
        assert_eq!(gathered.subject.as_ref(), Some(&plan.ticket));
        let people: Vec<&str> = gathered.people.keys().map(PersonId::as_str).collect();
        assert_eq!(people, ["ada", "cy", "eve"]);
        let members = &gathered.members[&ticket.queue];
        let members: Vec<&str> = members.iter().map(|own| own.id.as_str()).collect();
        assert_eq!(members, ["bob", "cy"]);
    }
}

pub(super) async fn what_is_named_is_gathered<H: LookupHarness>(world: &H) {
    let (world, mut make) = (world.world().await, Maker::new());
    people(&world).await;
    let (one, two) = (
        committed(&world, &mut make, 1).await,
        committed(&world, &mut make, 2).await,
    );
    let mut blob = world.store.new_blob().await.expect("begun");
    blob.write(b"bytes").await.expect("written");
    let (digest, size) = blob.finish().await.expect("stored");
    let wanted = Wanted {
        people: ["bob", "ada"].map(read).into(),
        queues: [read("billing"), read("support")].into(),
        tickets: [one.id, two.id].into(),
        files: [digest].into(),
        ..Wanted::default()
    };
    let gathered = world.lookup.gather(&wanted).await.expect("gathered");
    let single = separately(&world).gather(&wanted).await.expect("gathered");
    assert_eq!(gathered, single);
    assert_eq!(
        gathered.tickets,
        BTreeMap::from([(one.id, one), (two.id, two)])
    );
    assert_eq!(gathered.files, BTreeMap::from([(digest, size)]));
    assert_eq!(gathered.people.len(), 2);
    assert_eq!(gathered.members[&read("billing")], []);
    assert_eq!((gathered.subject, gathered.number), (None, None));
}

pub(super) async fn what_is_not_there_is_left_out<H: LookupHarness>(world: &H) {
    let (world, mut make) = (world.world().await, Maker::new());
    let nothing = world.lookup.gather(&Wanted::default()).await;
    assert_eq!(nothing.expect("gathered"), Default::default());
    let wanted = Wanted {
        subject: Some(Reference::Number(make.open(7).plan().ticket.number)),
        people: [read("nobody")].into(),
        queues: [read("nowhere")].into(),
        tickets: [TicketId::new(make.uuid())].into(),
        files: [Digest::of(b"nothing")].into(),
        key: Some(key("ada", "k1", "open")),
        number: false,
    };
    let gathered = world.lookup.gather(&wanted).await.expect("gathered");
    let single = separately(&world).gather(&wanted).await.expect("gathered");
    assert_eq!(gathered, single);
    assert_eq!(
        gathered.members,
        BTreeMap::from([(read("nowhere"), vec![])])
    );
    let reference = wanted.subject.expect("named above");
    let whole = world.lookup.whole(&reference).await.expect("read");
    assert_eq!(whole, None);
}

pub(super) async fn a_key_that_was_used_brings_its_receipt<H: LookupHarness>(world: &H) {
    let (world, mut make) = (world.world().await, Maker::new());
    let plan = make.open(1).plan();
    let own = key("ada", "k1", "open");
    let receipt = world.store.commit(&plan, Some(&own)).await;
    let wanted = |own| Wanted {
        key: Some(own),
        number: true,
        ..Wanted::default()
    };
    let gathered = world.lookup.gather(&wanted(own)).await.expect("gathered");
    let replayed = Receipt {
        replayed: true,
        ..receipt.expect("committed")
    };
    assert_eq!(gathered.receipt, Some(replayed));
    let other = key("ada", "k1", "something else");
    let refused = world.lookup.gather(&wanted(other)).await;
    is_there_already(&refused, "idempotency key");
}

pub(super) async fn a_number_is_drawn_only_when_wanted<H: LookupHarness>(world: &H) {
    let (world, mut make) = (world.world().await, Maker::new());
    committed(&world, &mut make, 41).await;
    let wanted = Wanted {
        number: true,
        ..Wanted::default()
    };
    let mut last = 41;
    for _ in 0..3 {
        let gathered = world.lookup.gather(&wanted).await.expect("gathered");
        let number = gathered.number.expect("asked for").get();
        assert!(number > last, "{number} after {last}");
        last = number;
    }
    let alone = world.store.next_number().await.expect("drawn").get();
    assert!(alone > last);
}

pub(super) async fn a_whole_ticket_has_all_that_belongs_to_it<H: LookupHarness>(world: &H) {
    let (world, mut make) = (world.world().await, Maker::new());
    people(&world).await;
    let ticket = committed(&world, &mut make, 1).await;
    let plan = make
        .change(&ticket)
        .reply(Side::Team, "Open the lid.")
        .note("She is angry.")
        .plan();
    world.store.commit(&plan, None).await.expect("committed");
    let other = committed(&world, &mut make, 2).await;
    let link = Link {
        kind: LinkKind::Duplicates,
        to: ticket.id,
    };
    let linked = make.change(&other).event(Event::Linked { link }).plan();
    world.store.commit(&linked, None).await.expect("committed");

    let reference = Reference::Number(ticket.number);
    let whole = world.lookup.whole(&reference).await.expect("read");
    let single = separately(&world).whole(&reference).await.expect("read");
    assert_eq!(whole, single);
    let whole = whole.expect("it is there");
    assert_eq!(whole.ticket, plan.ticket);
    assert_eq!(
        (whole.thread.messages.len(), whole.thread.notes.len()),
        (2, 1)
    );
    assert_eq!(whole.linked_from, [(other.id, LinkKind::Duplicates)]);
    let authors: Vec<&str> = whole.authors.keys().map(PersonId::as_str).collect();
    assert_eq!(authors, ["ada", "bob"]);
}
