//! What live screens are told, and what they are not.

use futures_util::FutureExt;
use ticket_core::command::{Command, Reply};
use ticket_core::decide::public_news;
use ticket_core::desk::{ListNews, LiveList, LiveTicket, Position, TicketNews};
use ticket_core::port::{Happening, Reference, TicketRepository};
use ticket_core::refusal::Refusal;
use ticket_core::value::{TicketId, Version};
use ticket_core::view::CustomerChange;

use crate::world::{World, body, read, refused};

/// What somebody is told of what happened until now.
async fn told(world: &World, list: &mut LiveList, who: &str) -> Vec<ListNews> {
    let mut all = Vec::new();
    while list.wait().now_or_never() == Some(true) {
        let caller = world.as_(who).await;
        all.extend(list.news(&caller).await.expect("news"));
    }
    all
}

async fn told_of(world: &World, live: &mut LiveTicket, who: &str) -> Vec<TicketNews> {
    let caller = world.as_(who).await;
    live.news(&caller).await.expect("news")
}

async fn follow(world: &World, who: &str, ticket: TicketId, after: &str) -> LiveTicket {
    let after = (!after.is_empty()).then(|| read(after));
    let caller = world.as_(who).await;
    caller.watch_ticket(ticket, after).await.expect("a watch")
}

fn positions(news: &[TicketNews]) -> Vec<String> {
    news.iter()
        .map(|news| news.position().to_string())
        .collect()
}

#[tokio::test]
async fn each_hears_of_the_tickets_that_they_see() {
    let world = World::new().await;
    let people = ["grace", "root", "ivan", "ada", "bob", "eve"];
    let mut lists = Vec::new();
    for name in people {
        lists.push(world.as_(name).await.watch().await.expect("watched"));
    }
    let receipt = world.opened("ada").await;
    world.reply("grace", receipt.ticket, "Look inside.").await;
    let number = receipt.number;
    let team = ListNews::Team {
        number,
        version: Version::new(2),
    };
    let customer = ListNews::Customer { number };
    let expected = [
        Some(&team),
        Some(&team),
        None,
        Some(&customer),
        Some(&customer),
        None,
    ];
    for ((name, list), expected) in people.into_iter().zip(&mut lists).zip(expected) {
        let told = told(&world, list, name).await;
        assert_eq!(told.first(), expected, "{name}");
        assert!(told.len() <= 1, "what happens together is told together");
    }
}

#[tokio::test]
async fn customers_hear_nothing_of_what_they_may_not_know() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let mut list = world.as_("ada").await.watch().await.expect("watched");
    let mut live = follow(&world, "ada", ticket, "").await;
    assert_eq!(live.position(), Position::Public(1));
    world.note("grace", ticket, "A liar.").await;
    world.does("grace", ticket, Command::Take).await;
    let tag = Command::Tag(read("vip"));
    world.does("grace", ticket, tag).await;
    // On hold looks to customers as open does; the first step is the one from new.
    let open = Command::SetStatus { to: read("open") };
    world.does("grace", ticket, open).await;
    let before = told(&world, &mut list, "ada").await.len();
    let hold = Command::SetStatus {
        to: read("on_hold"),
    };
    world.does("grace", ticket, hold).await;
    assert_eq!(told(&world, &mut list, "ada").await, []);
    assert_eq!(before, 1, "the step from new to open is seen");
    assert_eq!(positions(&told_of(&world, &mut live, "ada").await), ["p2"]);
    world.note("grace", ticket, "A cheat.").await;
    let reply = world.reply("grace", ticket, "Look inside.").await;
    let news = told_of(&world, &mut live, "ada").await;
    let [TicketNews::Customer { count: 3, news }] = news.as_slice() else {
        panic!("one piece of news, the third: {news:?}");
    };
    let Some(ticket_core::ticket::Posting::Message(message)) = reply.posting else {
        panic!("a message");
    };
    assert_eq!(news.changes[0], CustomerChange::Replied { message });
}

