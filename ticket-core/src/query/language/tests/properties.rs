use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::samples::{desk, key, query};
use crate::query::{
    Comparison, Condition, Query, Sort, SortKey, Test, normalize, parse_for_customer,
};
use crate::settings::CheckedSettings;
use crate::ticket::{HostSubject, Priority};
use crate::value::{OrganizationId, PersonId, Tag, TicketNumber, Timestamp};
use crate::workflow::Category;

/// Pieces of which lines are thrown together.
const PIECES: &[&str] = &[
    "status",
    "queue",
    "assignee",
    "created",
    "updated",
    "due",
    "field.",
    "size",
    "floor",
    "cost",
    "has",
    "is",
    "about",
    "sort",
    "tag",
    "priority",
    "support",
    "open",
    "me",
    "none",
    "high",
    ":",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    ":>",
    ",",
    ",,",
    "-",
    "--",
    "\"",
    "\\",
    "\\\"",
    "#",
    "#12",
    "/",
    " ",
    "  ",
    "\t",
    "\u{0}",
    "\u{202e}",
    "\u{200f}",
    "\u{301}",
    "שלום",
    "東京",
    "🎫",
    "ß",
    "İ",
    "ﷺ",
    "2026-01-31",
    "2026-01-31T12:00:00Z",
    "9999-12-31",
    "0000-01-01",
    "+2026-1-31",
    "1e999",
    "-5",
    "ada@example.org",
    "@",
    "id:",
    "\u{201c}",
    "\u{201d}",
    "x",
    "\u{1f468}\u{200d}\u{1f469}",
];

fn garbage() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn holds_its_promises(line: &str, desk: &CheckedSettings) {
    let length = line.chars().count();
    let me: PersonId = key("42");
    let bound = crate::query::parse(line, desk)
        .and_then(|parsed| parsed.bind(Some(&me), &super::samples::people()));
    match bound {
        Err(wrong) => {
            assert!(
                wrong.at.start <= wrong.at.end && wrong.at.end <= length,
                "{wrong:?}"
            );
            assert!(wrong.found.chars().count() <= 81 && !wrong.allowed.is_empty());
        }
        Ok(query) => {
            // A letter may stand for many, and a day for two conditions: then no line holds it.
            if let Some(written) = query.to_line(desk) {
                assert_eq!(super::samples::query(&written), Ok(query));
            } else {
                assert!(length > 300 || query.conditions.len() > 10, "{line:?}");
            }
        }
    }
    if let Err(wrong) = parse_for_customer(line) {
        assert!(wrong.at.end <= length, "{wrong:?}");
    }
}

fn comparison() -> impl Strategy<Value = Comparison> {
    select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Equal,
        Comparison::GreaterOrEqual,
        Comparison::Greater,
    ])
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let day = 24 * 60 * 60 * 1_000_000_i64;
    prop_oneof![
        (Timestamp::MIN.micros()..=Timestamp::MAX.micros()).prop_map(Timestamp::from_micros),
        (-700_000_i64..2_900_000).prop_map(move |days| Timestamp::from_micros(days * day)),
    ]
}

fn people() -> impl Strategy<Value = BTreeSet<PersonId>> {
    let id = prop_oneof![
        select(vec![
            "me",
            "NONE",
            "any",
            "id:7",
            "ada@example.org",
            "a,b",
            "a\"b\\",
            "<x",
            "-x"
        ])
        .prop_map(str::to_owned),
        "[^\\p{Cc}]{1,9}",
    ];
    let id = id.prop_filter_map("an id", |id| PersonId::new(&id).ok());
    btree_set(id, 1..4)
}

fn categories() -> impl Strategy<Value = BTreeSet<Category>> {
    btree_set(select(Category::ALL.to_vec()), 1..4)
}

fn tags() -> impl Strategy<Value = BTreeSet<Tag>> {
    let tag = "[^\\p{Cc}]{1,9}".prop_filter_map("a tag", |tag| Tag::new(&tag).ok());
    // Some letters change again when they are folded twice; such a tag was never typed.
    let stable = tag.prop_filter("stable", |tag| Tag::new(tag.as_str()).as_ref() == Ok(tag));
    btree_set(stable, 1..4)
}

