//! A short fuzz of what administrators and people type: settings and search lines never panic,
//! and what is refused is refused with a place. `fuzz/` runs the same for as long as you like.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::sample::{Index, select};
use ticket_core::query::{parse, parse_for_customer};
use ticket_core::settings::Settings;

const WORDS: [&str; 24] = [
    "status:",
    "-",
    "\"",
    "assignee:me",
    "queue:support",
    "updated>",
    "2026-01-01",
    "field.",
    ",",
    ":",
    ">=",
    "#12",
    "sort:-created",
    "is:snoozed",
    "has:",
    "tag:",
    "a@b.c",
    "\\",
    "(",
    "\u{202e}",
    "東京",
    " ",
    "\0",
    "priority<high",
];

/// What a damaged settings file may hold anywhere.
const VALUES: [&str; 10] = [
    "null",
    "0",
    "-1",
    "1e400",
    "\"\"",
    "[]",
    "{}",
    "\"{\"",
    "true",
    "\"support\"",
];

#[test]
fn a_search_line_is_understood_or_refused_with_a_place_inside_it() {
    let settings = Settings::default()
        .check()
        .expect("the defaults hold together");
    let words = vec(select(WORDS.to_vec()), 0..40);
    proptest::proptest!(ProptestConfig::with_cases(3_000), |(words in words)| {
        let line = words.concat();
        for parsed in [parse(&line, &settings), parse_for_customer(&line)] {
            if let Err(error) = parsed {
                proptest::prop_assert!(error.at.start <= error.at.end);
                proptest::prop_assert!(error.at.end <= line.chars().count());
            }
        }
    });
}

#[test]
fn a_damaged_settings_file_is_accepted_or_refused_with_places() {
    let sound = serde_json::to_string(&Settings::default()).expect("settings are JSON");
    let damages = vec((any::<Index>(), select(VALUES.to_vec())), 1..4);
    let refused = std::cell::Cell::new(0_u32);
    proptest::proptest!(ProptestConfig::with_cases(3_000), |(damages in damages)| {
        let mut value: serde_json::Value = serde_json::from_str(&sound).expect("JSON");
        for (place, with) in damages {
            let Ok(with) = serde_json::from_str(with) else { continue };
            let mut leaves = Vec::new();
            collect(&mut value, &mut leaves);
            let at = place.index(leaves.len());
            *leaves.swap_remove(at) = with;
        }
        if let Ok(settings) = serde_json::from_value::<Settings>(value)
            && let Err(problems) = settings.check()
        {
            refused.set(refused.get() + 1);
            proptest::prop_assert!(problems.iter().all(|problem| !problem.place.is_empty()));
        }
    });
    assert!(
        refused.get() > 0,
        "some damage gets past the form and is found by the check"
    );
}

/// Every value below this one that holds no other.
fn collect<'a>(value: &'a mut serde_json::Value, leaves: &mut Vec<&'a mut serde_json::Value>) {
    let is_leaf = match &*value {
        serde_json::Value::Array(items) => items.is_empty(),
        serde_json::Value::Object(fields) => fields.is_empty(),
        _ => true,
    };
    if is_leaf {
        leaves.push(value);
        return;
    }
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| collect(item, leaves)),
        serde_json::Value::Object(fields) => {
            fields.values_mut().for_each(|field| collect(field, leaves));
        }
        _ => {}
    }
}
