//! Each test of a query as a condition: says the same as the domain's `matches`.

use std::collections::BTreeSet;

use ticket_core::authority::Level;
use ticket_core::query::{Comparison, Test};
use ticket_core::value::{OrganizationId, PersonId, QueueKey, StatusKey, Tag};
use ticket_core::workflow::Category;

use super::Statement;
use crate::row::{TermKind, category_code, number};

/// What a condition is written for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) tenant: i64,
    pub(super) level: Level,
    pub(super) form: Form,
}

/// How the tickets with a term are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Each ticket is asked for its terms, so that closed ones with the same term cost nothing.
    AskEach,
    /// Each ticket must be in the list of those with the term.
    AmongThem,
    /// That list itself, each ticket once.
    Candidates,
}

impl Form {
    /// What stands before the rest of the condition on `terms`. The `+` keeps SQLite from making
    /// a list of what should be asked of each.
    const fn beginning(self) -> &'static str {
        match self {
            Self::AskEach => "EXISTS (SELECT 1 FROM terms WHERE ticket = +t.number AND tenant = ",
            Self::AmongThem => "t.number IN (SELECT ticket FROM terms WHERE tenant = ",
            Self::Candidates => "SELECT DISTINCT ticket FROM terms WHERE tenant = ",
        }
    }

    const fn end(self) -> &'static str {
        match self {
            Self::AskEach | Self::AmongThem => ")",
            Self::Candidates => "",
        }
    }
}

/// The category is one of these.
pub(super) fn push_codes(
    sql: &mut Statement,
    before: &'static str,
    categories: &BTreeSet<Category>,
) {
    sql.push(before);
    let mut codes = sql.separated(", ");
    for category in categories {
        codes.push_bind(category_code(*category));
    }
    sql.push(")");
}

/// The condition that a test holds.
pub(super) fn push_test(sql: &mut Statement, place: Place, test: &Test) {
    let kind = |kind| (place, kind);
    match test {
        Test::Number(own) => compare(sql, "t.number", Comparison::Equal, number(*own)),
        Test::Status(keys) => among(sql, "t.status", keys.iter().map(StatusKey::as_str)),
        Test::Category(asked) => push_codes(sql, "t.category IN (", asked),
        Test::Queue(keys) => among(sql, "t.queue", keys.iter().map(QueueKey::as_str)),
        Test::Assigned => push(sql, "t.assignee IS NOT NULL"),
        Test::Assignee(people) => among(sql, "t.assignee", ids(people)),
        Test::Requester(people) => among(sql, "t.requester", ids(people)),
        Test::Follower(people) => has_term(sql, kind(TermKind::Follower), ids(people)),
        Test::Cc(people) => has_term(sql, kind(TermKind::Cc), ids(people)),
        Test::Organization(own) => {
            among(
                sql,
                "t.organization",
                own.iter().map(OrganizationId::as_str),
            );
        }
        Test::Tag(tags) => has_term(sql, kind(TermKind::Tag), tags.iter().map(Tag::as_str)),
        Test::Priority(comparison, priority) => {
            compare(sql, "t.priority", *comparison, *priority as i64);
        }
        Test::FieldSet(key) => term(sql, kind(TermKind::FieldSet), key.as_str(), None),
        Test::Field(key, comparison, own) => {
            let own = Some((*comparison, own.as_str()));
            term(sql, kind(TermKind::Field), key.as_str(), own);
        }
        Test::About(subject) => {
            let id = Some((Comparison::Equal, subject.id()));
            term(sql, kind(TermKind::About), subject.kind().as_str(), id);
        }
        Test::Created(comparison, at) => compare(sql, "t.created_at", *comparison, at.micros()),
        Test::Updated(comparison, at) => {
            compare(sql, updated(place.level), *comparison, at.micros());
        }
        Test::Due(comparison, at) => compare(sql, "t.due", *comparison, at.micros()),
        Test::Snoozed => push(sql, "t.snoozed_until IS NOT NULL"),
        // Words are asked for apart from the other conditions: only an empty list comes here.
        Test::Text(_) => push(sql, "1"),
    }
}

fn push(sql: &mut Statement, condition: &'static str) {
    sql.push(condition);
}

const fn updated(level: Level) -> &'static str {
    match level {
        Level::Team => "t.updated_at",
        Level::Customer => "t.public_updated_at",
    }
}

fn ids(people: &BTreeSet<PersonId>) -> impl ExactSizeIterator<Item = &str> {
    people.iter().map(PersonId::as_str)
}

/// `column` is one of the values; the text stays the same however many there are.
pub(super) fn among<'v>(
    sql: &mut Statement,
    column: &'static str,
    mut values: impl ExactSizeIterator<Item = &'v str>,
) {
    sql.push(column);
    if values.len() == 1 {
        // One value keeps the order of an index behind it.
        sql.push(" = ").push_bind(values.next().map(str::to_owned));
    } else {
        sql.push(" IN (SELECT value FROM json_each(");
        sql.push_bind(serde_json::json!(values.collect::<Vec<_>>()).to_string());
        sql.push("))");
    }
}

fn has_term<'v>(
    sql: &mut Statement,
    (place, kind): (Place, TermKind),
    values: impl ExactSizeIterator<Item = &'v str>,
) {
    begin_terms(sql, place, kind, "");
    among(sql, " AND term", values);
    sql.push(place.form.end());
}

/// The ticket has a term of this kind and name, which compares so if it is asked.
fn term(
    sql: &mut Statement,
    (place, kind): (Place, TermKind),
    name: &str,
    compared: Option<(Comparison, &str)>,
) {
    begin_terms(sql, place, kind, name);
    if let Some((comparison, value)) = compared {
        sql.push(" AND term").push(operator(comparison));
        sql.push_bind(value.to_owned());
    }
    sql.push(place.form.end());
}

fn begin_terms(sql: &mut Statement, place: Place, kind: TermKind, name: &str) {
    sql.push(place.form.beginning());
    sql.push_bind(place.tenant).push(" AND kind = ");
    sql.push_bind(kind.code()).push(" AND name = ");
    sql.push_bind(name.to_owned());
}

fn compare(sql: &mut Statement, column: &'static str, comparison: Comparison, value: i64) {
    sql.push(column).push(operator(comparison));
    sql.push_bind(value);
}

const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Equal => " = ",
        Comparison::GreaterOrEqual => " >= ",
        Comparison::Greater => " > ",
    }
}