fn field() -> impl Strategy<Value = Test> {
    prop_oneof![
        (comparison(), any::<i64>()).prop_map(|(comparison, number)| {
            let term = crate::field::FieldValue::Number(number).terms().concat();
            Test::Field(key("floor"), comparison, term)
        }),
        (comparison(), -999_999_999_i64..999_999_999, 0_u32..9).prop_map(
            |(comparison, digits, places)| {
                let decimal = rust_decimal::Decimal::new(digits, places);
                let term = crate::field::FieldValue::Decimal(decimal).terms().concat();
                Test::Field(key("cost"), comparison, term)
            }
        ),
        people().prop_map(|ids| {
            let id = ids.first().map(ToString::to_string).unwrap_or_default();
            Test::Field(key("owner"), Comparison::Equal, id)
        }),
        select(vec!["small", "very, very large"]).prop_map(|term| Test::Field(
            key("size"),
            Comparison::Equal,
            term.to_owned()
        )),
        Just(Test::FieldSet(key("colour"))),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let priority = select(Priority::ALL.to_vec());
    let words = "\\PC{1,12}".prop_map(|text| normalize(&text));
    let about =
        "[^\\p{Cc}]{1,20}".prop_map(|id| HostSubject::new(key("order"), &id).expect("a thing"));
    let organization = people().prop_map(|ids| {
        let id = |id: &PersonId| OrganizationId::new(id.as_str()).expect("an id");
        Test::Organization(ids.iter().map(id).collect())
    });
    prop_oneof![
        (1..=i64::MAX.unsigned_abs())
            .prop_map(|n| Test::Number(TicketNumber::new(n).expect("one"))),
        btree_set(select(vec!["open", "waiting", "closed"]), 1..4)
            .prop_map(|keys| Test::Status(keys.into_iter().map(key).collect())),
        categories().prop_map(Test::Category),
        btree_set(select(vec!["support", "billing"]), 1..3)
            .prop_map(|keys| Test::Queue(keys.into_iter().map(key).collect())),
        Just(Test::Assigned),
        people().prop_map(Test::Assignee),
        people().prop_map(Test::Requester),
        people().prop_map(Test::Follower),
        people().prop_map(Test::Cc),
        organization,
        tags().prop_map(Test::Tag),
        (comparison(), priority).prop_map(|(comparison, to)| Test::Priority(comparison, to)),
        field(),
        about.prop_map(Test::About),
        (comparison(), instant()).prop_map(|(comparison, at)| Test::Created(comparison, at)),
        (comparison(), instant()).prop_map(|(comparison, at)| Test::Updated(comparison, at)),
        (comparison(), instant()).prop_map(|(comparison, at)| Test::Due(comparison, at)),
        Just(Test::Snoozed),
        words
            .prop_filter("some", |words| !words.is_empty())
            .prop_map(Test::Text),
    ]
}

fn any_query() -> impl Strategy<Value = Query> {
    let condition = (any::<bool>(), test()).prop_map(|(negated, test)| Condition { negated, test });
    let key = select(vec![
        SortKey::Number,
        SortKey::Created,
        SortKey::Updated,
        SortKey::Priority,
        SortKey::Due,
        SortKey::Relevance,
    ]);
    let sort = (key, any::<bool>()).prop_map(|(key, descending)| Sort { key, descending });
    let queries =
        (vec(condition, 0..6), sort).prop_map(|(conditions, sort)| Query { conditions, sort });
    queries.prop_filter("an order that can be had", |query| query.check().is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_understood_or_pointed_at(line: String) {
        holds_its_promises(&line, &desk());
    }

    #[test]
    fn garbage_of_the_languages_own_pieces_is_understood_or_pointed_at(line in garbage()) {
        holds_its_promises(&line, &desk());
    }

    #[test]
    fn what_is_written_reads_as_the_same_query(wanted in any_query()) {
        let written = wanted.to_line(&desk());
        let written = written.ok_or_else(|| TestCaseError::fail("not written"))?;
        prop_assert_eq!(query(&written), Ok(wanted));
    }

    #[test]
    fn words_are_words_when_they_are_read_again(text: String) {
        let words = normalize(&text);
        prop_assert_eq!(normalize(&words.join(" ")), words);
    }

    #[test]
    fn words_of_any_letters_are_words_when_they_are_read_again(text in "[\\p{L}\\p{M}\\p{N} ]{0,20}") {
        let words = normalize(&text);
        prop_assert_eq!(normalize(&words.join(" ")), words);
    }

    #[test]
    fn a_part_of_the_words_of_a_text_is_found_in_it(text in "\\PC{0,40}", word in "\\PC{1,8}") {
        let whole = normalize(&format!("{text} {word}"));
        let part = normalize(&word);
        prop_assert!(part.is_empty() || whole.windows(part.len()).any(|window| window == part));
    }
}

/// Every letter of Unicode, so that no property depends on luck.
#[test]
fn each_letter_is_the_same_word_when_it_is_read_again() {
    for c in '\0'..=char::MAX {
        let words = normalize(&c.to_string());
        assert_eq!(normalize(&words.join(" ")), words, "{c:?}");
    }
}

/// A short run of what a fuzzer does for long, from a fixed seed.
#[test]
fn a_thousand_broken_lines_break_nothing() {
    let desk = desk();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap_or(0) % below
    };
    for _ in 0..1_000 {
        let count = next(60);
        let mut line: Vec<char> = (0..count)
            .flat_map(|_| PIECES[next(PIECES.len())].chars())
            .collect();
        for _ in 0..next(4).min(line.len()) {
            let at = next(line.len());
            line[at] = char::from_u32(u32::try_from(next(0x11_0000)).unwrap_or(0)).unwrap_or(' ');
        }
        holds_its_promises(&line.into_iter().collect::<String>(), &desk);
    }
}
