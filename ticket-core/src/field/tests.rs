//! Values as typed and as given, in every kind of field.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{FieldDefinition, FieldKind, FieldValue, read};
use crate::query::Comparison;
use crate::value::{Date, PersonId, Timestamp};

fn field(kind: FieldKind) -> FieldDefinition {
    FieldDefinition {
        key: "size".parse().expect("a key"),
        name: "Size".to_owned(),
        kind,
        public: false,
    }
}

fn options(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn every_kind() -> Vec<FieldDefinition> {
    let options = options(&["Small", "Crème brûlée", "Größe"]);
    [
        FieldKind::Text,
        FieldKind::Number,
        FieldKind::Decimal,
        FieldKind::YesNo,
        FieldKind::Date,
        FieldKind::Choice {
            options: options.clone(),
        },
        FieldKind::MultipleChoice { options },
        FieldKind::Person,
        FieldKind::Link,
    ]
    .map(field)
    .into()
}

#[test]
fn what_people_type_becomes_a_value_of_the_fields_kind() {
    let decimal = |text: &str| FieldValue::Decimal(text.parse().expect("a decimal"));
    let choice = FieldKind::Choice {
        options: options(&["Small", "Größe"]),
    };
    let several = FieldKind::MultipleChoice {
        options: options(&["Red", "Green"]),
    };
    let both = FieldValue::MultipleChoice(options(&["Red", "Green"]).into_iter().collect());
    let day = FieldValue::Date("2024-02-29".parse().expect("a day"));
    let link = "https://bücher.example/a?b=c#d".to_owned();
    for (kind, text, value) in [
        (FieldKind::Text, " a b ", FieldValue::Text("a b".to_owned())),
        (FieldKind::Number, "-12", FieldValue::Number(-12)),
        (
            FieldKind::Number,
            "9223372036854775807",
            FieldValue::Number(i64::MAX),
        ),
        (FieldKind::Decimal, "-1.50", decimal("-1.50")),
        (
            FieldKind::Decimal,
            "999999999999999.999999999",
            decimal("999999999999999.999999999"),
        ),
        (FieldKind::Decimal, "1.0000000000", decimal("1")),
        (FieldKind::YesNo, "YES", FieldValue::YesNo(true)),
        (FieldKind::YesNo, "false", FieldValue::YesNo(false)),
        (FieldKind::Date, "2024-02-29", day),
        (
            choice,
            "GRO\u{308}ßE",
            FieldValue::Choice("Größe".to_owned()),
        ),
        (several, "green, red,green", both),
        (
            FieldKind::Person,
            "42",
            FieldValue::Person(PersonId::from(42_u64)),
        ),
        (FieldKind::Link, &link, FieldValue::Link(link.clone())),
    ] {
        assert_eq!(read(&field(kind), text), Ok(value), "{text:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_field_and_the_rule() {
    let long = "x".repeat(1_001);
    let choice = || options(&["Small", "Large"]);
    for (kind, text, rule) in [
        (FieldKind::Text, " ", "one line"),
        (FieldKind::Text, &long, "1,000"),
        (FieldKind::Text, "a\nb", "one line"),
        (FieldKind::Text, "a\u{2028}b", "one line"),
        (FieldKind::Text, "a\0b", "one line"),
        (FieldKind::Number, "1.5", "whole number"),
        (FieldKind::Number, "9223372036854775808", "2^63"),
        (FieldKind::Number, "", "whole number"),
        (FieldKind::Decimal, "1000000000000000", "10^15"),
        (FieldKind::Decimal, "-1000000000000000", "10^15"),
        (FieldKind::Decimal, "0.0000000001", "9 decimal places"),
        (FieldKind::Decimal, "1_000", "10^15"),
        (FieldKind::Decimal, "1e3", "10^15"),
        (FieldKind::Decimal, "1.2.3", "10^15"),
        (FieldKind::Decimal, "+-1", "10^15"),
        (FieldKind::Decimal, "", "10^15"),
        (FieldKind::YesNo, "maybe", "yes or no"),
        (FieldKind::Date, "2026-02-29", "2026-01-31"),
        (FieldKind::Date, "29.2.2024", "2026-01-31"),
        (FieldKind::Date, "+2024-1-31", "2026-01-31"),
        (FieldKind::Date, "-001-01-31", "2026-01-31"),
        (
            FieldKind::Choice { options: choice() },
            "Medium",
            "Small, Large",
        ),
        (
            FieldKind::MultipleChoice { options: choice() },
            "Small,Medium",
            "Small, Large",
        ),
        (
            FieldKind::MultipleChoice { options: choice() },
            "",
            "Small, Large",
        ),
        (FieldKind::Person, "", "1 to 128 bytes"),
        (FieldKind::Link, "javascript:alert(1)", "http or https"),
        (FieldKind::Link, "ftp://example.org", "http or https"),
        (FieldKind::Link, "http:example.org", "http or https"),
        (FieldKind::Link, "https://", "http or https"),
        (FieldKind::Link, "https://a b.example", "http or https"),
        (
            FieldKind::Link,
            "https://bank.example@evil.example/",
            "user name",
        ),
        (FieldKind::Link, "https:/\\evil.example", "http or https"),
    ] {
        let wrong = read(&field(kind), text).expect_err(text);
        assert_eq!(wrong.field, "fields.size");
        assert!(wrong.allowed.contains(rule), "{text:?}: {wrong}");
    }
}

#[test]
fn a_value_of_another_kind_never_fits() {
    let day: Date = "2026-01-31".parse().expect("a day");
    let values = [
        FieldValue::Text("a".to_owned()),
        FieldValue::Number(1),
        FieldValue::Decimal(Decimal::ONE),
        FieldValue::YesNo(true),
        FieldValue::Date(day),
        FieldValue::Choice("Small".to_owned()),
        FieldValue::MultipleChoice([String::from("Small")].into()),
        FieldValue::Person(PersonId::from(1_u64)),
        FieldValue::Link("https://example.org".to_owned()),
    ];
    for (row, definition) in every_kind().iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            let fits = definition.check(value).is_ok();
            assert_eq!(fits, row == column, "{:?} {value:?}", definition.kind);
        }
    }
}

#[test]
fn values_that_no_reader_made_are_checked_too() {
    let several = field(FieldKind::MultipleChoice {
        options: options(&["Red"]),
    });
    let choice = field(FieldKind::Choice {
        options: options(&["Red"]),
    });
    for (definition, value) in [
        (&several, FieldValue::MultipleChoice([].into())),
        (
            &several,
            FieldValue::MultipleChoice([String::from("red")].into()),
        ),
        (&choice, FieldValue::Choice("red".to_owned())),
        (&field(FieldKind::Text), FieldValue::Text(" a".to_owned())),
        (
            &field(FieldKind::Decimal),
            FieldValue::Decimal(Decimal::MAX),
        ),
        (
            &field(FieldKind::Decimal),
            FieldValue::Decimal(Decimal::new(1, 10)),
        ),
        (
            &field(FieldKind::Link),
            FieldValue::Link("data:text/html,x".to_owned()),
        ),
    ] {
        assert!(definition.check(&value).is_err(), "{value:?}");
    }
}

#[test]
fn options_are_few_short_and_distinct() {
    let problems = |kind| {
        let problems = field(kind).problems();
        problems
            .into_iter()
            .map(|problem| problem.field)
            .collect::<Vec<_>>()
    };
    let choice = |words: &[&str]| FieldKind::Choice {
        options: options(words),
    };
    let several = |words: &[&str]| FieldKind::MultipleChoice {
        options: options(words),
    };
    assert_eq!(
        problems(choice(&["Yes, please", "No"])),
        Vec::<String>::new()
    );
    assert_eq!(problems(choice(&[])), ["options"]);
    assert_eq!(problems(choice(&["a"; 501])), ["options"]);
    assert_eq!(
        problems(choice(&["a", "", " b", "c\nd", "A"])),
        ["options[1]", "options[2]", "options[3]", "options[4]"]
    );
    assert_eq!(problems(choice(&["é", "E\u{301}"])), ["options[1]"]);
    assert_eq!(problems(several(&["Yes, please"])), ["options[0]"]);
    assert_eq!(problems(choice(&[&"x".repeat(101)])), ["options[0]"]);
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    let limit = 10_i128.pow(15);
    (0_u32..=9).prop_flat_map(move |places| {
        let bound = limit * 10_i128.pow(places) - 1;
        (-bound..=bound).prop_map(move |digits| Decimal::from_i128_with_scale(digits, places))
    })
}

fn any_day() -> impl Strategy<Value = Date> {
    (Timestamp::MIN.micros()..=Timestamp::MAX.micros()).prop_map(|micros| {
        let instant = Timestamp::from_micros(micros).to_string();
        instant[..10].parse().expect("a day")
    })
}

fn term(value: &FieldValue) -> String {
    value.terms().concat()
}

fn agree<T: Ord>(left: &T, right: &T, terms: &(String, String)) {
    for comparison in [Comparison::Less, Comparison::Equal, Comparison::Greater] {
        assert_eq!(
            comparison.holds(left, right),
            comparison.holds(terms.0.as_str(), terms.1.as_str()),
        );
    }
}

proptest! {
    #[test]
    fn terms_compare_like_numbers(left: i64, right: i64) {
        agree(&left, &right, &(term(&FieldValue::Number(left)), term(&FieldValue::Number(right))));
    }

    #[test]
    fn terms_compare_like_decimals(left in any_decimal(), right in any_decimal()) {
        let terms = (term(&FieldValue::Decimal(left)), term(&FieldValue::Decimal(right)));
        agree(&left, &right, &terms);
    }

    #[test]
    fn terms_compare_like_close_decimals(digits in -1_000_i64..1_000, step in 0_i64..3) {
        let (left, right) = (Decimal::new(digits, 9), Decimal::new(digits + step, 9));
        let terms = (term(&FieldValue::Decimal(left)), term(&FieldValue::Decimal(right)));
        agree(&left, &right, &terms);
    }

    #[test]
    fn terms_compare_like_days(left in any_day(), right in any_day()) {
        agree(&left, &right, &(term(&FieldValue::Date(left)), term(&FieldValue::Date(right))));
    }

    #[test]
    fn reading_never_panics_and_gives_only_values_that_fit(text: String) {
        for definition in every_kind() {
            if let Ok(value) = read(&definition, &text) {
                prop_assert_eq!(definition.check(&value), Ok(()));
                prop_assert!(!value.terms().is_empty());
            }
        }
    }

    #[test]
    fn decimals_read_as_written(number in any_decimal()) {
        let value = read(&field(FieldKind::Decimal), &number.to_string());
        prop_assert_eq!(value, Ok(FieldValue::Decimal(number)));
    }
}
