//! What a query wants, with all its conditions taken together.

use std::collections::BTreeSet;

use ticket_core::authority::{CustomerReach, Level, Reach, TeamReach};
use ticket_core::query::{Comparison, Query, Test};
use ticket_core::value::QueueKey;
use ticket_core::workflow::Category;

use super::Statement;
use super::condition::{Place, among, push_codes, push_test};
use super::lead::Lead;
use crate::row::TermKind;
use crate::text::Phrase;

/// What a query wants, with what can be concluded from all conditions together.
pub(super) struct Wanted<'q> {
    pub(super) query: &'q Query,
    pub(super) reach: &'q Reach,
    pub(super) place: Place,
    /// The categories that all conditions leave; none when no condition asks for any.
    categories: Option<BTreeSet<Category>>,
    /// Whether only open tickets are left.
    pub(super) open_only: bool,
    /// The queues that the reach and all conditions leave; none when nothing asks for any.
    pub(super) queues: Option<BTreeSet<&'q QueueKey>>,
}

impl<'q> Wanted<'q> {
    /// Reads the conditions of a query for a list of this reach.
    pub(super) fn of(query: &'q Query, reach: &'q Reach, place: Place) -> Self {
        let categories = categories(query, place.level);
        let is_open = |left: &BTreeSet<Category>| left.iter().all(|category| !category.is_done());
        Self {
            query,
            reach,
            place,
            open_only: categories.as_ref().is_some_and(is_open),
            categories,
            queues: queues(query, reach),
        }
    }

    /// Whether no ticket can be wanted, whatever is stored.
    pub(super) fn is_nothing(&self) -> bool {
        let asks_too_much = self.place.level == Level::Customer && self.query.is_for_team();
        self.query.check().is_err()
            || asks_too_much
            || *self.reach == Reach::Team(TeamReach::Nothing)
            || self.categories.as_ref().is_some_and(BTreeSet::is_empty)
            || self.queues.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Whether a ticket without a due date can be wanted.
    pub(super) fn wants_undated(&self) -> bool {
        let mut conditions = self.query.conditions.iter();
        !conditions.any(|condition| !condition.negated && matches!(condition.test, Test::Due(..)))
    }

    /// The words by which tickets are found best: the longest that must be there, and the place
    /// of their condition.
    pub(super) fn words(&self) -> Option<(usize, Option<Phrase>)> {
        let conditions = self.query.conditions.iter().enumerate();
        let asked = conditions.filter(|(_, condition)| !condition.negated);
        let phrases = asked.filter_map(|(at, condition)| match &condition.test {
            Test::Text(words) if !words.is_empty() => Some((at, self.place.language.phrase(words))),
            _ => None,
        });
        phrases.max_by_key(|(_, phrase)| match phrase {
            Some(phrase) => phrase.text.len(),
            // It finds nothing at once.
            None => usize::MAX,
        })
    }

    /// The lists that hold everything wanted, whichever are the shortest: one for the team, and
    /// for a customer one for each way in which a ticket is theirs. Empty when only the order or
    /// the queues lead.
    pub(super) fn leads(&self) -> Vec<Lead<'q>> {
        match self.reach {
            Reach::Customer(customer) => {
                let organization = customer.organization.as_ref().map(Lead::Organization);
                let participant = &customer.participant;
                [Lead::Requester(participant), Lead::Cc(participant)]
                    .into_iter()
                    .chain(organization)
                    .collect()
            }
            Reach::Team(_) => self.lead_of_conditions().into_iter().collect(),
        }
    }

