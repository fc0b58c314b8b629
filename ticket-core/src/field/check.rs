//! Reading field values from what people type, and checking them against their definition.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::terms::folded;
use super::{FieldDefinition, FieldKind, FieldValue};
use crate::value::{Invalid, PersonId};

/// Longest text, in characters.
const TEXT_MAX: usize = 1_000;
/// Longest link, in bytes; browsers and mail programs cut longer ones.
const LINK_MAX: usize = 2_000;
/// Decimals are smaller than this.
const DECIMAL_LIMIT: i64 = 1_000_000_000_000_000;
/// Most decimal places.
const DECIMAL_PLACES: u32 = 9;

const TEXT_RULE: &str = "one line of 1 to 1,000 characters without white space at its ends is";
const NUMBER_RULE: &str = "a whole number between -2^63 and 2^63 - 1 is";
const DECIMAL_RULE: &str = "a number below 10^15 with at most 9 decimal places, such as -1.5, is";
const YES_NO_RULE: &str = "yes or no is";
const LINK_RULE: &str =
    "an http or https address of at most 2,000 characters without user name and white space is";

/// Reads a value as a person types it, by the field's definition.
///
/// White space around it is dropped. Options, yes and no are found in any case; several options
/// are separated by commas. The value that comes back fits the field.
///
/// ```
/// use ticket_core::field::{FieldDefinition, FieldKind, FieldValue, read};
/// let size = FieldDefinition {
///     key: "size".parse()?,
///     name: "Size".to_owned(),
///     kind: FieldKind::Choice { options: vec!["Small".to_owned(), "Large".to_owned()] },
///     public: false,
/// };
/// assert_eq!(read(&size, " large ")?, FieldValue::Choice("Large".to_owned()));
/// assert!(read(&size, "huge").is_err());
/// # Ok::<(), ticket_core::value::Invalid>(())
/// ```
///
/// # Errors
/// When the text is no value of the field's kind.
pub fn read(definition: &FieldDefinition, text: &str) -> Result<FieldValue, Invalid> {
    let text = text.trim();
    let refuse = |allowed: &str| definition.refuse(text, allowed);
    let value = match &definition.kind {
        FieldKind::Text => FieldValue::Text(text.to_owned()),
        FieldKind::Number => FieldValue::Number(text.parse().map_err(|_| refuse(NUMBER_RULE))?),
        FieldKind::Decimal => {
            FieldValue::Decimal(read_decimal(text).ok_or_else(|| refuse(DECIMAL_RULE))?)
        }
        FieldKind::YesNo => {
            FieldValue::YesNo(read_yes_no(text).ok_or_else(|| refuse(YES_NO_RULE))?)
        }
        FieldKind::Date => {
            let date = text.parse::<crate::value::Date>();
            FieldValue::Date(date.map_err(|wrong| refuse(&wrong.allowed))?)
        }
        FieldKind::Choice { options } => {
            FieldValue::Choice(definition.option(options, text)?.clone())
        }
        FieldKind::MultipleChoice { options } => {
            let chosen = text
                .split(',')
                .map(|part| definition.option(options, part).cloned());
            FieldValue::MultipleChoice(chosen.collect::<Result<BTreeSet<_>, _>>()?)
        }
        FieldKind::Person => {
            let person = PersonId::new(text).map_err(|wrong| refuse(&wrong.allowed))?;
            FieldValue::Person(person)
        }
        FieldKind::Link => FieldValue::Link(text.to_owned()),
    };
    definition.check(&value)?;
    Ok(value)
}

