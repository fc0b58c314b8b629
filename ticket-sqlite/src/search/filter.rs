//! Each test of a query as a condition: says the same as the domain's `matches`.

use std::collections::BTreeSet;

use ticket_core::authority::Level;
use ticket_core::query::{Comparison, Condition, Query, Test};
use ticket_core::value::PersonId;
use ticket_core::workflow::Category;

use super::Statement;
use crate::row::{TermKind, category_code, number};
use crate::words;

/// What a query wants, with what can be concluded from all conditions together.
pub(super) struct Wanted<'q> {
    query: &'q Query,
    level: Level,
    /// The categories that all conditions leave; none when no condition asks for any.
    categories: Option<BTreeSet<Category>>,
    /// Whether only open tickets are left.
    open_only: bool,
    /// The first condition that asks for words, by its place.
    words: Option<(usize, &'q [String])>,
}

/// What a condition is written for.
#[derive(Debug, Clone, Copy)]
struct Place {
    tenant: i64,
    level: Level,
    open_only: bool,
}

impl<'q> Wanted<'q> {
    /// Reads the conditions of a query for somebody who sees this much.
    pub(super) fn of(query: &'q Query, level: Level) -> Self {
        let positive = |(place, condition): (usize, &'q Condition)| match &condition.test {
            Test::Text(words) if !condition.negated && !words.is_empty() => {
                Some((place, words.as_slice()))
            }
            _ => None,
        };
        let categories = categories(query, level);
        let is_open = |left: &BTreeSet<Category>| left.iter().all(|category| !category.is_done());
        Self {
            query,
            level,
            open_only: categories.as_ref().is_some_and(is_open),
            categories,
            words: query.conditions.iter().enumerate().find_map(positive),
        }
    }

    /// The words that a ticket must have, if any are asked for.
    pub(super) fn words(&self) -> Option<&'q [String]> {
        self.words.map(|(_, words)| words)
    }

    /// Pushes all conditions, each after ` AND `; without the first words if those lead already.
    pub(super) fn push(&self, sql: &mut Statement, tenant: i64, led_by_words: bool) {
        if let Some(categories) = &self.categories {
            if self.open_only {
                // Word for word the condition of the indexes that hold open tickets only.
                sql.push(" AND t.done = 0");
            }
            push_codes(sql, " AND t.category IN (", categories);
        }
        let place = Place {
            tenant,
            level: self.level,
            open_only: self.open_only,
        };
        for (at, condition) in self.query.conditions.iter().enumerate() {
            let leads = led_by_words && self.words.is_some_and(|(first, _)| first == at);
            if leads || matches!(condition.test, Test::Category(_)) {
                continue;
            }
            if condition.negated {
                // What is unknown does not hold, so its negation does.
                sql.push(" AND NOT ifnull((");
                push_test(sql, place, &condition.test);
                sql.push("), 0)");
            } else {
                sql.push(" AND ");
                push_test(sql, place, &condition.test);
            }
        }
    }
}

/// The categories that all conditions about categories leave.
fn categories(query: &Query, level: Level) -> Option<BTreeSet<Category>> {
    let mut left: Option<BTreeSet<Category>> = None;
    for condition in &query.conditions {
        let Test::Category(asked) = &condition.test else {
            continue;
        };
        let holds = |category: &Category| {
            let shown = match level {
                Level::Team => *category,
                Level::Customer => category.shown_to_customers(),
            };
            asked.contains(&shown) != condition.negated
        };
        let mut categories = left.unwrap_or_else(|| Category::ALL.into_iter().collect());
        categories.retain(holds);
        left = Some(categories);
    }
    left
}

fn push_codes(sql: &mut Statement, before: &'static str, categories: &BTreeSet<Category>) {
    sql.push(before);
    let mut codes = sql.separated(", ");
    for category in categories {
        codes.push_bind(category_code(*category));
    }
    sql.push(")");
}

