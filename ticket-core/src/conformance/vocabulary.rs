//! What random worlds are made of: few values, so that they meet, and some that are hard.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::chance::Chance;
use super::expect::read;
use crate::field::FieldValue;
use crate::ticket::Priority;
use crate::value::{FieldKey, Subject};
use crate::workflow::Category;

pub(super) const PEOPLE: [&str; 6] = ["ada", "bob", "eve", "Kim", "42", "auth0|x 1"];
pub(super) const QUEUES: [&str; 3] = ["support", "billing", "2nd-line"];
pub(super) const WEBHOOKS: [&str; 2] = ["crm", "chat"];
pub(super) const TAGS: [&str; 5] = ["spam", "vip", "größe", "a:b", "\u{1f3ab}"];
pub(super) const PRIORITIES: [Priority; 4] = Priority::ALL;
pub(super) const STATUSES: [(&str, Category); 7] = [
    ("new", Category::New),
    ("open", Category::Open),
    ("in-progress", Category::Open),
    ("pending", Category::Pending),
    ("on_hold", Category::OnHold),
    ("solved", Category::Solved),
    ("closed", Category::Closed),
];

/// Words that a search engine may stumble over.
pub(super) const WORDS: [&str; 36] = [
    "printer",
    "jam",
    "Printer",
    "PRINTERS",
    "Crème",
    "brûlée",
    "naïve",
    "straße",
    "STRASSE",
    "İstanbul",
    "ﬁle",
    "２",
    "2",
    "東京",
    "東",
    "京都",
    "ไทย",
    "أحمد",
    "שלום",
    "e\u{301}te",
    "été",
    "\u{1f3ab}",
    "don't",
    "a_b",
    "x.y@z.org",
    "C++",
    "AND",
    "or",
    "NOT",
    "NEAR(",
    "\"quoted\"",
    "star*",
    "-minus",
    "col:on",
    "subject:",
    "'; --",
];

/// One of some values.
pub(super) fn any<T: FromStr<Err: Debug>>(chance: &mut Chance, texts: &[&str]) -> T {
    read(chance.pick(texts))
}

/// Up to two of some values.
pub(super) fn some_of<T>(chance: &mut Chance, texts: &[&str]) -> BTreeSet<T>
where
    T: FromStr<Err: Debug> + Ord,
{
    (0..chance.below(3)).map(|_| any(chance, texts)).collect()
}

/// A text of a few words.
pub(super) fn text(chance: &mut Chance) -> String {
    let count = 1 + chance.below(8);
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(chance.pick(&WORDS));
        text.push_str(chance.pick(&[" ", ", ", "\n", "-", "\u{200b} ", " ... "]));
    }
    text
}

pub(super) fn subject(chance: &mut Chance) -> Subject {
    Subject::from_mail(&text(chance))
}

/// A custom field with a value.
pub(super) fn field(chance: &mut Chance) -> (FieldKey, FieldValue) {
    let kind = chance.below(9);
    (read(FIELDS[kind]), field_value(chance, kind))
}

pub(super) const FIELDS: [&str; 9] = [
    "device", "count", "price", "vip", "day", "colour", "topics", "owner", "site",
];

fn field_value(chance: &mut Chance, kind: usize) -> FieldValue {
    let word = |chance: &mut Chance| (chance.pick(&WORDS)).to_owned();
    match kind {
        0 => FieldValue::Text(word(chance)),
        1 => FieldValue::Number(chance.pick(&[i64::MIN, -10, -9, 0, 5, 10, i64::MAX])),
        2 => FieldValue::Decimal(any::<Decimal>(
            chance,
            &[
                "-1.5",
                "-0.000000001",
                "0",
                "1.50",
                "1.5",
                "10",
                "999999999999999.999999999",
            ],
        )),
        3 => FieldValue::YesNo(chance.once_in(2)),
        4 => FieldValue::Date(any(chance, &["2025-12-31", "2026-01-01", "2026-02-28"])),
        5 => FieldValue::Choice(word(chance)),
        6 => FieldValue::MultipleChoice((0..=chance.below(3)).map(|_| word(chance)).collect()),
        7 => FieldValue::Person(any(chance, &PEOPLE)),
        _ => FieldValue::Link("https://example.org/?q=1&r=%20".to_owned()),
    }
}
