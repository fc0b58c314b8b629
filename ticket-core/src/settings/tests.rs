//! Settings that don't hold together are refused, with all problems and their places.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Settings, Wording};
use crate::field::{FieldDefinition, FieldKind};
use crate::notice::NoticeKind;
use crate::query::{Comparison, Condition, Test};
use crate::react::{Action, Rule, Trigger};
use crate::ticket::{EventKind, Side};
use crate::webhook::Webhook;
use crate::workflow::Workflow;

fn key<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a value")
}

/// The places of the problems that a change of the first settings makes.
fn places(change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let mut settings = Settings {
        fields: vec![
            field(
                "size",
                FieldKind::Choice {
                    options: vec!["Small".to_owned()],
                },
            ),
            field("floor", FieldKind::Number),
        ],
        ..Settings::default()
    };
    change(&mut settings);
    let problems = settings.check().err().unwrap_or_default();
    assert!(problems.iter().all(|problem| !problem.detail.is_empty()));
    problems.into_iter().map(|problem| problem.place).collect()
}

fn field(name: &str, kind: FieldKind) -> FieldDefinition {
    FieldDefinition {
        key: key(name),
        name: name.to_owned(),
        kind,
        public: false,
    }
}

fn rule(when: Vec<Test>, then: Vec<Action>) -> Rule {
    let condition = |test| Condition {
        negated: false,
        test,
    };
    Rule {
        key: key("r"),
        on: vec![Trigger::Opened],
        when: when.into_iter().map(condition).collect(),
        then,
    }
}

#[test]
fn the_first_settings_hold_together_and_their_parts_are_found() {
    let checked = Settings::default().check().expect("settings");
    let queue = checked.queue(&key("support")).expect("a queue");
    assert_eq!(checked.queue_at(&queue.address), Some(queue));
    assert_eq!(checked.workflow_of(&queue.key), Some(&Workflow::standard()));
    assert_eq!(checked.queue(&key("gone")), None);
    assert_eq!(checked.workflow_of(&key("gone")), None);
    assert_eq!(checked.field(&key("gone")), None);
}

#[test]
fn all_problems_are_said_at_once() {
    let found = places(|settings| {
        settings.name = String::new();
        settings.queues[0].workflow = key("gone");
        settings.workflows[0].initial = key("solved");
        settings.fields[1].name = "a\nb".to_owned();
        settings.mail.cap_count = 0;
    });
    let expected = [
        "name",
        "mail.cap_count",
        "queues[0].workflow",
        "workflows[0].initial",
        "fields[1].name",
    ];
    assert_eq!(found, expected);
}

