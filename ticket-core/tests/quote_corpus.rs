//! Separating quotes in mail that other projects collected, against what they expect.
//!
//! Runs when `TICKET_MAIL_CORPUS` names a folder with `expected.jsonl` and the messages; only
//! the bare texts are read here, whole messages are the MIME adapter's.
#![expect(
    clippy::expect_used,
    reason = "a test; it says what was skipped and how many hold"
)]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use ticket_core::mail::{PartKind, Separated, separate};

/// Where we differ, and why.
const DISAGREEMENTS: [(&str, &str); 7] = [
    (
        "email_reply_parser/email_1_1.txt",
        "`-Name` above a footer may as well be the item of a list: shown",
    ),
    (
        "email_reply_parser/email_1_3.txt",
        "`-Name` above a quote may as well be the item of a list: shown",
    ),
    (
        "talon/inline/reply_after_quotations.txt",
        "a quote with an answer below it is shown",
    ),
    (
        "talon/inline/reply_wraps_quotations.txt",
        "a quote with an answer below it is shown",
    ),
    (
        "talon/signature/jeff.txt",
        "a name is not taken for a signature without a delimiter",
    ),
    (
        "talon/signature/johndoeexamplecom.txt",
        "a name is not taken for a signature without a delimiter",
    ),
    (
        "talon/signature/long.txt",
        "a name is not taken for a signature without a delimiter",
    ),
];

/// Fewest texts that have to be there: a corpus that lost its files proves nothing.
const FLOOR: usize = 30;

#[test]
fn the_texts_of_other_projects_are_separated_as_they_expect() {
    let Some(folder) = std::env::var_os("TICKET_MAIL_CORPUS") else {
        eprintln!("SKIPPED: TICKET_MAIL_CORPUS does not name a folder with mail");
        return;
    };
    let folder = Path::new(&folder);
    let list = std::fs::read_to_string(folder.join("expected.jsonl")).expect("expected.jsonl");
    let mut wrong = BTreeMap::new();
    let mut checked = 0;
    for line in list.lines() {
        let expected: Value = serde_json::from_str(line).expect("JSON");
        if expected["format"] != "body-plain" {
            continue;
        }
        let path = expected["path"].as_str().expect("a path");
        let bytes = std::fs::read(folder.join(path)).expect("a message");
        let text = String::from_utf8_lossy(&bytes);
        checked += 1;
        let problems = problems(&expected, &text);
        if !problems.is_empty() {
            let name = path.trim_start_matches("messages/").to_owned();
            wrong.insert(name, problems);
        }
    }
    eprintln!("{} of {checked} texts hold", checked - wrong.len());
    for (name, problems) in &wrong {
        let reason = DISAGREEMENTS.iter().find(|(known, _)| known == name);
        eprintln!(
            "{name}: {:?}\n    {}",
            reason.map(|(_, why)| why),
            problems.join("\n    ")
        );
    }
    assert!(checked >= FLOOR, "only {checked} texts were found");
    let wrong: Vec<&str> = wrong.keys().map(String::as_str).collect();
    let known: Vec<&str> = DISAGREEMENTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(wrong, known);
}

fn problems(expected: &Value, text: &str) -> Vec<String> {
    let separated = separate(text);
    let whole: String = separated.parts().iter().map(|part| part.text).collect();
    let mut problems = Vec::new();
    let mut compare = |what: &str, found: &str, expected: &str| {
        if plain(found) != plain(expected) {
            problems.push(format!("{what}: {found:?} instead of {expected:?}"));
        }
    };
    compare("whole", &whole, text);
    if let Some(reply) = expected["reply_text"].as_str() {
        // talon keeps the signature in the reply; email_reply_parser does not.
        if expected["source"] == "talon" {
            compare("reply", &unquoted(&separated), reply);
        } else {
            compare("reply", &separated.shown(), reply);
        }
    }
    if let Some(signature) = expected["signature"].as_str() {
        compare("signature", &separated.signature(), signature);
    }
    if let Some(rest) = expected["text_without_signature"].as_str() {
        compare("text", &separated.shown(), rest);
    }
    fragments(&expected["fragments"], text, &separated, &mut problems);
    problems
}

/// Each of their fragments whose beginning is stated is shown or not as they expect.
fn fragments(expected: &Value, text: &str, separated: &Separated<'_>, problems: &mut Vec<String>) {
    let hidden = expected["hidden"].as_array();
    let starts = expected["starts"].as_object().into_iter().flatten();
    let mut from = 0;
    for (index, start) in starts {
        let start = start.as_str().expect("a text");
        let Some(at) = text[from..].find(start).map(|at| from + at) else {
            problems.push(format!("{start:?} is not in the text"));
            continue;
        };
        from = at + start.len();
        let index: usize = index.parse().expect("a number");
        let hide = match hidden {
            Some(hidden) => hidden[index].as_bool().expect("yes or no"),
            // Where they state no more, the first is the reply and the second the quote.
            None => index > 0,
        };
        if shown_at(separated, at) == hide {
            problems.push(format!("{start:?} should be hidden: {hide}"));
        }
    }
    if expected["count"] == 1 && separated.parts().len() != 1 {
        problems.push(format!("{} parts instead of 1", separated.parts().len()));
    }
}

fn shown_at(separated: &Separated<'_>, at: usize) -> bool {
    let mut end = 0;
    let mut parts = separated.parts().iter();
    let part = parts.find(|part| {
        end += part.text.len();
        at < end
    });
    part.expect("a part").shown
}

fn unquoted(separated: &Separated<'_>) -> String {
    let parts = separated.parts().iter();
    parts
        .filter(|part| part.shown || part.kind == PartKind::Signature)
        .map(|part| part.text)
        .collect()
}

/// Line by line without white space at the ends, for their line ends and padding differ.
fn plain(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}
