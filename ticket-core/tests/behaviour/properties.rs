//! What holds for every sequence of commands.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use ticket_core::command::{Command, Note, Reply};
use ticket_core::decide::apply;
use ticket_core::field::FieldValue;
use ticket_core::plan::Plan;
use ticket_core::react::Rule;
use ticket_core::settings::Settings;
use ticket_core::ticket::{
    Event, EventRecord, HostSubject, Link, LinkKind, Posting, Priority, Ticket,
};
use ticket_core::value::{NoticeId, TicketId};
use uuid::Uuid;

use crate::world::{Pure, body, id, open, read, settings};

const WHO: [&str; 11] = [
    "ada", "cal", "bob", "eve", "grace", "hank", "olga", "lilo", "root", "rule", "system",
];

fn who() -> impl Strategy<Value = &'static str> {
    select(WHO.to_vec())
}

fn reply(automatic: bool) -> Command {
    Command::Reply(Reply {
        automatic,
        ..Reply::from(body("Well."))
    })
}

fn note(mentions: Vec<&'static str>) -> Command {
    let mut note = Note::from(body("Hm."));
    note.mentions = mentions.into_iter().map(id).collect();
    Command::Note(note)
}

fn bounce(person: &str) -> Command {
    Command::RecordBounce {
        notice: NoticeId::new(Uuid::from_u128(9)),
        person: id(person),
        note: Note::from(body("It came back.")),
    }
}

fn link(kind: LinkKind, to: u128) -> Link {
    Link {
        kind,
        to: TicketId::new(Uuid::from_u128(to)),
    }
}

fn messages() -> impl Strategy<Value = Command> {
    prop_oneof![
        any::<bool>().prop_map(reply),
        proptest::collection::vec(who(), 0..3).prop_map(note),
        who().prop_map(bounce),
        (0..9_u128).prop_map(|at| Command::Redact(Posting::Message(
            ticket_core::value::MessageId::new(Uuid::from_u128(at))
        ))),
    ]
}

fn people() -> impl Strategy<Value = Command> {
    prop_oneof![
        who().prop_map(|name| Command::Assign { to: id(name) }),
        Just(Command::Unassign),
        Just(Command::Take),
        who().prop_map(|name| Command::SetRequester { to: id(name) }),
        who().prop_map(|name| Command::AddFollower(id(name))),
        who().prop_map(|name| Command::RemoveFollower(id(name))),
        who().prop_map(|name| Command::AddCc(id(name))),
        who().prop_map(|name| Command::RemoveCc(id(name))),
    ]
}

fn steps() -> impl Strategy<Value = Command> {
    let statuses = vec![
        "new", "open", "pending", "on_hold", "solved", "closed", "bench", "done",
    ];
    let queues = vec!["support", "billing", "repair", "nowhere"];
    let until = |days: i64| {
        let day = 24 * 60 * 60 * 1_000_000;
        ticket_core::value::Timestamp::from_micros(crate::world::start().micros() + days * day)
    };
    prop_oneof![
        select(statuses).prop_map(|to| Command::SetStatus { to: read(to) }),
        select(queues).prop_map(|to| Command::Move { to: read(to) }),
        (-1..9_i64).prop_map(move |days| Command::Snooze { until: until(days) }),
        Just(Command::Wake),
        Just(Command::Tick),
    ]
}

