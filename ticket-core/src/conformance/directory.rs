//! People are found by their ids and addresses, and guests are admitted once.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::DirectoryHarness;
use super::expect::{is_there_already, read};
use crate::person::{Organization, Person, Role, Sharing};
use crate::port::Roster;
use crate::value::{Line, Mailbox, PersonId};

fn customer(id: &str, address: &str) -> Person {
    Person::customer(read(id), id, read(address))
}

fn agent(id: &str, queues: &[&str]) -> Person {
    let queues = queues.iter().map(|queue| read(queue)).collect();
    let role = Role::Agent {
        queues,
        own_tickets_only: false,
    };
    Person::new(read(id), id, read(&format!("{id}@example.org")), role)
}

async fn by_address(roster: &dyn Roster, address: &str) -> Option<Person> {
    roster.by_address(&read(address)).await.expect("read")
}

pub(super) async fn people_are_loaded_in_the_order_asked<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let mut ada = customer("ada", "ada@example.org");
    ada.organization = Some(read("acme"));
    ada.addresses.push(read("Lovelace@Bücher.example"));
    let mut eve = agent("eve", &["support", "billing"]);
    eve.active = false;
    let mut bare = customer("42", "x@example.org");
    bare.addresses.clear();
    bare.name = Line::default();
    let admin = Person::new(read("kim"), "Kim \u{1f3ab}", read("k@x.org"), Role::Admin);
    for person in [&ada, &eve, &bare, &admin] {
        roster.save_person(person).await.expect("saved");
    }
    let ids = ["kim", "nobody", "ada", "42", "ada", "eve"].map(read::<PersonId>);
    let found = roster.people(&ids).await.expect("read");
    let [ada, eve, bare, admin] = [ada, eve, bare, admin].map(Some);
    assert_eq!(found, [admin, None, ada.clone(), bare, ada, eve]);
    assert_eq!(roster.people(&[]).await.expect("read"), []);
}

pub(super) async fn an_address_is_compared_in_its_normal_form<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let mut ada = customer("ada", "Ada.Lovelace@Example.ORG");
    ada.addresses
        .push(read("jose\u{301}@xn--bcher-kva.example"));
    roster.save_person(&ada).await.expect("saved");
    for spelling in [
        "ada.lovelace@example.org",
        "ADA.LOVELACE@EXAMPLE.ORG",
        "jos\u{e9}@BÜCHER.example",
    ] {
        let found = by_address(&*roster, spelling).await.expect("found");
        assert_eq!(found, ada);
        assert_eq!(
            found.addresses[0].as_written(),
            "Ada.Lovelace@Example.ORG",
            "shown as written"
        );
    }
    for other in ["adalovelace@example.org", "ada.lovelace@example.com"] {
        assert_eq!(by_address(&*roster, other).await, None, "{other}");
    }
}

pub(super) async fn an_address_belongs_to_one_person<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let ada = customer("ada", "ada@example.org");
    roster.save_person(&ada).await.expect("saved");
    let mut eve = customer("eve", "eve@example.org");
    roster.save_person(&eve).await.expect("saved");

    let before = eve.clone();
    eve.name = "Eve".into();
    eve.addresses.push(read("ADA@example.org"));
    is_there_already(&roster.save_person(&eve).await, "address");
    let found = by_address(&*roster, "eve@example.org").await;
    assert_eq!(found, Some(before), "nothing was changed");
    assert_eq!(by_address(&*roster, "ada@example.org").await, Some(ada));
}

pub(super) async fn a_person_is_replaced<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let first = customer("ada", "ada@example.org");
    roster.save_person(&first).await.expect("saved");
    let mut second = agent("ada", &["support"]);
    second.addresses = vec![read("countess@example.org")];
    second.active = false;
    roster.save_person(&second).await.expect("saved");
    let people = roster.people(&[read("ada")]).await.expect("read");
    assert_eq!(people, [Some(second.clone())]);
    let old = by_address(&*roster, "ada@example.org").await;
    assert_eq!(old, None, "the old address is free");
    let new = by_address(&*roster, "countess@example.org").await;
    assert_eq!(new, Some(second));
    let other = customer("bob", "ada@example.org");
    roster.save_person(&other).await.expect("it is free");
}

pub(super) async fn organizations_are_kept<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let id = read("acme");
    assert_eq!(roster.organization(&id).await.expect("read"), None);
    for (name, sharing) in [("Acme", Sharing::OwnTickets), ("ACME", Sharing::AllTickets)] {
        let organization = Organization {
            id: id.clone(),
            name: name.into(),
            sharing,
        };
        let saved = roster.save_organization(&organization).await;
        saved.expect("saved");
        let found = roster.organization(&id).await.expect("read");
        assert_eq!(found, Some(organization));
    }
}

pub(super) async fn members_are_the_active_team_of_a_queue<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let eve = agent("eve", &["support", "billing"]);
    let mut bob = agent("bob", &["support"]);
    bob.role = Role::LightAgent {
        queues: BTreeSet::from([read("support")]),
    };
    let mut gone = agent("gone", &["support"]);
    gone.active = false;
    let admin = Person::new(read("kim"), "Kim", read("kim@example.org"), Role::Admin);
    let ada = customer("ada", "ada@example.org");
    for person in [&eve, &bob, &gone, &admin, &ada] {
        roster.save_person(person).await.expect("saved");
    }
    let members = async |queue| roster.members(&read(queue)).await.expect("read");
    assert_eq!(
        members("support").await,
        [bob.clone(), eve.clone()],
        "by id"
    );
    assert_eq!(members("billing").await, [eve]);
    assert_eq!(members("sales").await, []);
    roster
        .save_person(&agent("eve", &["sales"]))
        .await
        .expect("saved");
    assert_eq!(members("support").await, [bob], "she left the queue");
    assert_eq!(members("sales").await.len(), 1);
}

pub(super) async fn a_guest_is_admitted_once<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let known = customer("ada", "ada@example.org");
    roster.save_person(&known).await.expect("saved");
    let mailbox = |address| Mailbox::new(Some("A Guest"), read(address));
    let found = roster.admit(&mailbox("ADA@example.org")).await;
    assert_eq!(found.expect("answered"), Some(known), "somebody known");

    let spellings = ["new@example.org", "New@Example.org"].map(mailbox);
    let admissions = (0..8).map(|turn| roster.admit(&spellings[turn % 2]));
    let guests = join_all(admissions).await.into_iter();
    let guests: Vec<Option<Person>> = guests.map(|own| own.expect("answered")).collect();
    let Some(guest) = guests[0].clone() else {
        assert!(guests.iter().all(Option::is_none), "no guests at all");
        return;
    };
    assert!(
        guests.iter().all(|other| *other == guests[0]),
        "all get one"
    );
    assert_eq!((guest.role.clone(), guest.active), (Role::Customer, true));
    assert_eq!(guest.name, "A Guest");
    assert_eq!(by_address(&*roster, "new@example.org").await, guests[0]);
    let people = roster.people(std::slice::from_ref(&guest.id)).await;
    assert_eq!(people.expect("read"), [guests[0].clone()]);
    let other = roster.admit(&mailbox("other@example.org")).await;
    let other = other.expect("answered").expect("admitted");
    assert_ne!(other.id, guest.id);
}
