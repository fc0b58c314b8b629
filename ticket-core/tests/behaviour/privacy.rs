//! What customers never learn: notes, hidden fields, tags, who works on it, and that it is so.

use std::time::Duration;

use ticket_core::command::{Command, Note};
use ticket_core::desk::{Caller, DeskError, Listing, Request, ShownTicket};
use ticket_core::field::FieldValue;
use ticket_core::notice::Letter;
use ticket_core::query::{PageRequest, Query, SortKey, Test};
use ticket_core::settings::Settings;
use ticket_core::ticket::{HostSubject, Posting};
use ticket_core::value::{TicketId, Version};

use crate::world::{World, body, id, open, read, refused, settings};

/// Stands in everything that customers must not see.
const CANARY: &str = "canary";

/// Queues, a status and a field whose names tell secrets too.
fn secretive() -> Settings {
    let mut settings = settings();
    for status in &mut settings.workflows[0].statuses {
        if status.key == read("on_hold") {
            status.name = format!("Waits for {CANARY}");
        }
    }
    settings.fields[0].key = read("canary-field");
    settings.workflows[1].transitions[1].requires.clear();
    settings
}

/// A ticket of Ada's, with Cal in Cc and secrets wherever the team can put one.
async fn kept() -> (World, TicketId) {
    let world = World::with(secretive()).await;
    let ticket = world.opened("ada").await.ticket;
    world.reply("grace", ticket, "We look into it.").await;
    let mut note = Note::from(body(&format!("The {CANARY} did it.")));
    note.mentions = ["ada", "cal", "bob", "hank"].map(id).into();
    let secret = || FieldValue::Text(format!("a {CANARY}"));
    let about = HostSubject::new(read("canary-case"), "7").expect("a subject");
    let commands = [
        Command::AddCc(id("cal")),
        Command::Note(note),
        Command::Tag(read(CANARY)),
        Command::Assign { to: id("root") },
        Command::SetField {
            field: read("canary-field"),
            value: Some(secret()),
        },
        Command::AddAbout(about),
        Command::SetStatus {
            to: read("on_hold"),
        },
    ];
    for command in commands {
        world.clock.advance(Duration::from_secs(60));
        world.does("grace", ticket, command).await;
    }
    (world, ticket)
}

fn clean(what: &str, text: &str) {
    let text = text.to_lowercase();
    for secret in [CANARY, "root", "on_hold", "on hold"] {
        assert!(!text.contains(secret), "{what} tells of {secret}: {text}");
    }
}

/// Everything that somebody can ask about the ticket.
async fn walk(caller: &Caller, ticket: TicketId) -> Vec<String> {
    let page = PageRequest::first(10);
    let mut seen = vec![
        format!("{:?}", caller.show(ticket).await),
        format!("{:?}", caller.show_as_customer(ticket).await),
        format!("{:?}", caller.history(ticket).await),
        format!("{:?}", caller.notices(ticket).await),
        format!("{:?}", caller.about(ticket).await),
        format!(
            "{:?}",
            caller.actions(ticket).await.map(|offers| offers.len())
        ),
        format!("{:?}", caller.find(&Query::all(), &page).await),
        format!("{:?}", caller.find_as_customer(&Query::all(), &page).await),
    ];
    let lines = [
        "status:nonsense",
        "status:on_hold",
        "field:x",
        "queue:x",
        "cause:x",
        "tag:x",
        "printer",
        "has:x",
        "assignee:me",
        "sort:due",
        "nonsense:1",
        "priority:high",
        "requester:zoe@z.example",
    ];
    for line in lines {
        let found = format!("{:?}", caller.search(line, &page).await);
        // The fixed categories are no secret; that a ticket is in one may be.
        seen.push(found.replace("pending, on_hold, solved", ""));
    }
    let commands = [
        Command::SetStatus { to: read("new") },
        Command::SetStatus {
            to: read("nowhere"),
        },
        Command::SetField {
            field: read("nothing"),
            value: Some(FieldValue::Number(1)),
        },
        Command::Move {
            to: read("nowhere"),
        },
        Command::Take,
        Command::Tag(read("x")),
        Command::Note(body("x").into()),
        Command::Redact(Posting::Note(read("00000000-0000-7000-8000-000000000001"))),
    ];
    for command in commands {
        let request = Request::new(ticket, command);
        let preview = caller.preview(&request).await;
        seen.push(format!("{:?}", preview.map(|_| "a plan")));
        seen.push(error(caller.perform(request).await.map(|_| ())));
    }
    let mut wrong = open("Jam", "Stuck.");
    wrong.fields.insert(read("nothing"), FieldValue::Number(1));
    seen.push(error(caller.open(wrong).await.map(|_| ())));
    seen
}