/// The same story with and without notes looks the same to customers, but for times and ids.
#[tokio::test]
async fn notes_leave_no_trace_in_what_customers_are_told() {
    let mut stories = Vec::new();
    for noted in [false, true] {
        let world = World::new().await;
        let ticket = world.opened("ada").await.ticket;
        for text in ["One.", "Two.", "Three."] {
            if noted {
                world.note("grace", ticket, "Hush.").await;
            }
            world.reply("grace", ticket, text).await;
            world.reply("ada", ticket, text).await;
        }
        let mut live = follow(&world, "ada", ticket, "p0").await;
        let news = told_of(&world, &mut live, "ada").await;
        let kinds = |news: &TicketNews| match news {
            TicketNews::Customer { count, news } => {
                let changes = news.changes.iter().map(std::mem::discriminant);
                (*count, changes.collect::<Vec<_>>())
            }
            TicketNews::Team { .. } => panic!("a customer is told what the team is told"),
        };
        stories.push(news.iter().map(kinds).collect::<Vec<_>>());
        let history = world.store.history(ticket, None).await.expect("a history");
        assert_eq!(public_news(&history).len(), news.len());
    }
    assert_eq!(stories[0], stories[1]);
    assert_eq!(stories[0].len(), 7);
}

#[tokio::test]
async fn the_team_goes_on_where_it_was_and_hears_everything_once() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    for text in ["One.", "Two.", "Three."] {
        world.note("grace", ticket, text).await;
    }
    let mut live = follow(&world, "grace", ticket, "v2").await;
    assert!(!live.is_from_anew());
    assert!(live.wait().await, "there is something to tell at once");
    let news = told_of(&world, &mut live, "grace").await;
    assert_eq!(positions(&news), ["v3", "v4"]);
    assert_eq!(live.wait().now_or_never(), None);
    world.reply("grace", ticket, "Look inside.").await;
    assert_eq!(live.wait().now_or_never(), Some(true));
    let news = told_of(&world, &mut live, "grace").await;
    assert_eq!(positions(&news), ["v5"]);
    assert_eq!(told_of(&world, &mut live, "grace").await, []);
}

#[tokio::test]
async fn a_lost_hint_delays_news_and_loses_none() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let mut live = follow(&world, "grace", ticket, "").await;
    let mut other = follow(&world, "grace", ticket, "").await;
    world.reply("grace", ticket, "Look inside.").await;
    // Nobody waited for a hint, as if none had come.
    let news = told_of(&world, &mut live, "grace").await;
    assert_eq!(positions(&news), ["v2"]);
    // A hint of the past, which comes late, tells nothing twice.
    assert_eq!(other.wait().now_or_never(), Some(true));
    assert_eq!(told_of(&world, &mut other, "grace").await.len(), 1);
    assert_eq!(other.wait().now_or_never(), None);
}

#[tokio::test]
async fn a_position_of_no_use_begins_anew() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    for (who, after, begins) in [
        ("grace", "v9", "v1"),
        ("grace", "p1", "v1"),
        ("ada", "v1", "p1"),
        ("ada", "p2", "p1"),
    ] {
        let live = follow(&world, who, ticket, after).await;
        assert!(live.is_from_anew(), "{who} {after}");
        assert_eq!(live.position().to_string(), begins, "{who} {after}");
    }
}

