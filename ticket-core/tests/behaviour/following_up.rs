//! What a customer's reply does, by the category of the ticket, and follow-up tickets.

use std::time::Duration;

use ticket_core::command::{Command, Reply};
use ticket_core::decide::{Route, route};
use ticket_core::person::Person;
use ticket_core::plan::IdempotencyKey;
use ticket_core::port::{Roster, SpoolState};
use ticket_core::settings::Settings;
use ticket_core::ticket::{Digest, LinkKind};
use ticket_core::workflow::{Category, OnReply};

use crate::world::{
    Mail, Pure, World, act, body, id, open, open_by, person, read, refused, settings,
};

fn says(text: &str) -> Command {
    Command::Reply(Reply::from(body(text)))
}

fn goes(to: &str) -> (&'static str, Command) {
    ("root", Command::SetStatus { to: read(to) })
}

fn follow_up_after(seconds: u64) -> Settings {
    let mut settings = settings();
    let reaction = OnReply::FollowUp {
        after_seconds: seconds,
        reopen_to: read("open"),
    };
    let replies = &mut settings.workflows[0].on_customer_reply;
    replies.insert(Category::Solved, reaction.clone());
    replies.insert(Category::Closed, reaction);
    settings
}

#[test]
fn a_reply_of_either_side_leads_where_the_workflow_says() {
    let rows = [
        ("new", "new", "open"),
        ("open", "open", "open"),
        ("pending", "open", "pending"),
        ("on_hold", "open", "on_hold"),
        ("solved", "open", "solved"),
    ];
    for (before, customer, team) in rows {
        let pure = Pure::new();
        let ticket = if before == "new" {
            open_by("ada")
        } else {
            act(&pure, open_by("ada"), &[goes(before)])
        };
        let replied = pure.after("ada", &ticket, says("And?"));
        assert_eq!(replied.status, read(customer), "customer on {before}");
        let answered = pure.after("grace", &ticket, says("So."));
        assert_eq!(answered.status, read(team), "team on {before}");
    }
}

#[test]
fn a_machine_reopens_nothing() {
    let pure = Pure::new();
    let ticket = act(&pure, open_by("ada"), &[goes("solved")]);
    let mut reply = Reply::from(body("I am on holiday."));
    reply.automatic = true;
    assert_eq!(
        pure.after("ada", &ticket, Command::Reply(reply)).status,
        ticket.status
    );
}

#[test]
fn a_customers_reply_wakes_and_the_teams_does_not() {
    let pure = Pure::new();
    let snooze = Command::Snooze {
        until: read("2026-04-01T00:00:00Z"),
    };
    let ticket = act(&pure, open_by("ada"), &[goes("pending"), ("root", snooze)]);
    assert!(
        pure.after("grace", &ticket, says("Wait."))
            .snoozed_until
            .is_some()
    );
    assert!(
        pure.after("ada", &ticket, says("Now!"))
            .snoozed_until
            .is_none()
    );
}

#[test]
fn a_follow_up_is_due_when_the_time_has_passed() {
    let mut pure = Pure::with(follow_up_after(60));
    let ticket = act(&pure, open_by("ada"), &[goes("solved")]);
    let ask = |pure: &Pure, by: &str, automatic: bool| {
        let reply = Reply {
            automatic,
            ..Reply::from(body("Again"))
        };
        let actor = crate::world::actor(by);
        matches!(
            route(&ticket, &reply, &pure.context(&actor)),
            Route::FollowUp(_)
        )
    };
    let start = pure.now;
    pure.now = start.plus(Duration::from_secs(59));
    assert!(!ask(&pure, "ada", false));
    assert_eq!(
        pure.after("ada", &ticket, says("Again")).status,
        read("open")
    );
    pure.now = start.plus(Duration::from_secs(60));
    assert!(ask(&pure, "ada", false));
    assert!(!ask(&pure, "ada", true), "a machine opens nothing");
    assert!(!ask(&pure, "grace", false), "the team goes on here");
    assert!(!ask(&pure, "eve", false), "a stranger follows nothing up");
}