fn properties() -> impl Strategy<Value = Command> {
    let tags = || select(vec!["a", "b", "c"]);
    let thing = |id: u8| HostSubject::new(read("order"), &id.to_string()).expect("a subject");
    prop_oneof![
        select(Priority::ALL.to_vec()).prop_map(|to| Command::SetPriority { to }),
        tags().prop_map(|tag| Command::Retitle { to: read(tag) }),
        tags().prop_map(|tag| Command::Tag(read(tag))),
        tags().prop_map(|tag| Command::Untag(read(tag))),
        proptest::option::of(0..3_i64).prop_map(|number| Command::SetField {
            field: read("seats"),
            value: number.map(FieldValue::Number),
        }),
        tags().prop_map(|text| Command::SetField {
            field: read("cause"),
            value: Some(FieldValue::Text(text.to_owned())),
        }),
        proptest::option::of(Just(crate::world::start())).prop_map(|to| Command::SetDue { to }),
        (0..3_u8).prop_map(move |id| Command::AddAbout(thing(id))),
        (0..3_u8).prop_map(move |id| Command::RemoveAbout(thing(id))),
        (76..79_u128).prop_map(|to| Command::Link(link(LinkKind::DependsOn, to))),
        (76..79_u128).prop_map(|to| Command::Unlink(link(LinkKind::DependsOn, to))),
        Just(Command::RecordAction {
            action: read("refund"),
            outcome: "done".into(),
        }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![2 => messages(), 2 => people(), 3 => steps(), 3 => properties()]
}

/// Requests of one to three commands, each by somebody, after so many hours.
fn requests() -> impl Strategy<Value = Vec<(&'static str, Vec<Command>, u64)>> {
    let commands = proptest::collection::vec(command(), 1..4);
    proptest::collection::vec((who(), commands, 0..72_u64), 1..25)
}

/// Settings whose rules react to much, and undo each other.
fn restless() -> Settings {
    let rules = r#"[
        {"key": "up", "on": ["changed"], "then": [{"do": "set_priority", "with": "urgent"}]},
        {"key": "down", "on": ["changed", "opened"], "then": [{"do": "set_priority", "with": "low"}]},
        {"key": "give", "on": ["customer_replied", "moved"], "then": [
            {"do": "assign", "with": "hank"}, {"do": "note", "with": "Given."}, {"do": "add_follower", "with": "lilo"}]},
        {"key": "move", "on": ["status_changed"], "when": [
            {"negated": false, "test": {"test": "tag", "value": ["a"]}}],
         "then": [{"do": "move", "with": "repair"}, {"do": "untag", "with": "a"}]}
    ]"#;
    let rules: Vec<Rule> = serde_json::from_str(rules).expect("rules");
    Settings {
        rules,
        ..settings()
    }
}

fn pure() -> Pure {
    let mut pure = Pure::with(restless());
    let mut other = crate::world::open_by("eve");
    for to in [76, 77] {
        other.id = TicketId::new(Uuid::from_u128(to));
        pure.facts.tickets.insert(other.id, other.clone());
    }
    for at in 0..9 {
        let id = ticket_core::value::MessageId::new(Uuid::from_u128(at));
        pure.facts.postings.insert(Posting::Message(id), at > 5);
    }
    pure
}

/// What every plan is, whatever it came from.
fn check(before: Option<&Ticket>, plan: &Plan) -> Result<(), TestCaseError> {
    prop_assert!(!plan.events.is_empty());
    prop_assert_eq!(plan.expected, before.map(|before| before.version));
    let expected = before.map_or(ticket_core::value::Version::FIRST, |before| {
        before.version.next()
    });
    prop_assert_eq!(plan.ticket.version, expected);
    for (at, record) in plan.events.iter().enumerate() {
        prop_assert_eq!((record.version, usize::from(record.index)), (expected, at));
        prop_assert_eq!(record.ticket, plan.ticket.id);
    }
    let replayed = plan.events.iter().fold(before.cloned(), apply);
    prop_assert_eq!(replayed.as_ref(), Some(&plan.ticket));
    check_postings(plan)?;
    check_notices(plan)
}

fn check_postings(plan: &Plan) -> Result<(), TestCaseError> {
    let (mut messages, mut notes, mut redactions) = (Vec::new(), Vec::new(), 0);
    for record in &plan.events {
        match &record.event {
            Event::Opened(opening) => messages.push(opening.message),
            Event::Replied { message, .. } => messages.push(*message),
            Event::Noted { note } | Event::DeliveryFailed { note, .. } => notes.push(*note),
            Event::Redacted { .. } => redactions += 1,
            _ => {}
        }
    }
    let written: Vec<_> = plan.messages.iter().map(|message| message.id).collect();
    prop_assert_eq!(messages, written);
    let written: Vec<_> = plan.notes.iter().map(|note| note.id).collect();
    prop_assert_eq!(notes, written);
    prop_assert_eq!(plan.redactions.len(), redactions);
    Ok(())
}

fn check_notices(plan: &Plan) -> Result<(), TestCaseError> {
    let mut people = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for notice in &plan.notices {
        prop_assert!(
            people.insert(notice.person.clone()),
            "one notice for one person"
        );
        prop_assert!(ids.insert(notice.id.uuid()));
        let is_customer = matches!(notice.content, ticket_core::notice::Content::Customer(_));
        prop_assert_eq!(is_customer, !notice.kind.is_for_team());
        if is_customer {
            prop_assert!(plan.ticket.has_participant(&notice.person));
        }
    }
    let messages = plan.messages.iter().map(|message| message.id.uuid());
    for id in messages.chain(plan.notes.iter().map(|note| note.id.uuid())) {
        prop_assert!(ids.insert(id), "identities of a plan are its own");
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_history_replays_to_its_ticket(by in who(), requests in requests()) {
        let mut pure = pure();
        let mut opening = open("Printer jam", "It is stuck.");
        if by == "system" || by == "rule" {
            opening.requester = Some(id("ada"));
        }
        let plan = pure.open(by, &opening).expect("everybody may open");
        check(None, &plan)?;
        let mut history: Vec<EventRecord> = plan.events;
        let mut ticket = plan.ticket;
        for (by, commands, hours) in requests {
            pure.seed += 1 << 64;
            pure.now = pure.now.plus(std::time::Duration::from_secs(hours * 3_600));
            let first = pure.plan(by, &ticket, &commands);
            let second = pure.plan(by, &ticket, &commands);
            prop_assert_eq!(&first, &second, "equal inputs give equal plans");
            if let Ok(Some(plan)) = first {
                check(Some(&ticket), &plan)?;
                history.extend(plan.events);
                ticket = plan.ticket;
            }
        }
        let replayed = history.iter().fold(None, apply);
        prop_assert_eq!(replayed.as_ref(), Some(&ticket));
        let json = serde_json::to_string(&history).expect("json");
        let stored: Vec<EventRecord> = serde_json::from_str(&json).expect("read back");
        prop_assert_eq!(stored.iter().fold(None, apply), Some(ticket));
    }
}
