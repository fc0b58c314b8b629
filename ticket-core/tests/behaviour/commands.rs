//! Each command: who may give it, what happens, when nothing happens, and what is refused.

use ticket_core::authority::Denial;
use ticket_core::command::{Command, Note, Reply};
use ticket_core::field::FieldValue;
use ticket_core::refusal::Refusal;
use ticket_core::ticket::{HostSubject, Link, LinkKind, Posting, Priority, Ticket};
use ticket_core::value::{MessageId, NoteId, NoticeId, TicketId};
use uuid::Uuid;

use crate::world::{Pure, body, id, open_by, read, start};

/// Who asks for what in the table below, in this order.
const ACTORS: [&str; 12] = [
    "ada", "cal", "bob", "eve", "grace", "hank", "ivan", "olga", "lilo", "root", "rule", "system",
];

/// What may be changed by whom: nothing by customers and light agents.
const CHANGE: &str = "T T T ? . . ? ? L . . .";

fn other_ticket() -> Ticket {
    let mut other = open_by("eve");
    other.id = TicketId::new(Uuid::from_u128(77));
    other
}

/// Ada asks, Cal is in Cc, Hank is responsible.
fn ticket() -> Ticket {
    let mut ticket = open_by("ada");
    ticket.cc.insert(id("cal"));
    ticket.assignee = Some(id("hank"));
    ticket.followers.insert(id("hank"));
    ticket.tags.insert(read("printer"));
    ticket.about.insert(subject("1"));
    ticket.links.insert(relates(78));
    ticket
}

fn subject(id: &str) -> HostSubject {
    HostSubject::new(read("order"), id).expect("a subject")
}

fn relates(to: u128) -> Link {
    Link {
        kind: LinkKind::Relates,
        to: TicketId::new(Uuid::from_u128(to)),
    }
}

fn known(seed: u128) -> Posting {
    Posting::Message(MessageId::new(Uuid::from_u128(seed)))
}

pub(crate) fn pure() -> Pure {
    let mut pure = Pure::new();
    let other = other_ticket();
    pure.facts.tickets.insert(other.id, other);
    pure.facts.postings.insert(known(5), false);
    pure.facts.postings.insert(known(6), true);
    pure
}

fn bounce() -> Command {
    Command::RecordBounce {
        notice: NoticeId::new(Uuid::from_u128(9)),
        person: id("ada"),
        note: Note::from(body("It came back.")),
    }
}

fn status(to: &str) -> Command {
    Command::SetStatus { to: read(to) }
}

fn field(key: &str, value: Option<FieldValue>) -> Command {
    let field = read(key);
    Command::SetField { field, value }
}

