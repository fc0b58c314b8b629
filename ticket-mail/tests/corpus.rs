//! A corpus of other projects' messages, with what those projects' own tests say about them.
//!
//! Runs when `TICKET_MAIL_CORPUS` names a folder with `expected.jsonl` and the messages; without
//! it, says that it was skipped. Each line of `expected.jsonl` is an object with a `path` and
//! the expectations for that message.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may fail loudly and print what it found"
)]

mod corpus {
    pub(crate) mod disagreements;
    pub(crate) mod expectations;
}

use std::collections::BTreeMap;
use std::path::Path;

use corpus::disagreements::{self, Disagreement};
use corpus::expectations::{Message, check};
use serde_json::Value;

#[derive(Default)]
struct Tally {
    messages: usize,
    messages_held: usize,
    checks: usize,
    held: usize,
}

#[test]
fn the_corpus_reads_as_its_authors_say() {
    let Ok(folder) = std::env::var("TICKET_MAIL_CORPUS") else {
        println!("SKIPPED: TICKET_MAIL_CORPUS names no folder with a mail corpus");
        return;
    };
    let folder = Path::new(&folder);
    let lines = std::fs::read_to_string(folder.join("expected.jsonl")).expect("expected.jsonl");
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut surprises = Vec::new();
    let mut known = disagreements::all();
    for line in lines.lines() {
        let expected: Value = serde_json::from_str(line).expect("a JSON object");
        let path = text(&expected, "path").to_owned();
        let raw = std::fs::read(folder.join(&path)).expect("a message");
        let message = Message::new(&raw, text(&expected, "format"));
        let tally = tallies
            .entry(text(&expected, "source").to_owned())
            .or_default();
        tally.messages += 1;
        let mut all_hold = true;
        for (field, wanted) in expected.as_object().expect("an object") {
            let Some(found) = check(&message, field, wanted) else {
                continue;
            };
            tally.checks += 1;
            match found {
                Ok(()) => tally.held += 1,
                Err(found) => {
                    all_hold = false;
                    if !take(&mut known, &path, field) {
                        surprises.push(format!("{path}: {field}: wanted {wanted}, found {found}"));
                    }
                }
            }
        }
        tally.messages_held += usize::from(all_hold);
    }
    print(&tallies);
    for surprise in &surprises {
        println!("{surprise}");
    }
    for Disagreement { path, field, .. } in &known {
        println!("{path}: {field}: a disagreement was expected, yet it holds");
    }
    assert!(surprises.is_empty() && known.is_empty(), "see above");
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().expect("a text")
}

fn take(known: &mut Vec<Disagreement>, path: &str, field: &str) -> bool {
    let before = known.len();
    known.retain(|one| !(path.ends_with(one.path) && one.field == field));
    known.len() < before
}

fn print(tallies: &BTreeMap<String, Tally>) {
    println!(
        "{:20} {:>9} {:>6} {:>7} {:>6}",
        "source", "messages", "hold", "checks", "hold"
    );
    let mut all = Tally::default();
    for (source, tally) in tallies {
        line(source, tally);
        all.messages += tally.messages;
        all.messages_held += tally.messages_held;
        all.checks += tally.checks;
        all.held += tally.held;
    }
    line("all", &all);
}

fn line(source: &str, tally: &Tally) {
    let Tally {
        messages,
        messages_held,
        checks,
        held,
    } = tally;
    println!("{source:20} {messages:>9} {messages_held:>6} {checks:>7} {held:>6}");
}