#[test]
fn webhooks_hear_of_what_there_is_and_what_they_may_know() {
    let webhook = |text: &str| serde_json::from_str::<Webhook>(text).expect("a webhook");
    let team = webhook(r#"{"key": "crm", "url": "https://a.example", "side": "team"}"#);
    let add = |more: Webhook| {
        let team = team.clone();
        places(move |settings| settings.webhooks = vec![team, more])
    };
    assert_eq!(add(team.clone()), ["webhooks[1].key"]);
    let other = Webhook {
        key: key("other"),
        events: EventKind::ALL.iter().copied().collect(),
        queues: [key("support")].into(),
        ..team.clone()
    };
    assert_eq!(add(other.clone()), [""; 0]);
    let public = Webhook {
        side: Side::Customer,
        events: [EventKind::Replied, EventKind::Noted].into(),
        queues: [key("gone")].into(),
        ..other
    };
    assert_eq!(add(public), ["webhooks[1].queues", "webhooks[1].events"]);
    let many = |settings: &mut Settings| {
        settings.webhooks = (0..51)
            .map(|own| Webhook {
                key: key(&format!("w{own}")),
                ..team.clone()
            })
            .collect();
    };
    assert_eq!(places(many), ["webhooks"]);
    let unknown = r#"{"key": "crm", "url": "https://a.example", "side": "team", "secret": "x"}"#;
    assert!(serde_json::from_str::<Webhook>(unknown).is_err());
}

#[test]
fn a_problem_reads_as_a_sentence() {
    let mut settings = Settings::default();
    settings.queues[0].workflow = key("gone");
    let problems = settings.check().expect_err("no such workflow");
    let sentence = "queues[0].workflow: \"gone\" is not allowed; \
        a workflow of the desk is: standard";
    assert_eq!(problems[0].to_string(), sentence);
}

#[test]
fn queues_are_there_and_distinct() {
    assert_eq!(places(|settings| settings.queues.clear()), ["queues"]);
    let twice = |settings: &mut Settings| settings.queues.push(settings.queues[0].clone());
    assert_eq!(places(twice), ["queues[1].key", "queues[1].address"]);
    let folded = |settings: &mut Settings| {
        let mut queue = settings.queues[0].clone();
        queue.key = key("second");
        queue.address = key("SUPPORT@localhost");
        queue.name = "Second\r\nBcc: x@y.example".to_owned();
        settings.queues.push(queue);
    };
    assert_eq!(places(folded), ["queues[1].address", "queues[1].name"]);
}

#[test]
fn workflows_are_distinct_and_each_status_can_be_reached() {
    let twice = |settings: &mut Settings| settings.workflows.push(Workflow::standard());
    assert_eq!(places(twice), ["workflows[1].key"]);
    let cut_off = |settings: &mut Settings| {
        settings.workflows[0]
            .transitions
            .retain(|step| step.to != key("on_hold"));
    };
    assert_eq!(places(cut_off), ["workflows[0].statuses[3]"]);
}

#[test]
fn fields_are_distinct_and_well_defined() {
    let change = |settings: &mut Settings| {
        settings.fields.push(settings.fields[1].clone());
        let options = vec!["a".to_owned(), "A".to_owned()];
        settings
            .fields
            .push(field("kind", FieldKind::Choice { options }));
    };
    assert_eq!(places(change), ["fields[2].key", "fields[3].options[1]"]);
}

#[test]
fn rules_name_only_what_is_there() {
    let statuses = |name: &str| Test::Status(BTreeSet::from([key(name)]));
    let queues = |name: &str| Test::Queue(BTreeSet::from([key(name)]));
    let term =
        |name: &str, comparison, term: &str| Test::Field(key(name), comparison, term.to_owned());
    let text = |words: &[&str]| Test::Text(words.iter().map(ToString::to_string).collect());
    let thirteen = "09223372036854775821";
    for (test, fits) in [
        (statuses("open"), true),
        (statuses("gone"), false),
        (Test::Status(BTreeSet::new()), false),
        (queues("support"), true),
        (queues("gone"), false),
        (Test::Tag(BTreeSet::new()), false),
        (Test::Category(BTreeSet::new()), false),
        (Test::Assignee(BTreeSet::new()), false),
        (Test::FieldSet(key("size")), true),
        (Test::FieldSet(key("gone")), false),
        (term("size", Comparison::Equal, "small"), true),
        (term("size", Comparison::Equal, "Small"), false),
        (term("size", Comparison::Less, "small"), false),
        (term("floor", Comparison::Less, thirteen), true),
        (term("floor", Comparison::Less, "13"), false),
        (term("gone", Comparison::Equal, "x"), false),
        (text(&["printer", "jam"]), true),
        (text(&["Printer"]), false),
        (text(&["printer jam"]), false),
        (text(&[]), false),
    ] {
        let found = places(|settings| {
            settings.rules = vec![rule(vec![test.clone()], vec![Action::Unassign])];
        });
        let expected = if fits {
            vec![]
        } else {
            vec!["rules[0].when[0]"]
        };
        assert_eq!(found, expected, "{test:?}");
    }
    for (action, fits) in [
        (Action::SetStatus(key("open")), true),
        (Action::SetStatus(key("gone")), false),
        (Action::Move(key("support")), true),
        (Action::Move(key("gone")), false),
        (Action::SetField(key("floor"), "13".to_owned()), true),
        (Action::SetField(key("floor"), "high".to_owned()), false),
        (Action::SetField(key("gone"), "13".to_owned()), false),
        (Action::Note("Look".to_owned()), true),
        (Action::Note(" ".to_owned()), false),
    ] {
        let found = places(|settings| settings.rules = vec![rule(vec![], vec![action.clone()])]);
        let expected = if fits {
            vec![]
        } else {
            vec!["rules[0].then[0]"]
        };
        assert_eq!(found, expected, "{action:?}");
    }
}

#[test]
fn rules_are_distinct_and_do_something_on_something() {
    let change = |settings: &mut Settings| {
        let mut idle = rule(vec![], vec![]);
        idle.on.clear();
        settings.rules = vec![idle, rule(vec![], vec![Action::Unassign; 51])];
    };
    let expected = [
        "rules[0].on",
        "rules[0].then",
        "rules[1].key",
        "rules[1].then",
    ];
    assert_eq!(places(change), expected);
}

#[test]
fn numbers_have_bounds() {
    for (place, change) in [
        (
            "notices.quoted_messages",
            (|s| s.notices.quoted_messages = 21) as fn(&mut Settings),
        ),
        ("mail.cap_count", |s| s.mail.cap_count = 10_001),
        ("mail.cap_seconds", |s| s.mail.cap_seconds = 0),
        ("mail.cap_seconds", |s| s.mail.cap_seconds = u64::MAX),
        ("mail.authserv_id", |s| {
            s.mail.authserv_id = Some(String::new());
        }),
        ("mail.authserv_id", |s| {
            s.mail.authserv_id = Some("a b".to_owned());
        }),
        ("queues", |s| s.queues = vec![s.queues[0].clone(); 1_001]),
    ] {
        assert_eq!(places(change), [place]);
    }
    let largest = |settings: &mut Settings| {
        settings.notices.quoted_messages = 20;
        settings.mail.cap_seconds = 2_592_000;
        settings.mail.authserv_id = Some("mx.example.org".to_owned());
    };
    assert_eq!(places(largest), Vec::<String>::new());
}

#[test]
fn wordings_are_templates_that_can_be_filled() {
    let of = |subject: &str, intro: &str| {
        let wording = Wording {
            subject: subject.to_owned(),
            intro: intro.to_owned(),
            outro: String::new(),
        };
        places(|settings| {
            settings
                .notices
                .wording
                .insert(NoticeKind::OpenedForYou, wording);
        })
    };
    let place = |part: &str| vec![format!("notices.wording.opened_for_you.{part}")];
    assert_eq!(of("Re: {subject}", "Hello"), Vec::<String>::new());
    assert_eq!(of("", ""), place("subject"));
    assert_eq!(of("a\r\nBcc: x@y.example", ""), place("subject"));
    assert_eq!(of("Re: {password}", ""), place("subject"));
    assert_eq!(of("Re: {subject}", "{subject"), place("intro"));
    assert_eq!(of("Re: {subject}", &"x".repeat(10_001)), place("intro"));
}

proptest! {
    /// Whatever parses as settings is checked without a panic.
    #[test]
    fn broken_settings_are_refused_and_never_panic(at in 0_usize..4_000, put in "\\PC{0,3}") {
        let text = serde_json::to_string(&Settings::default()).expect("JSON");
        let mut chars: Vec<char> = text.chars().collect();
        let at = at % chars.len();
        chars.splice(at..=at, put.chars());
        let broken: String = chars.into_iter().collect();
        if let Ok(settings) = serde_json::from_str::<Settings>(&broken)
            && let Err(problems) = settings.check()
        {
            prop_assert!(!problems.is_empty());
        }
    }
}
