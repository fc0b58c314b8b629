//! Each test of a query as a condition: says the same as the domain's `matches`.

use std::collections::BTreeSet;

use ticket_core::authority::Level;
use ticket_core::query::{Comparison, Test};
use ticket_core::value::{OrganizationId, PersonId, QueueKey, StatusKey, Tag};
use ticket_core::workflow::Category;

use super::Statement;
use super::hits::push_has_words;
use crate::row::{TermKind, category_code, key_text, number};
use crate::text::Language;

/// What a condition is written for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) tenant: i64,
    pub(super) level: Level,
    pub(super) language: Language,
}

/// The condition that a test holds of the ticket `t`; unknown means that it does not.
pub(super) fn push_test(sql: &mut Statement, place: Place, test: &Test) {
    match test {
        Test::Number(own) => compare(sql, "t.number", Comparison::Equal, number(*own)),
        Test::Status(keys) => among(sql, "t.status", keys.iter().map(StatusKey::as_str)),
        Test::Category(asked) => push_codes(sql, asked),
        Test::Queue(keys) => among(sql, "t.queue", keys.iter().map(QueueKey::as_str)),
        Test::Assigned => push(sql, "t.assignee IS NOT NULL"),
        Test::Assignee(people) => among(sql, "t.assignee", ids(people)),
        Test::Requester(people) => among(sql, "t.requester", ids(people)),
        Test::Organization(own) => among(
            sql,
            "t.organization",
            own.iter().map(OrganizationId::as_str),
        ),
        Test::Priority(comparison, priority) => {
            let code = *priority as i16;
            sql.push("t.priority").push(operator(*comparison));
            sql.push_bind(code);
        }
        Test::Created(comparison, at) => compare(sql, "t.created_at", *comparison, at.micros()),
        Test::Updated(comparison, at) => {
            compare(sql, updated(place.level), *comparison, at.micros());
        }
        Test::Due(comparison, at) => compare(sql, "t.due", *comparison, at.micros()),
        Test::Snoozed => push(sql, "t.snoozed_until IS NOT NULL"),
        Test::Text(words) if words.is_empty() => push(sql, "true"),
        Test::Text(words) => match place.language.phrase(words) {
            Some(phrase) => push_has_words(sql, place, &phrase),
            None => push(sql, "false"),
        },
        Test::Follower(_)
        | Test::Cc(_)
        | Test::Tag(_)
        | Test::FieldSet(_)
        | Test::Field(..)
        | Test::About(_) => {
            // Asked of each ticket: as `EXISTS`, PostgreSQL may read all that have the term first.
            sql.push("(SELECT true FROM terms e WHERE ");
            push_term(sql, place.tenant, test);
            sql.push(" AND e.ticket = t.number LIMIT 1)");
        }
    }
}

/// The condition that a row `e` of `terms` is one that a test asks for.
pub(super) fn push_term(sql: &mut Statement, tenant: i64, test: &Test) {
    let mut begin = |kind: TermKind, name: &str| {
        sql.push("e.tenant = ").push_bind(tenant);
        sql.push(" AND e.kind = ").push_bind(kind.code());
        sql.push(" AND e.name = ").push_bind(name.to_owned());
    };
    match test {
        Test::Follower(people) => {
            begin(TermKind::Follower, "");
            among(sql, " AND e.term", ids(people));
        }
        Test::Cc(people) => {
            begin(TermKind::Cc, "");
            among(sql, " AND e.term", ids(people));
        }
        Test::Tag(tags) => {
            begin(TermKind::Tag, "");
            among(sql, " AND e.term", tags.iter().map(Tag::as_str));
        }
        Test::FieldSet(key) => begin(TermKind::FieldSet, key.as_str()),
        Test::Field(key, comparison, own) => {
            begin(TermKind::Field, key.as_str());
            sql.push(" AND e.term").push(operator(*comparison));
            sql.push_bind(key_text(own.clone()));
        }
        Test::About(subject) => {
            begin(TermKind::About, subject.kind().as_str());
            sql.push(" AND e.term = ");
            sql.push_bind(subject.id().to_owned());
        }
        Test::Number(_)
        | Test::Status(_)
        | Test::Category(_)
        | Test::Queue(_)
        | Test::Assigned
        | Test::Assignee(_)
        | Test::Requester(_)
        | Test::Organization(_)
        | Test::Priority(..)
        | Test::Created(..)
        | Test::Updated(..)
        | Test::Due(..)
        | Test::Snoozed
        | Test::Text(_) => push(sql, "false"),
    }
}

/// The category is one of these.
pub(super) fn push_codes(sql: &mut Statement, categories: &BTreeSet<Category>) {
    let codes: Vec<i16> = categories.iter().copied().map(category_code).collect();
    sql.push("t.category = ANY (").push_bind(codes).push(")");
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
        let values: Vec<String> = values.map(str::to_owned).collect();
        sql.push(" = ANY (").push_bind(values).push(")");
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