#[tokio::test]
async fn whoever_loses_the_right_hears_nothing_more() {
    let world = World::new().await;
    let receipt = world.opened("ada").await;
    let mut lists = Vec::new();
    let mut lives = Vec::new();
    for name in ["grace", "bob"] {
        lists.push(world.as_(name).await.watch().await.expect("watched"));
        lives.push(follow(&world, name, receipt.ticket, "").await);
    }
    world.reply("ada", receipt.ticket, "Please.").await;
    let billing = Command::Move {
        to: read("billing"),
    };
    world.does("root", receipt.ticket, billing).await;
    // What happened before is not told either: the right that counts is that of now.
    assert_eq!(told(&world, &mut lists[0], "grace").await, []);
    let grace = world.as_("grace").await;
    let refusal = refused(lives[0].news(&grace).await);
    assert_eq!(refusal, Refusal::NotFound { what: "ticket" });
    let mut bob = crate::world::person("bob");
    bob.organization = None;
    ticket_core::port::Roster::save_person(&world.people, &bob)
        .await
        .expect("saved");
    assert_eq!(told(&world, &mut lists[1], "bob").await, []);
    let bob = world.as_("bob").await;
    let refusal = refused(lives[1].news(&bob).await);
    assert_eq!(refusal, Refusal::NotFound { what: "ticket" });
}

#[tokio::test]
async fn whoever_changes_sides_begins_anew() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let mut live = follow(&world, "ada", ticket, "").await;
    let mut ada = crate::world::person("ada");
    ada.role = ticket_core::person::Role::Admin;
    ticket_core::port::Roster::save_person(&world.people, &ada)
        .await
        .expect("saved");
    let ada = world.as_("ada").await;
    let refusal = refused(live.news(&ada).await);
    assert_eq!(refusal, Refusal::NotFound { what: "ticket" });
}

#[tokio::test]
async fn nobody_watches_what_they_do_not_see() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    for name in ["eve", "ivan", "olga"] {
        let caller = world.as_(name).await;
        let watched = caller.watch_ticket(ticket, None).await;
        let refusal = refused(watched);
        assert_eq!(refusal, Refusal::NotFound { what: "ticket" }, "{name}");
    }
}

#[tokio::test]
async fn of_a_flood_only_is_told_that_there_was_one() {
    let world = World::new().await;
    let mut list = world.as_("grace").await.watch().await.expect("watched");
    let mut number = None;
    for n in 0..250 {
        let open = crate::world::open(&format!("Flood {n}"), "Water.");
        number = Some(world.open("ada", open).await.expect("opened").number);
    }
    assert_eq!(told(&world, &mut list, "grace").await, [ListNews::Missed]);
    let number = Reference::Number(number.expect("a number"));
    let reply = Reply::from(body("Look inside."));
    let grace = world.as_("grace").await;
    grace.reply(number, reply).await.expect("replied");
    let told = told(&world, &mut list, "grace").await;
    assert!(
        matches!(told.as_slice(), [ListNews::Team { .. }]),
        "{told:?}"
    );
}

#[tokio::test]
async fn of_what_the_bus_lost_a_list_is_read_again_and_a_ticket_catches_up() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let mut list = world.as_("grace").await.watch().await.expect("watched");
    let mut live = follow(&world, "grace", ticket, "").await;
    // More than the bus keeps, so that the hints of the last ones are lost.
    for n in 0..300 {
        world.note("grace", ticket, &format!("Note {n}.")).await;
    }
    assert_eq!(told(&world, &mut list, "grace").await[0], ListNews::Missed);
    assert_eq!(live.wait().now_or_never(), Some(true));
    let news = told_of(&world, &mut live, "grace").await;
    let versions: Vec<String> = (2..=301).map(|version| format!("v{version}")).collect();
    assert_eq!(positions(&news), versions);
}

#[tokio::test]
async fn mail_that_arrives_wakes_no_screen() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let mut list = world.as_("grace").await.watch().await.expect("watched");
    let mut live = follow(&world, "grace", ticket, "").await;
    let mut bus = world.desk.subscribe().await;
    let mail = crate::world::Mail::from("ada@x.example", "Hello.");
    world.spool(&mail).await;
    assert_eq!(bus.next().await, Some(Happening::MailAccepted));
    assert_eq!(list.wait().now_or_never(), None);
    assert_eq!(live.wait().now_or_never(), None);
}