#[tokio::test]
async fn a_follow_up_is_linked_and_keeps_the_people() {
    let world = World::new().await;
    let first = world.opened("ada").await.ticket;
    for cc in ["cal", "mute", "bob"] {
        world.does("grace", first, Command::AddCc(id(cc))).await;
    }
    world
        .does("grace", first, Command::Tag(read("secret")))
        .await;
    world
        .does("root", first, Command::SetStatus { to: read("closed") })
        .await;
    let left = Person {
        active: false,
        ..person("mute")
    };
    world.people.save_person(&left).await.expect("saved");
    let second = world.reply("cal", first, "It is stuck again.").await.ticket;
    assert_ne!(second, first);
    let ticket = world.ticket(second).await;
    assert_eq!(ticket.requester, id("cal"));
    assert_eq!(ticket.cc, ["ada", "bob"].map(id).into());
    assert!(ticket.tags.is_empty());
    let links: Vec<_> = ticket
        .links
        .iter()
        .map(|link| (link.kind, link.to))
        .collect();
    assert_eq!(links, [(LinkKind::FollowUpOf, first)]);
    assert_eq!(world.ticket(first).await.category, Category::Closed);
    world.verify().await;
}

#[tokio::test]
async fn a_closed_ticket_takes_no_public_word_of_the_team_nor_a_reply_beside_other_commands() {
    let world = World::new().await;
    let closed = world.opened("ada").await.ticket;
    world
        .does("root", closed, Command::SetStatus { to: read("closed") })
        .await;
    let answer = world.asks("grace", closed, says("One more thing")).await;
    assert_eq!(refused(answer).code(), "closed");
    let twice = ticket_core::desk::Request::new(closed, says("One")).and(says("Two"));
    let outcome = world.as_("ada").await.perform(twice).await;
    assert_eq!(refused(outcome).code(), "closed");
    world.note("grace", closed, "A note is fine.").await;
    world
        .does("grace", closed, Command::SetStatus { to: read("open") })
        .await;
    world.does("grace", closed, says("One more thing")).await;
}

#[tokio::test]
async fn an_agent_who_asks_follows_up_too() {
    let world = World::new().await;
    for by in ["grace", "lilo", "root"] {
        let first = world.opened(by).await.ticket;
        world
            .does(
                "hank",
                first,
                Command::SetStatus {
                    to: read("pending"),
                },
            )
            .await;
        world.reply(by, first, "Here you are.").await;
        assert_eq!(world.ticket(first).await.status, read("open"), "{by} asks");
        world
            .does("hank", first, Command::SetStatus { to: read("closed") })
            .await;
        let second = world.reply(by, first, "Again.").await;
        assert_ne!(second.ticket, first, "{by}");
    }
}

#[tokio::test]
async fn an_agent_in_cc_answers_for_the_team_and_a_light_one_asks() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    world
        .does("hank", ticket, Command::AddCc(id("grace")))
        .await;
    world.does("hank", ticket, Command::AddCc(id("lilo"))).await;
    world
        .does(
            "hank",
            ticket,
            Command::SetStatus {
                to: read("pending"),
            },
        )
        .await;
    world.reply("grace", ticket, "An answer.").await;
    assert_eq!(world.ticket(ticket).await.status, read("pending"));
    world.reply("lilo", ticket, "A question.").await;
    assert_eq!(world.ticket(ticket).await.status, read("open"));
}

#[tokio::test]
async fn one_mail_makes_one_follow_up_however_often_it_comes() {
    let world = World::new().await;
    let first = world.opened("ada").await;
    world
        .does(
            "root",
            first.ticket,
            Command::SetStatus { to: read("closed") },
        )
        .await;
    let letter = world.post().await.remove(0);
    let mail = Mail::from("ada@x.example", "Again!")
        .with("To", letter.reply_to.address.as_written())
        .with("Message-ID", "again@x.example");
    let mut tickets = Vec::new();
    for _ in 0..3 {
        match world.receive(&mail).await {
            SpoolState::Done { ticket, .. } => tickets.push(ticket),
            other => panic!("{other:?}"),
        }
    }
    tickets.dedup();
    assert_eq!(tickets.len(), 1);
    assert_ne!(tickets[0], first.ticket);
    assert_eq!(world.ticket(tickets[0]).await.message_count, 1);
}

#[tokio::test]
async fn a_key_gives_the_same_follow_up_again() {
    let world = World::new().await;
    let first = world.opened("ada").await.ticket;
    world
        .does("root", first, Command::SetStatus { to: read("closed") })
        .await;
    let key = IdempotencyKey {
        scope: "ada".to_owned(),
        key: "1".to_owned(),
        fingerprint: Digest::of(b"again"),
    };
    let request = || ticket_core::desk::Request::new(first, says("Again")).once(key.clone());
    let ada = world.as_("ada").await;
    let one = ada.perform(request()).await.expect("opened");
    let two = ada.perform(request()).await.expect("the same");
    assert_eq!((one.ticket, one.posting), (two.ticket, two.posting));
    assert!(two.replayed && !one.replayed);
    assert!(world.open("ada", open("Other", "Other")).await.is_ok());
}
