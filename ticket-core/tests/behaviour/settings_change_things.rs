//! No façade: whatever can be set changes what happens.

use std::collections::BTreeSet;

use serde_json::Value;
use ticket_core::notice::NoticeKind;
use ticket_core::react::{Rule, Trigger};
use ticket_core::settings::{GuestPolicy, Settings, SubjectNumber, Wording};

use crate::settings_of_workflows as workflow;
use crate::stories::{Story, caps, fields, guests, letters, mails, moves, rules, steps, views};
use crate::world::{World, read, settings};

/// Settings in which every part is there.
fn full() -> Settings {
    let mut settings = settings();
    let rule = r#"[{"key": "hurry", "on": ["opened"],
        "when": [{"negated": false, "test": {"test": "text", "value": ["urgent"]}}],
        "then": [{"do": "set_priority", "with": "high"}]}]"#;
    let size = r#"{"key": "size", "name": "Size", "type": "choice", "options": ["S", "M"]}"#;
    settings.rules = serde_json::from_str::<Vec<Rule>>(rule).expect("a rule");
    settings
        .fields
        .push(serde_json::from_str(size).expect("a field"));
    settings.workflows[0].statuses[5].public_name = Some("Over".to_owned());
    settings.notices.silent = vec![NoticeKind::Noted];
    settings
        .notices
        .wording
        .insert(NoticeKind::NewTicket, wording("{subject}"));
    settings.mail.authserv_id = Some("mx.desk.example".to_owned());
    settings
}

fn wording(subject: &str) -> Wording {
    Wording {
        subject: subject.to_owned(),
        intro: "Look:".to_owned(),
        outro: "Thanks.".to_owned(),
    }
}

/// A setting, a change of it, a story, and a word that the change brings (`+`) or takes away (`-`).
pub(crate) type Row = (&'static str, fn(&mut Settings), Story, &'static str);

fn general() -> Vec<Row> {
    vec![
        ("name", |s| s.name = "Renamed".into(), letters, "+Renamed"),
        (
            "queues[].key",
            |s| s.queues[1].key = read("money"),
            moves,
            "+open to billing: invalid",
        ),
        (
            "queues[].name",
            |s| s.queues[0].name = "Helpers".into(),
            letters,
            "+from Helpers",
        ),
        (
            "queues[].address",
            |s| s.queues[0].address = read("us@d.example"),
            letters,
            "+<us@d.example>",
        ),
        (
            "queues[].workflow",
            |s| s.queues[0].workflow = read("repair"),
            steps,
            "+grace bench: ok",
        ),
        (
            "fields[].key",
            |s| s.fields[2].key = read("chairs"),
            fields,
            "+seats: invalid",
        ),
        (
            "fields[].type",
            |s| s.fields[2].kind = s.fields[0].kind.clone(),
            fields,
            "+seats: invalid",
        ),
        (
            "fields[].options",
            |s| {
                let size = r#"{"key": "size", "name": "Size", "type": "choice", "options": ["S"]}"#;
                s.fields[4] = serde_json::from_str(size).expect("a field");
            },
            fields,
            "+size: invalid",
        ),
        (
            "fields[].public",
            |s| s.fields[1].public = false,
            views,
            "-[order]",
        ),
        (
            "rules[].key",
            |s| s.rules[0].key = read("rush"),
            rules,
            "+rush",
        ),
        (
            "rules[].on",
            |s| s.rules[0].on = vec![Trigger::Moved],
            rules,
            "+Normal",
        ),
        (
            "rules[].when",
            |s| s.rules[0].when[0].negated = true,
            rules,
            "+Normal",
        ),
        (
            "rules[].then",
            |s| s.rules[0].then = vec![ticket_core::react::Action::Tag(read("rush"))],
            rules,
            "+rush",
        ),
        (
            "notices.silent",
            |s| s.notices.silent = vec![NoticeKind::Received],
            letters,
            "-Received",
        ),
        (
            "notices.wording",
            |s| s.notices.wording = [(NoticeKind::Received, wording("Got {subject}"))].into(),
            letters,
            "+Got Printer jam",
        ),
        (
            "notices.quoted_messages",
            |s| s.notices.quoted_messages = 0,
            letters,
            "-> Answer 1.",
        ),
        (
            "mail.authserv_id",
            |s| s.mail.authserv_id = None,
            mails,
            "-authenticated",
        ),
        (
            "mail.subject_number",
            |s| s.mail.subject_number = SubjectNumber::Participant,
            mails,
            "+signed false: joins",
        ),
        (
            "mail.subject_number",
            |s| s.mail.subject_number = SubjectNumber::Never,
            mails,
            "+signed true: opens",
        ),
        (
            "mail.cap_count",
            |s| s.mail.cap_count = 2,
            caps,
            "+receipts: 2",
        ),
        (
            "mail.cap_seconds",
            |s| s.mail.cap_seconds = 60,
            caps,
            "+receipts: 12",
        ),
        (
            "guests",
            |s| s.guests = GuestPolicy::Freely,
            guests,
            "+by web: ok, by mail: true",
        ),
        (
            "guests",
            |s| s.guests = GuestPolicy::Nobody,
            guests,
            "+by mail: false",
        ),
    ]
}

#[tokio::test]
async fn every_setting_changes_what_happens() {
    for (path, change, story, expected) in general().into_iter().chain(workflow::rows()) {
        let before = story(World::with(full()).await).await.join("\n");
        let mut settings = full();
        change(&mut settings);
        let after = story(World::with(settings).await).await.join("\n");
        let (there, word) = expected.split_at(1);
        let found = (before.contains(word), after.contains(word));
        assert_eq!(
            found,
            (there == "-", there == "+"),
            "{path}, {word}:\n{before}\n---\n{after}"
        );
    }
}

#[test]
fn a_workflow_is_known_by_its_key() {
    let mut settings = full();
    settings.workflows[0].key = read("usual");
    let problems = settings.check().expect_err("queues name it");
    assert!(
        problems.iter().any(|one| one.place == "queues[0].workflow"),
        "{problems:?}"
    );
}

/// What programs show beside what the desk does: the name of a field over its value.
const SHOWN_ELSEWHERE: [&str; 1] = ["fields[].name"];

#[test]
fn no_setting_is_missing_above() {
    let rows = general()
        .into_iter()
        .chain(workflow::rows())
        .map(|row| row.0);
    let tested: BTreeSet<&str> = rows
        .chain(SHOWN_ELSEWHERE)
        .chain(["workflows[].key"])
        .collect();
    let mut there = BTreeSet::new();
    paths(&serde_json::to_value(full()).expect("json"), "", &mut there);
    let covers = |tested: &str, path: &str| {
        path == tested
            || path.starts_with(&format!("{tested}."))
            || path.starts_with(&format!("{tested}["))
    };
    for path in &there {
        assert!(
            tested.iter().any(|one| covers(one, path)),
            "no test changes {path}"
        );
    }
    for one in tested {
        assert!(
            there.iter().any(|path| covers(one, path)),
            "there is no setting {one}"
        );
    }
}

/// The paths of all values; items of lists are `[]`, entries of free maps `*`.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let free = path.ends_with("on_customer_reply");
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                let key = if free { "*" } else { key.as_str() };
                let dot = if path.is_empty() { "" } else { "." };
                paths(value, &format!("{path}{dot}{key}"), found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                paths(item, &format!("{path}[]"), found);
            }
        }
        // The same part is filled elsewhere: `full` says so.
        Value::Object(_) | Value::Array(_) => {}
        _ => drop(found.insert(path.to_owned())),
    }
}