fn error(outcome: Result<(), DeskError>) -> String {
    let error = outcome.expect_err("customers may do none of this");
    format!("{error} {error:?}")
}

#[tokio::test]
async fn customers_find_no_secret_wherever_they_look() {
    let (world, ticket) = kept().await;
    for name in ["ada", "cal", "bob", "eve"] {
        for (at, seen) in walk(&world.as_(name).await, ticket)
            .await
            .iter()
            .enumerate()
        {
            clean(&format!("{name}'s answer {at}"), seen);
        }
    }
    let shown = world.as_("grace").await.show(ticket).await;
    assert!(
        format!("{shown:?}").contains(CANARY),
        "the secrets are there"
    );
}

#[tokio::test]
async fn no_letter_to_a_customer_holds_a_secret() {
    let (world, ticket) = kept().await;
    world.reply("root", ticket, "Please try again.").await;
    world
        .does("grace", ticket, Command::SetStatus { to: read("solved") })
        .await;
    let (customers, team): (Vec<Letter>, Vec<Letter>) =
        world.post().await.into_iter().partition(|letter| {
            let names = ["ada", "cal", "bob", "eve", "mute"];
            names.iter().any(|name| letter.to.address.local() == *name)
        });
    assert!(customers.len() >= 5, "{}", customers.len());
    for mut letter in customers {
        // Whoever answers signs with their name; that is no secret.
        letter.text = letter.text.replace("Root wrote:", "");
        letter.html = letter.html.replace("Root wrote:", "");
        clean("a letter", &format!("{letter:?}"));
    }
    assert!(team.iter().any(|letter| letter.text.contains(CANARY)));
}

/// What Ada sees of a ticket, byte for byte.
async fn seen_by_ada(world: &World, ticket: TicketId) -> String {
    let ada = world.as_("ada").await;
    let ShownTicket::Customer(view) = ada.show(ticket).await.expect("hers") else {
        panic!("Ada is a customer");
    };
    let page = PageRequest::first(10);
    let sorted = Query::all().sorted(SortKey::Updated, true);
    let Listing::Customer(list) = ada.find(&sorted, &page).await.expect("found") else {
        panic!("Ada is a customer");
    };
    let view = serde_json::to_string(&view).expect("json");
    view + &serde_json::to_string(&list).expect("json")
}

#[tokio::test]
async fn what_the_team_does_among_itself_changes_no_byte_for_a_customer() {
    let views = [true, false].map(|secret| async move {
        let world = World::with(secretive()).await;
        let ticket = world.opened("ada").await.ticket;
        world
            .does("grace", ticket, Command::SetStatus { to: read("open") })
            .await;
        world.clock.advance(Duration::from_secs(60));
        if secret {
            let commands = [
                Command::Note(body("Between us.").into()),
                Command::Take,
                Command::Tag(read("vip")),
                Command::SetPriority {
                    to: ticket_core::ticket::Priority::Urgent,
                },
                Command::SetStatus {
                    to: read("on_hold"),
                },
                Command::SetDue {
                    to: Some(read("2026-05-01T00:00:00Z")),
                },
                Command::Snooze {
                    until: read("2026-05-01T00:00:00Z"),
                },
            ];
            for command in commands {
                world.does("grace", ticket, command).await;
            }
        }
        seen_by_ada(&world, ticket).await
    });
    let [with, without] = views;
    let (with, without) = (with.await, without.await);
    // Only identities that are drawn at random may differ; here they are counted.
    assert_eq!(with, without);
}