fn push_test(sql: &mut Statement, place: Place, test: &Test) {
    match test {
        Test::Number(own) => {
            sql.push("t.number = ").push_bind(number(*own));
        }
        Test::Status(statuses) => {
            among(sql, "t.status", statuses.iter().map(|key| key.as_str()));
        }
        Test::Category(asked) => push_codes(sql, "t.category IN (", asked),
        Test::Queue(queues) => among(sql, "t.queue", queues.iter().map(|key| key.as_str())),
        Test::Assigned => {
            sql.push("t.assignee IS NOT NULL");
        }
        Test::Assignee(people) => among(sql, "t.assignee", ids(people)),
        Test::Requester(people) => among(sql, "t.requester", ids(people)),
        Test::Follower(people) => has_term(sql, place, TermKind::Follower, ids(people)),
        Test::Cc(people) => has_term(sql, place, TermKind::Cc, ids(people)),
        Test::Organization(own) => {
            among(sql, "t.organization", own.iter().map(|id| id.as_str()));
        }
        Test::Tag(tags) => {
            has_term(
                sql,
                place,
                TermKind::Tag,
                tags.iter().map(|tag| tag.as_str()),
            );
        }
        Test::Priority(comparison, priority) => {
            compare(sql, "t.priority", *comparison, *priority as i64);
        }
        Test::FieldSet(key) => {
            terms(sql, place, TermKind::FieldSet, key.as_str());
            sql.push(")");
        }
        Test::Field(key, comparison, term) => {
            terms(sql, place, TermKind::Field, key.as_str());
            sql.push(" AND term").push(operator(*comparison));
            sql.push_bind(term.clone()).push(")");
        }
        Test::About(subject) => {
            terms(sql, place, TermKind::About, subject.kind().as_str());
            sql.push(" AND term = ");
            sql.push_bind(subject.id().to_owned()).push(")");
        }
        Test::Created(comparison, at) => compare(sql, "t.created_at", *comparison, at.micros()),
        Test::Updated(comparison, at) => {
            let column = match place.level {
                Level::Team => "t.updated_at",
                Level::Customer => "t.public_updated_at",
            };
            compare(sql, column, *comparison, at.micros());
        }
        Test::Due(comparison, at) => compare(sql, "t.due", *comparison, at.micros()),
        Test::Snoozed => {
            sql.push("t.snoozed_until IS NOT NULL");
        }
        Test::Text(words) if words.is_empty() => {
            sql.push("1");
        }
        Test::Text(words) => {
            sql.push("t.number IN (");
            having_words(sql, place.tenant, words, place.level);
            sql.push(")");
        }
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
    place: Place,
    kind: TermKind,
    values: impl ExactSizeIterator<Item = &'v str>,
) {
    terms(sql, place, kind, "");
    among(sql, " AND term", values);
    sql.push(")");
}

/// The beginning of the condition that the ticket has a term of this kind and name.
///
/// Of open tickets each is asked, so that closed ones with the same term cost nothing; otherwise
/// the term's own list may lead. The `+` keeps SQLite from turning the first into the second.
fn terms(sql: &mut Statement, place: Place, kind: TermKind, name: &str) {
    sql.push(if place.open_only {
        "EXISTS (SELECT 1 FROM terms WHERE ticket = +t.number AND tenant = "
    } else {
        "t.number IN (SELECT ticket FROM terms WHERE tenant = "
    });
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

/// The numbers of tickets with a document that holds the words; notes count for the team only.
pub(super) fn having_words(sql: &mut Statement, tenant: i64, words: &[String], level: Level) {
    let Some(phrase) = words::phrase(words) else {
        sql.push("SELECT NULL AS ticket WHERE 0");
        return;
    };
    let own = words::documents(tenant);
    let mut find = |select: &'static str| {
        sql.push(select).push_bind(phrase.clone());
        sql.push(" AND w.rowid BETWEEN ");
        sql.push_bind(*own.start())
            .push(" AND ")
            .push_bind(*own.end());
    };
    find(
        "SELECT d.ticket AS ticket FROM public_words w CROSS JOIN documents d ON d.id = w.rowid \
         WHERE w.words MATCH ",
    );
    match level {
        Level::Customer => {}
        Level::Team => find(
            " UNION SELECT d.ticket FROM note_words w CROSS JOIN documents d ON d.id = w.rowid \
             WHERE w.words MATCH ",
        ),
    }
}