impl FieldDefinition {
    /// Checks that a value fits this field, whichever way it came.
    ///
    /// Whether a person exists is for the directory to say.
    ///
    /// # Errors
    /// When it is of another kind, or not allowed by the definition.
    pub fn check(&self, value: &FieldValue) -> Result<(), Invalid> {
        let require = |fits: bool, found: &str, allowed: &str| {
            if fits {
                Ok(())
            } else {
                Err(self.refuse(found, allowed))
            }
        };
        match (&self.kind, value) {
            (FieldKind::Text, FieldValue::Text(text)) => require(is_text(text), text, TEXT_RULE),
            (FieldKind::Number, FieldValue::Number(_))
            | (FieldKind::YesNo, FieldValue::YesNo(_))
            | (FieldKind::Date, FieldValue::Date(_))
            | (FieldKind::Person, FieldValue::Person(_)) => Ok(()),
            (FieldKind::Decimal, FieldValue::Decimal(number)) => {
                require(is_decimal(*number), &number.to_string(), DECIMAL_RULE)
            }
            (FieldKind::Choice { options }, FieldValue::Choice(chosen)) => {
                require(options.contains(chosen), chosen, &allowed(options))
            }
            (FieldKind::MultipleChoice { options }, FieldValue::MultipleChoice(chosen)) => {
                let strange = chosen.iter().find(|option| !options.contains(option));
                let found = strange.map_or("", String::as_str);
                let fits = strange.is_none() && !chosen.is_empty();
                require(fits, found, &allowed(options))
            }
            (FieldKind::Link, FieldValue::Link(link)) => require(is_link(link), link, LINK_RULE),
            _ => Err(self.refuse(&format!("a value of type {}", value.kind()), &self.rule())),
        }
    }

    /// The option that a text means, whatever its case and spelling of accents.
    fn option<'a>(&self, options: &'a [String], text: &str) -> Result<&'a String, Invalid> {
        let wanted = folded(text.trim());
        options
            .iter()
            .find(|option| folded(option) == wanted)
            .ok_or_else(|| self.refuse(text.trim(), &allowed(options)))
    }

    pub(super) fn refuse(&self, found: &str, allowed: &str) -> Invalid {
        Invalid::new(format!("fields.{}", self.key), found, allowed)
    }

    /// What is allowed in this field, as a phrase.
    fn rule(&self) -> String {
        match &self.kind {
            FieldKind::Text => TEXT_RULE.to_owned(),
            FieldKind::Number => NUMBER_RULE.to_owned(),
            FieldKind::Decimal => DECIMAL_RULE.to_owned(),
            FieldKind::YesNo => YES_NO_RULE.to_owned(),
            FieldKind::Date => "a day such as 2026-01-31 is".to_owned(),
            FieldKind::Choice { options } | FieldKind::MultipleChoice { options } => {
                allowed(options)
            }
            FieldKind::Person => "the id of a person is".to_owned(),
            FieldKind::Link => LINK_RULE.to_owned(),
        }
    }
}

impl FieldValue {
    /// The word for its kind, as in the definition's `type`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number(_) => "number",
            Self::Decimal(_) => "decimal",
            Self::YesNo(_) => "yes_no",
            Self::Date(_) => "date",
            Self::Choice(_) => "choice",
            Self::MultipleChoice(_) => "multiple_choice",
            Self::Person(_) => "person",
            Self::Link(_) => "link",
        }
    }
}

fn allowed(options: &[String]) -> String {
    format!("allowed: {}", crate::value::listed(options))
}

fn is_text(text: &str) -> bool {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= TEXT_MAX
        && !text.chars().any(breaks)
}

/// Signs, digits and one point only: the number type's own reader takes underscores too.
fn read_decimal(text: &str) -> Option<Decimal> {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    if !text.chars().all(plain) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

fn is_decimal(number: Decimal) -> bool {
    number.abs() < Decimal::from(DECIMAL_LIMIT) && number.normalize().scale() <= DECIMAL_PLACES
}

fn read_yes_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// The URL reader repairs what browsers repair, so the beginning is checked as written; user
/// names are how a link pretends to lead elsewhere.
fn is_link(link: &str) -> bool {
    let begins = |scheme: &str| {
        link.get(..scheme.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && c != '\\';
    link.len() <= LINK_MAX
        && (begins("http://") || begins("https://"))
        && link.chars().all(plain)
        && url::Url::parse(link).is_ok_and(|url| {
            url.has_host() && url.username().is_empty() && url.password().is_none()
        })
}