    fn lead_of_conditions(&self) -> Option<Lead<'q>> {
        let conditions = self.query.conditions.iter().enumerate();
        let leads = conditions.filter_map(|(at, condition)| {
            if condition.negated {
                let is_unassigned = condition.test == Test::Assigned && self.open_only;
                return is_unassigned.then_some((7, Lead::Unassigned));
            }
            let lead = Lead::Test(at, &condition.test);
            match &condition.test {
                Test::Number(_) => Some((0, lead)),
                Test::Requester(_) => Some((1, lead)),
                Test::About(_) | Test::Field(_, Comparison::Equal, _) => Some((2, lead)),
                Test::Cc(_) | Test::Follower(_) => Some((3, lead)),
                Test::Assignee(_) => Some((4, lead)),
                Test::Snoozed | Test::Due(..) => Some((6, lead)),
                Test::Tag(_) => Some((8, lead)),
                Test::Organization(_) => Some((9, lead)),
                Test::Status(_) => Some((10, lead)),
                Test::Created(..) => Some((11, lead)),
                Test::Updated(..) => Some((12, lead)),
                Test::Priority(..) => Some((13, lead)),
                Test::FieldSet(_)
                | Test::Field(..)
                | Test::Category(_)
                | Test::Queue(_)
                | Test::Assigned
                | Test::Text(_) => None,
            }
        });
        let own = match self.reach {
            Reach::Team(TeamReach::Queues {
                assigned_to: Some(person),
                ..
            }) => Some((5, Lead::Assignee(person))),
            Reach::Team(_) | Reach::Customer(_) => None,
        };
        let best = leads.chain(own).min_by_key(|(rank, _)| *rank);
        best.map(|(_, lead)| lead)
    }

    /// Pushes all conditions, each after ` AND `, but for those that `lead` or `hits` stand for.
    ///
    /// Each is wrapped: what leads is decided here.
    pub(super) fn push(&self, sql: &mut Statement, lead: &Lead<'_>, hits: Option<usize>) {
        if self.open_only {
            // Word for word the condition of the indexes that hold open tickets only.
            sql.push(" AND NOT t.done");
        }
        if let Some(categories) = &self.categories
            && !(self.open_only && categories.len() == OPEN)
        {
            sql.push(WHEN);
            push_codes(sql, categories);
            sql.push(HOLDS);
        }
        if let Some(queues) = &self.queues
            && !matches!(lead, Lead::Queues)
        {
            sql.push(WHEN);
            among(sql, "t.queue", queues.iter().map(|key| key.as_str()));
            sql.push(HOLDS);
        }
        self.push_reach(sql, lead);
        for (at, condition) in self.query.conditions.iter().enumerate() {
            if lead.is_condition(at)
                || hits == Some(at)
                || is_pushed(&condition.test, condition.negated)
            {
                continue;
            }
            sql.push(WHEN);
            push_test(sql, self.place, &condition.test);
            // What is unknown does not hold, so its negation does.
            sql.push(if condition.negated { FAILS } else { HOLDS });
        }
    }

    fn push_reach(&self, sql: &mut Statement, lead: &Lead<'_>) {
        match self.reach {
            Reach::Team(TeamReach::Queues {
                queues: _,
                assigned_to: Some(person),
            }) if !matches!(lead, Lead::Assignee(_)) => {
                sql.push(WHEN).push("t.assignee = ");
                sql.push_bind(person.as_str().to_owned());
                sql.push(HOLDS);
            }
            // The queues are among those that are wanted.
            Reach::Team(_) => {}
            Reach::Customer(customer) => {
                if !lead.is_of_customer() {
                    self.push_customer(sql, customer);
                }
            }
        }
    }

    fn push_customer(&self, sql: &mut Statement, customer: &CustomerReach) {
        let person = customer.participant.as_str();
        sql.push(WHEN).push("t.requester = ");
        sql.push_bind(person.to_owned());
        if let Some(organization) = &customer.organization {
            sql.push(" OR (t.organization = ");
            sql.push_bind(organization.as_str().to_owned());
            sql.push(") IS TRUE");
        }
        sql.push(" OR (SELECT true FROM terms e WHERE e.tenant = ");
        sql.push_bind(self.place.tenant).push(" AND e.kind = ");
        sql.push_bind(TermKind::Cc.code());
        sql.push(" AND e.name = '' AND e.term = ");
        sql.push_bind(person.to_owned());
        sql.push(" AND e.ticket = t.number LIMIT 1)").push(HOLDS);
    }
}

/// A condition that PostgreSQL takes no index for, and of which it believes that it holds for every
/// other ticket: so an order that leads is always walked, never sorted for the few that are left.
const WHEN: &str = " AND CASE WHEN ";
const HOLDS: &str = " THEN true ELSE false END";
const FAILS: &str = " THEN false ELSE true END";

/// How many categories are open.
const OPEN: usize = 4;

/// Whether the condition is part of the sets of categories and queues.
const fn is_pushed(test: &Test, negated: bool) -> bool {
    match test {
        Test::Category(_) => true,
        Test::Queue(_) => !negated,
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