#[tokio::test]
async fn neither_words_nor_counts_tell_of_a_note() {
    let (world, ticket) = kept().await;
    let ada = world.as_("ada").await;
    let page = PageRequest::first(10);
    let Listing::Customer(found) = ada.search(CANARY, &page).await.expect("searched") else {
        panic!("Ada is a customer");
    };
    assert!(found.rows.is_empty());
    let words = Query::all().and(Test::Text(vec![CANARY.to_owned()]));
    assert_eq!(ada.count(&words, 10).await.expect("counted"), 0);
    let noted = world.ticket(ticket).await.updated_at;
    let since = Test::Updated(ticket_core::query::Comparison::GreaterOrEqual, noted);
    assert_eq!(
        ada.count(&Query::all().and(since), 10)
            .await
            .expect("counted"),
        0
    );
    let grace = world.as_("grace").await;
    assert_eq!(grace.count(&words, 10).await.expect("counted"), 1);
    let unranked = Query::all().sorted(SortKey::Relevance, true);
    assert_eq!(refused(ada.find(&unranked, &page).await).code(), "invalid");
    for sort in [SortKey::Priority, SortKey::Due] {
        let sorted = Query::all().sorted(sort, true);
        assert_eq!(refused(ada.find(&sorted, &page).await).code(), "invalid");
    }
}

#[tokio::test]
async fn nobody_learns_of_a_ticket_that_they_may_not_see() {
    let (world, ticket) = kept().await;
    let nowhere = TicketId::new(uuid::Uuid::from_u128(3));
    let empty = |on| Request {
        commands: Vec::new(),
        ..Request::new(on, Command::Wake)
    };
    for name in ["eve", "ivan", "olga"] {
        let caller = world.as_(name).await;
        let pairs = [ticket, nowhere].map(|on| {
            let caller = caller.clone();
            async move {
                let requests = [
                    Request::new(on, Command::Wake),
                    Request::new(on, Command::Wake).seen(Version::FIRST),
                    Request::new(
                        on,
                        Command::RecordAction {
                            action: read("x"),
                            outcome: "".into(),
                        },
                    ),
                    Request::new(on, Command::Reply(body("x").into())),
                    empty(on),
                    empty(on).seen(Version::FIRST),
                ];
                let mut answers = vec![
                    format!("{:?}", caller.show(on).await),
                    format!("{:?}", caller.history(on).await),
                    format!("{:?}", caller.about(on).await),
                ];
                for request in requests {
                    answers.push(format!("{:?}", caller.perform(request).await));
                }
                answers
            }
        });
        let [there, nowhere] = pairs;
        let (there, nowhere) = (there.await, nowhere.await);
        assert_eq!(there, nowhere, "{name}");
        assert!(
            there.iter().all(|answer| answer.contains("Err(")),
            "{there:?}"
        );
    }
}

#[tokio::test]
async fn a_customer_cannot_ask_for_versions_for_they_count_notes() {
    let (world, ticket) = kept().await;
    let ada = world.as_("ada").await;
    for version in [Version::FIRST, world.ticket(ticket).await.version] {
        let reply = Command::Reply(body("Hi").into());
        let request = Request::new(ticket, reply).seen(version);
        assert_eq!(refused(ada.perform(request).await).code(), "denied");
    }
}

#[tokio::test]
async fn a_message_that_was_redacted_is_in_no_letter_that_is_composed_later() {
    let world = World::new().await;
    let ticket = world
        .open("ada", open("Jam", "My PIN is canary."))
        .await
        .expect("opened")
        .ticket;
    world.reply("grace", ticket, "The canary is safe.").await;
    let shown = world.store_thread(ticket).await;
    for message in shown.messages {
        let redact = Command::Redact(Posting::Message(message.id));
        world.does("root", ticket, redact).await;
    }
    world.reply("grace", ticket, "All is well.").await;
    let letters = world.post().await;
    assert!(letters.len() >= 4);
    for letter in letters {
        clean("a letter", &format!("{} {}", letter.text, letter.html));
        let quotes = letter.text.contains(" UTC, ");
        assert!(!quotes, "nothing is left to quote: {}", letter.text);
    }
    let ada = world.as_("ada").await.show(ticket).await;
    clean("the thread", &format!("{:?}", ada.expect("hers")));
}
