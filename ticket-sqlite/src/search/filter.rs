//! Each test of a query as a condition: says the same as the domain's `matches`.

use std::collections::BTreeSet;

use ticket_core::authority::{Level, Reach, TeamReach};
use ticket_core::query::{Comparison, Condition, Query, Test};
use ticket_core::value::{PersonId, QueueKey};
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
    pub(super) open_only: bool,
    /// The queues that the reach and all conditions leave; none when nothing asks for any.
    queues: Option<BTreeSet<&'q QueueKey>>,
}

/// What a condition is written for.
#[derive(Debug, Clone, Copy)]
struct Place {
    tenant: i64,
    level: Level,
    form: Form,
}

/// How the tickets with a term are asked for.
#[derive(Debug, Clone, Copy)]
enum Form {
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

impl<'q> Wanted<'q> {
    /// Reads the conditions of a query for a list of this reach.
    pub(super) fn of(query: &'q Query, reach: &'q Reach) -> Self {
        let level = reach.level();
        let categories = categories(query, level);
        let is_open = |left: &BTreeSet<Category>| left.iter().all(|category| !category.is_done());
        Self {
            query,
            level,
            open_only: categories.as_ref().is_some_and(is_open),
            categories,
            queues: queues(query, reach),
        }
    }

    /// The place of the condition whose own list of tickets leads, if there is one.
    ///
    /// Words do always; terms do unless only open tickets are wanted, of which each is asked.
    pub(super) fn leader(&self) -> Option<usize> {
        let conditions = || self.query.conditions.iter().enumerate();
        let words = conditions().find(|(_, condition)| match &condition.test {
            Test::Text(words) => !condition.negated && !words.is_empty(),
            _ => false,
        });
        let term = conditions().find(|(_, condition)| {
            !condition.negated
                && !self.open_only
                && matches!(
                    condition.test,
                    Test::Follower(_)
                        | Test::Cc(_)
                        | Test::Tag(_)
                        | Test::Field(_, Comparison::Equal, _)
                        | Test::About(_)
                )
        });
        words.or(term).map(|(at, _)| at)
    }

    /// Pushes the list of tickets of a condition, as `ticket`, each once.
    pub(super) fn push_candidates(&self, sql: &mut Statement, tenant: i64, leader: usize) {
        let place = Place {
            tenant,
            level: self.level,
            form: Form::Candidates,
        };
        if let Some(condition) = self.query.conditions.get(leader) {
            match &condition.test {
                Test::Text(words) => having_words(sql, tenant, words, self.level),
                test => push_test(sql, place, test),
            }
        }
    }

    /// Whether a condition finds few tickets by an index of its own.
    pub(super) fn is_selective(&self) -> bool {
        let finds_few = |condition: &Condition| match &condition.test {
            Test::Number(_)
            | Test::Assignee(_)
            | Test::Requester(_)
            | Test::Organization(_)
            | Test::Due(..)
            | Test::Snoozed => true,
            Test::Status(_)
            | Test::Category(_)
            | Test::Queue(_)
            | Test::Assigned
            | Test::Follower(_)
            | Test::Cc(_)
            | Test::Tag(_)
            | Test::Priority(..)
            | Test::FieldSet(_)
            | Test::Field(..)
            | Test::About(_)
            | Test::Created(..)
            | Test::Updated(..)
            | Test::Text(_) => false,
        };
        let mut conditions = self.query.conditions.iter();
        conditions.any(|condition| !condition.negated && finds_few(condition))
    }

    /// Pushes all conditions, each after ` AND `, but for the one that leads.
    pub(super) fn push(&self, sql: &mut Statement, tenant: i64, leader: Option<usize>) {
        if let Some(categories) = &self.categories {
            if self.open_only {
                // Word for word the condition of the indexes that hold open tickets only.
                sql.push(" AND t.done = 0");
            }
            push_codes(sql, " AND t.category IN (", categories);
        }
        if let Some(queues) = &self.queues {
            among(sql, " AND t.queue", queues.iter().map(|key| key.as_str()));
        }
        let place = Place {
            tenant,
            level: self.level,
            form: if self.open_only {
                Form::AskEach
            } else {
                Form::AmongThem
            },
        };
        for (at, condition) in self.query.conditions.iter().enumerate() {
            if leader == Some(at) || is_pushed(condition) {
                continue;
            }
            if condition.negated && condition.test == Test::Assigned {
                sql.push(" AND t.assignee IS NULL");
            } else if condition.negated {
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

/// Whether the condition is part of the sets of categories and queues.
fn is_pushed(condition: &Condition) -> bool {
    match condition.test {
        Test::Category(_) => true,
        Test::Queue(_) => !condition.negated,
        _ => false,
    }
}

/// The queues that the reach and all conditions that name queues leave.
fn queues<'q>(query: &'q Query, reach: &'q Reach) -> Option<BTreeSet<&'q QueueKey>> {
    let scope = match reach {
        Reach::Team(TeamReach::Queues { queues, .. }) => Some(queues),
        Reach::Team(TeamReach::Nothing | TeamReach::Everything) | Reach::Customer(_) => None,
    };
    let asked = query.conditions.iter().filter_map(|condition| {
        match (&condition.test, condition.negated) {
            (Test::Queue(queues), false) => Some(queues),
            _ => None,
        }
    });
    let mut sets = scope.into_iter().chain(asked);
    let mut left: BTreeSet<&QueueKey> = sets.next()?.iter().collect();
    for set in sets {
        left.retain(|queue| set.contains(*queue));
    }
    Some(left)
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
            sql.push(place.form.end());
        }
        Test::Field(key, comparison, term) => {
            terms(sql, place, TermKind::Field, key.as_str());
            sql.push(" AND term").push(operator(*comparison));
            sql.push_bind(term.clone()).push(place.form.end());
        }
        Test::About(subject) => {
            terms(sql, place, TermKind::About, subject.kind().as_str());
            sql.push(" AND term = ");
            sql.push_bind(subject.id().to_owned())
                .push(place.form.end());
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
    sql.push(place.form.end());
}

/// The beginning of the condition that the ticket has a term of this kind and name.
fn terms(sql: &mut Statement, place: Place, kind: TermKind, name: &str) {
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