/// A command, who may give it, and the events that come of it.
fn table() -> Vec<(Command, &'static str, &'static [&'static str])> {
    let seats = || Some(FieldValue::Number(3));
    let take = "T T T ? . - ? ? L . n n";
    let desk = "D D D ? D D ? ? D D . .";
    vec![
        (
            Command::Reply(Reply::from(body("Hello."))),
            ". . P ? . . ? ? L . n n",
            &["replied", "status_changed"],
        ),
        (
            Command::Note(Note::from(body("Hm."))),
            "T T T ? . . ? ? . . . .",
            &["noted"],
        ),
        (Command::Assign { to: id("grace") }, CHANGE, &["assigned"]),
        (Command::Unassign, CHANGE, &["unassigned"]),
        (Command::Take, take, &["assigned"]),
        (status("pending"), CHANGE, &["status_changed"]),
        (
            status("solved"),
            ". R R ? . . ? ? L . . .",
            &["status_changed"],
        ),
        (
            Command::SetPriority { to: Priority::High },
            CHANGE,
            &["priority_changed"],
        ),
        (
            Command::Move {
                to: read("billing"),
            },
            CHANGE,
            &["moved", "unassigned"],
        ),
        (Command::Retitle { to: read("Jam") }, CHANGE, &["retitled"]),
        (
            Command::SetRequester { to: id("cal") },
            CHANGE,
            &["requester_changed", "cc_removed"],
        ),
        (Command::Tag(read("urgent")), CHANGE, &["tagged"]),
        (Command::Untag(read("printer")), CHANGE, &["untagged"]),
        (field("seats", seats()), CHANGE, &["field_changed"]),
        (
            Command::AddFollower(id("root")),
            "T T T ? . . ? ? L . . .",
            &["follower_added"],
        ),
        (
            Command::AddFollower(id("lilo")),
            "T T T ? . . ? ? . . . .",
            &["follower_added"],
        ),
        (
            Command::RemoveFollower(id("hank")),
            CHANGE,
            &["follower_removed"],
        ),
        (Command::AddCc(id("eve")), CHANGE, &["cc_added"]),
        (
            Command::RemoveCc(id("cal")),
            "T . T ? . . ? ? L . . .",
            &["cc_removed"],
        ),
        (
            Command::Snooze {
                until: read("2026-03-09T09:00:00Z"),
            },
            CHANGE,
            &["snoozed"],
        ),
        (
            Command::SetDue { to: Some(start()) },
            CHANGE,
            &["due_changed"],
        ),
        (
            Command::Redact(known(5)),
            "A A A ? A A ? ? A . . .",
            &["redacted"],
        ),
        (
            Command::Link(relates(77)),
            CHANGE_UNLESS_UNSEEN,
            &["linked"],
        ),
        (Command::Unlink(relates(78)), CHANGE, &["unlinked"]),
        (Command::AddAbout(subject("2")), CHANGE, &["about_added"]),
        (
            Command::RemoveAbout(subject("1")),
            CHANGE,
            &["about_removed"],
        ),
        (
            Command::RecordAction {
                action: read("refund"),
                outcome: "done".into(),
            },
            CHANGE,
            &["action_taken"],
        ),
        (bounce(), desk, &["delivery_failed"]),
    ]
}

/// Both ends of a link have to be seen, and whoever works on `support` sees both here.
const CHANGE_UNLESS_UNSEEN: &str = CHANGE;

/// The answer in one letter.
pub(crate) fn letter(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound { what: "ticket" } => "?",
        Refusal::NotFound { what: "person" } => "n",
        Refusal::Denied(denial) => match denial {
            Denial::TeamOnly => "T",
            Denial::ParticipantsOnly => "P",
            Denial::RequesterOnly => "R",
            Denial::AssigneeOnly => "S",
            Denial::AdminsOnly => "A",
            Denial::LightAgent => "L",
            Denial::DeskOnly => "D",
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn kind(event: &ticket_core::ticket::Event) -> String {
    let value = serde_json::to_value(event).expect("json");
    value["event"].as_str().expect("a kind").to_owned()
}

#[test]
fn who_may_give_each_command() {
    for (command, expected, _) in table() {
        let (pure, ticket) = (pure(), ticket());
        let answer = |name: &&str| {
            let outcome = pure.plan(name, &ticket, std::slice::from_ref(&command));
            match outcome {
                Ok(Some(_)) => ".",
                Ok(None) => "-",
                Err(refusal) => letter(&refusal),
            }
        };
        let answers: Vec<&str> = ACTORS.iter().map(answer).collect();
        assert_eq!(answers.join(" "), expected, "{command:?}");
    }
}

#[test]
fn each_command_comes_to_its_events() {
    for (command, _, expected) in table() {
        let by = if matches!(command, Command::RecordBounce { .. }) {
            "system"
        } else {
            "root"
        };
        let plan = pure().plan(by, &ticket(), std::slice::from_ref(&command));
        let plan = plan.expect("allowed").expect("a change");
        let kinds: Vec<String> = plan.events.iter().map(|one| kind(&one.event)).collect();
        assert_eq!(kinds, expected, "{command:?}");
        assert_eq!(plan.expected, Some(ticket().version));
        assert_eq!(plan.ticket.version, ticket().version.next());
        let erased = usize::from(matches!(command, Command::Redact(_)));
        assert_eq!(plan.redacted().count(), erased);
    }
}

#[test]
fn what_is_so_already_is_no_event() {
    let mut ticket = ticket();
    ticket.due = Some(start());
    ticket.snoozed_until = Some(read("2026-03-09T09:00:00Z"));
    ticket.fields.insert(read("seats"), FieldValue::Number(3));
    let already = [
        Command::Assign { to: id("hank") },
        status("new"),
        Command::SetPriority {
            to: Priority::Normal,
        },
        Command::Move {
            to: read("support"),
        },
        Command::Retitle {
            to: read("Printer jam"),
        },
        Command::SetRequester { to: id("ada") },
        Command::Tag(read("printer")),
        Command::Untag(read("other")),
        field("seats", Some(FieldValue::Number(3))),
        field("cause", None),
        Command::AddFollower(id("hank")),
        Command::RemoveFollower(id("grace")),
        Command::AddCc(id("cal")),
        Command::AddCc(id("ada")),
        Command::RemoveCc(id("eve")),
        Command::Snooze {
            until: read("2026-03-09T09:00:00Z"),
        },
        Command::SetDue { to: Some(start()) },
        Command::Redact(known(6)),
        Command::Link(relates(78)),
        Command::Unlink(relates(77)),
        Command::AddAbout(subject("1")),
        Command::RemoveAbout(subject("2")),
    ];
    for command in already {
        let outcome = pure().plan("root", &ticket, std::slice::from_ref(&command));
        assert_eq!(outcome, Ok(None), "{command:?}");
    }
    ticket.assignee = None;
    ticket.snoozed_until = None;
    for command in [Command::Unassign, Command::Wake] {
        assert_eq!(pure().plan("root", &ticket, &[command]), Ok(None));
    }
    assert_eq!(pure().plan("system", &ticket, &[Command::Tick]), Ok(None));
}

#[test]
fn what_makes_no_sense_is_refused_with_its_code() {
    let unknown = NoteId::new(Uuid::from_u128(1));
    let cases = [
        (Command::Assign { to: id("gone") }, "invalid"),
        (Command::Assign { to: id("nobody") }, "invalid"),
        (Command::Assign { to: id("eve") }, "not_in_queue"),
        (Command::Assign { to: id("ivan") }, "not_in_queue"),
        (Command::Assign { to: id("lilo") }, "not_in_queue"),
        (Command::AddFollower(id("eve")), "not_in_queue"),
        (Command::AddFollower(id("gone")), "invalid"),
        (Command::AddCc(id("gone")), "invalid"),
        (Command::SetRequester { to: id("gone") }, "invalid"),
        (status("nowhere"), "invalid"),
        (
            Command::Move {
                to: read("nowhere"),
            },
            "invalid",
        ),
        (field("nothing", None), "none"),
        (field("nothing", Some(FieldValue::Number(1))), "invalid"),
        (
            field("seats", Some(FieldValue::Text("3".into()))),
            "invalid",
        ),
        (field("cause", Some(FieldValue::Number(3))), "invalid"),
        (
            field("expert", Some(FieldValue::Person(id("gone")))),
            "invalid",
        ),
        (field("expert", Some(FieldValue::Person(id("eve")))), "none"),
        (Command::Snooze { until: start() }, "invalid"),
        (Command::Redact(Posting::Note(unknown)), "not_found"),
        (Command::Link(relates(12345)), "not_found"),
    ];
    for (command, code) in cases {
        let outcome = pure().plan("root", &ticket(), std::slice::from_ref(&command));
        let found = outcome.err().map_or("none", |refusal| refusal.code());
        assert_eq!(found, code, "{command:?}");
    }
}

#[test]
fn a_request_happens_as_a_whole_or_not_at_all() {
    let commands = [Command::Tag(read("urgent")), status("nowhere")];
    assert!(pure().plan("root", &ticket(), &commands).is_err());
    let commands = [
        Command::Tag(read("urgent")),
        Command::Untag(read("printer")),
    ];
    let plan = pure().plan("root", &ticket(), &commands);
    let plan = plan.expect("allowed").expect("a change");
    assert_eq!(plan.events.len(), 2);
    assert_eq!(plan.ticket.version, ticket().version.next());
}
