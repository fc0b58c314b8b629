//! Reading single values.

use super::QueryError;
use super::lexer::Spot;
use crate::query::{Test, normalize};
use crate::ticket::{HostSubject, Priority};
use crate::value::{Invalid, SubjectKind, TicketNumber, listed};
use crate::workflow::Category;

pub(super) fn refused(value: &Spot, wrong: &Invalid) -> QueryError {
    value.refuse(format!("{} allowed", wrong.allowed))
}

/// A word without key: a ticket's number after `#`, otherwise a word of the text.
pub(super) fn text(word: &Spot) -> Result<Test, QueryError> {
    let digits = word.text.strip_prefix('#').unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return words(word);
    }
    let number: Result<TicketNumber, _> = word.text.parse();
    number
        .map(Test::Number)
        .map_err(|wrong| refused(word, &wrong))
}

pub(super) fn words(spot: &Spot) -> Result<Test, QueryError> {
    let words = normalize(&spot.text);
    if words.is_empty() {
        return Err(spot.refuse("letters or digits are needed: the search looks for words"));
    }
    Ok(Test::Text(words))
}

pub(super) fn category(value: &Spot) -> Option<Category> {
    let word = value.text.to_ascii_lowercase().replace('-', "_");
    Category::ALL
        .into_iter()
        .find(|category| category.as_str() == word)
}

pub(super) fn categories() -> String {
    listed(Category::ALL.map(Category::as_str))
}

pub(super) fn priority(value: &Spot) -> Result<Priority, QueryError> {
    let lower = value.text.to_ascii_lowercase();
    let found = Priority::ALL
        .into_iter()
        .find(|priority| priority.as_str() == lower);
    found.ok_or_else(|| {
        let words = Priority::ALL.map(Priority::as_str);
        value.refuse(format!("the priorities are {}", listed(words)))
    })
}

pub(super) fn is(value: &Spot) -> Result<Test, QueryError> {
    if value.text.eq_ignore_ascii_case("snoozed") {
        Ok(Test::Snoozed)
    } else {
        Err(value.refuse("snoozed is needed; for a status there is status:"))
    }
}

pub(super) fn about(value: &Spot) -> Result<Test, QueryError> {
    let subject = value.text.split_once('/').and_then(|(kind, id)| {
        let kind = SubjectKind::new(&kind.to_ascii_lowercase()).ok()?;
        HostSubject::new(kind, id).ok()
    });
    let allowed = "a kind and an id are needed, such as order/4711";
    subject
        .map(Test::About)
        .ok_or_else(|| value.refuse(allowed))
}
