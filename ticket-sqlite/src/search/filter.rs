//! What a query wants, with all its conditions taken together.

use std::collections::BTreeSet;

use ticket_core::authority::{Level, Reach, TeamReach};
use ticket_core::query::{Comparison, Condition, Query, Test};
use ticket_core::value::QueueKey;
use ticket_core::workflow::Category;

use super::Statement;
use super::condition::{Form, Place, among, push_codes, push_test};
use super::hits::{Asked, Part};
use super::route::Route;
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
    /// The words that conditions ask for.
    words: Vec<Asked>,
    /// Whether those that must be found can be in any text.
    can_be_found: bool,
}

impl<'q> Wanted<'q> {
    /// Reads the conditions of a query for a list of this reach.
    pub(super) fn of(query: &'q Query, reach: &'q Reach) -> Self {
        let level = reach.level();
        let categories = categories(query, level);
        let words = words(query);
        let is_open = |left: &BTreeSet<Category>| left.iter().all(|category| !category.is_done());
        Self {
            query,
            level,
            open_only: categories.as_ref().is_some_and(is_open),
            categories,
            queues: queues(query, reach),
            can_be_found: words.is_some(),
            words: words.unwrap_or_default(),
        }
    }

    /// Whether no category or no queue is left, or words can't be found.
    ///
    /// Such a query must not become a statement: SQLite reduces a condition with an empty list to
    /// "false", forgets `done = 0` beside it, and then can't use the indexes of open tickets.
    pub(super) fn is_nothing(&self) -> bool {
        !self.can_be_found
            || self.categories.as_ref().is_some_and(BTreeSet::is_empty)
            || self.queues.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// The words that must be found.
    pub(super) fn must_have(&self) -> Vec<&Asked> {
        self.words.iter().filter(|asked| !asked.negated).collect()
    }

    /// The place of the first condition on terms, whose own list of tickets may lead; none when
    /// only open tickets are wanted, of which each is asked.
    pub(super) fn leading_term(&self) -> Option<usize> {
        let leads = |condition: &Condition| {
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
        };
        self.query.conditions.iter().position(leads)
    }

    /// Pushes the list of tickets of a condition, as `ticket`, each once.
    pub(super) fn push_candidates(&self, sql: &mut Statement, tenant: i64, part: &Part, at: usize) {
        let place = Place {
            tenant,
            level: self.level,
            form: Form::Candidates,
        };
        if let Some(asked) = self.words.iter().find(|asked| asked.at == at) {
            part.push_tickets(sql, &asked.expression, true);
        } else if let Some(condition) = self.query.conditions.get(at) {
            push_test(sql, place, &condition.test);
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
    pub(super) fn push(&self, sql: &mut Statement, tenant: i64, part: &Part, route: &Route) {
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
            form: if route.asks_each {
                Form::AskEach
            } else {
                Form::AmongThem
            },
        };
        for (at, condition) in self.query.conditions.iter().enumerate() {
            if route.leader == Some(at) || is_pushed(condition) {
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
        for asked in self
            .words
            .iter()
            .filter(|asked| route.leader != Some(asked.at))
        {
            if route.asks_words {
                sql.push(if asked.negated { " AND NOT " } else { " AND " });
                part.push_ask(sql, &asked.expression);
                continue;
            }
            // The `+` keeps the list from leading.
            sql.push(if asked.negated {
                " AND +t.number NOT IN ("
            } else {
                " AND +t.number IN ("
            });
            part.push_tickets(sql, &asked.expression, false);
            sql.push(")");
        }
    }
}

/// The words that conditions ask for; none when words that must be found can't be.
fn words(query: &Query) -> Option<Vec<Asked>> {
    let mut asked = Vec::new();
    for (at, condition) in query.conditions.iter().enumerate() {
        let words = match &condition.test {
            Test::Text(words) if !words.is_empty() => words,
            _ => continue,
        };
        match words::phrase(words) {
            Some(expression) => asked.push(Asked {
                at,
                negated: condition.negated,
                expression,
            }),
            // What can't be found is not there.
            None if condition.negated => {}
            None => return None,
        }
    }
    Some(asked)
}

/// Whether the condition is part of the sets of categories and queues.
fn is_pushed(condition: &Condition) -> bool {
    match condition.test {
        Test::Category(_) => true,
        Test::Queue(_) => !condition.negated,
        Test::Text(ref words) => !words.is_empty(),
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
