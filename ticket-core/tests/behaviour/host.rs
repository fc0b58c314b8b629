//! The host's own things and actions on a ticket, and tokens.

use std::sync::Arc;

use async_trait::async_trait;
use ticket_core::authority::Actor;
use ticket_core::command::Command;
use ticket_core::desk::Request;
use ticket_core::memory::MemoryStore;
use ticket_core::port::{ActionOffer, HostActions, SubjectCard, SubjectResolver};
use ticket_core::ticket::{Event, HostSubject, Ticket};
use ticket_core::value::{ActionKey, TicketId};

use crate::world::{World, days, id, read, refused, settings};

/// A shop: shows orders to everybody, cases to the team, and refunds orders.
struct Shop;

#[async_trait]
impl SubjectResolver for Shop {
    async fn card(&self, subject: &HostSubject, viewer: &Actor) -> Option<SubjectCard> {
        let staff = viewer
            .as_person()
            .is_none_or(|person| person.role.is_staff());
        let shown = subject.id() != "gone" && (staff || subject.kind().as_str() == "order");
        shown.then(|| SubjectCard {
            title: format!("{} {}", subject.kind(), subject.id()),
            url: None,
        })
    }
}

#[async_trait]
impl HostActions for Shop {
    async fn offers(&self, _actor: &Actor, ticket: &Ticket) -> Vec<ActionOffer> {
        let offer = |key: &str| ActionOffer {
            key: read(key),
            label: key.to_owned(),
        };
        if ticket.about.is_empty() {
            Vec::new()
        } else {
            vec![offer("refund"), offer("broken")]
        }
    }

    async fn run(&self, action: &ActionKey, _: &Actor, _: &Ticket) -> Result<String, String> {
        match action.as_str() {
            "refund" => Ok("refunded\n42 €".to_owned()),
            _ => Err("the till is empty".to_owned()),
        }
    }
}

fn thing(kind: &str, id: &str) -> HostSubject {
    HostSubject::new(read(kind), id).expect("a subject")
}

async fn shop() -> (World, TicketId) {
    let store = MemoryStore::new();
    let world = World::over(store.clone(), Arc::new(store), settings(), |builder| {
        builder.subjects(Arc::new(Shop)).actions(Arc::new(Shop))
    })
    .await;
    let ticket = world.opened("ada").await.ticket;
    for subject in [
        thing("order", "7"),
        thing("order", "gone"),
        thing("case", "1"),
    ] {
        world
            .does("grace", ticket, Command::AddAbout(subject))
            .await;
    }
    (world, ticket)
}

#[tokio::test]
async fn things_are_shown_to_the_team_also_when_missing_and_to_customers_as_the_host_says() {
    let (world, ticket) = shop().await;
    let titles = |cards: Vec<(HostSubject, Option<SubjectCard>)>| {
        let words = cards
            .into_iter()
            .map(|(_, card)| card.map_or("missing".into(), |card| card.title));
        words.collect::<Vec<String>>()
    };
    let team = world.as_("grace").await.about(ticket).await.expect("seen");
    assert_eq!(titles(team), ["case 1", "order 7", "missing"]);
    let ada = world.as_("ada").await.about(ticket).await.expect("seen");
    assert_eq!(titles(ada), ["order 7"]);
    assert_eq!(
        refused(world.as_("eve").await.about(ticket).await).code(),
        "not_found"
    );
}

#[tokio::test]
async fn an_action_that_is_offered_is_taken_and_kept_in_history() {
    let (world, ticket) = shop().await;
    let grace = world.as_("grace").await;
    let offers = grace.actions(ticket).await.expect("offers");
    assert_eq!(offers.len(), 2);
    grace
        .take_action(ticket, &read("refund"))
        .await
        .expect("taken");
    let history = grace.history(ticket).await.expect("a history");
    let last = history.last().expect("an event");
    match &last.event {
        Event::ActionTaken { action, outcome } => {
            assert_eq!(
                (action.as_str(), outcome.as_str()),
                ("refund", "refunded 42 €")
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(last.actor, grace.actor().reference());
    world.verify().await;
}

#[tokio::test]
async fn an_action_is_refused_to_whom_it_is_not_offered_or_by_the_host() {
    let (world, ticket) = shop().await;
    let rows = [
        ("ada", "refund", "denied"),
        ("lilo", "refund", "denied"),
        ("eve", "refund", "not_found"),
        ("grace", "other", "not_found"),
        ("grace", "broken", "invalid"),
    ];
    for (name, action, code) in rows {
        let answer = world
            .as_(name)
            .await
            .take_action(ticket, &read(action))
            .await;
        assert_eq!(refused(answer).code(), code, "{name} {action}");
    }
    for name in ["ada", "lilo"] {
        assert!(
            world
                .as_(name)
                .await
                .actions(ticket)
                .await
                .expect("seen")
                .is_empty()
        );
    }
    let plain = world.opened("ada").await.ticket;
    assert!(
        world
            .as_("grace")
            .await
            .actions(plain)
            .await
            .expect("seen")
            .is_empty()
    );
}

#[tokio::test]
async fn nobody_writes_into_history_what_the_host_did_not_do() {
    let (world, ticket) = shop().await;
    let action = read("refund");
    let record = Command::RecordAction {
        action,
        outcome: "done".to_owned(),
    };
    for name in ["grace", "root"] {
        let request = Request::new(ticket, record.clone());
        let answer = world.as_(name).await.perform(request).await;
        assert_eq!(refused(answer).code(), "denied", "{name}");
    }
}
