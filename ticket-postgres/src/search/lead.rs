//! What leads a statement: the list of tickets that PostgreSQL walks.

use ticket_core::query::{Comparison, Test};
use ticket_core::value::{OrganizationId, PersonId, QueueKey};

use super::Statement;
use super::condition::{push_term, push_test};
use super::filter::Wanted;
use super::order::Value;
use crate::row::TermKind;

/// A list of tickets with an index of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lead<'q> {
    /// All of them, in the order of the list.
    Order,
    /// Those of the queues that are wanted, one queue after the other.
    Queues,
    /// Those for which nobody is responsible.
    Unassigned,
    /// Those for which a condition of the query holds.
    Test(usize, &'q Test),
    /// Those for which a person is responsible.
    Assignee(&'q PersonId),
    /// Those that a customer asks.
    Requester(&'q PersonId),
    /// Those where a customer is in Cc.
    Cc(&'q PersonId),
    /// Those of a customer's organization.
    Organization(&'q OrganizationId),
}

impl Lead<'_> {
    /// Whether it stands for this condition of the query.
    pub(super) const fn is_condition(&self, at: usize) -> bool {
        match self {
            Self::Test(own, _) => *own == at,
            Self::Order
            | Self::Queues
            | Self::Unassigned
            | Self::Assignee(_)
            | Self::Requester(_)
            | Self::Cc(_)
            | Self::Organization(_) => false,
        }
    }

    /// Whether it is one of the ways in which a ticket is a customer's.
    pub(super) const fn is_of_customer(&self) -> bool {
        matches!(
            self,
            Self::Requester(_) | Self::Cc(_) | Self::Organization(_)
        )
    }

    /// Whether it is found in the table `terms`.
    pub(super) const fn is_term(&self) -> bool {
        matches!(
            self,
            Self::Cc(_)
                | Self::Test(
                    _,
                    Test::Follower(_)
                        | Test::Cc(_)
                        | Test::Tag(_)
                        | Test::Field(..)
                        | Test::About(_)
                )
        )
    }

    /// Whether walking it costs little beside what is found: it is in the order of the list, or
    /// there is no other way.
    pub(super) fn is_direct(&self, value: Value, open_only: bool) -> bool {
        let by_number = value == Value::Number;
        match self {
            Self::Order | Self::Test(_, Test::Number(_)) => true,
            Self::Queues => {
                value == Value::Updated
                    || (open_only && matches!(value, Value::Number | Value::Any))
            }
            // An index of open tickets: few are somebody's.
            Self::Assignee(_) | Self::Test(_, Test::Assignee(_)) if open_only => true,
            // Nothing walks all tickets in that order.
            _ if value == Value::PublicUpdated => true,
            _ if value == Value::Any => !open_only,
            Self::Test(_, Test::Due(comparison, _)) => {
                value == Value::Dated && *comparison != Comparison::Equal
            }
            Self::Test(_, Test::Created(..)) => value == Value::Created,
            Self::Test(_, Test::Updated(..)) => value == Value::Updated,
            Self::Test(_, Test::Priority(..)) => value == Value::Priority,
            Self::Unassigned => by_number,
            Self::Test(_, test) => by_number && !open_only && is_one(test),
            Self::Assignee(_) | Self::Requester(_) | Self::Cc(_) | Self::Organization(_) => {
                by_number && !open_only
            }
        }
    }

    /// Pushes the condition on the ticket `t` that the index is asked by.
    pub(super) fn push(&self, sql: &mut Statement, wanted: &Wanted<'_>) {
        match self {
            Self::Order | Self::Cc(_) => {}
            Self::Queues => {
                sql.push(" AND t.queue = k.queue");
            }
            Self::Unassigned => {
                sql.push(" AND t.assignee IS NULL");
            }
            Self::Test(_, test) => {
                if !self.is_term() {
                    sql.push(" AND ");
                    push_test(sql, wanted.place, test);
                }
            }
            Self::Assignee(person) => person_is(sql, " AND t.assignee = ", person),
            Self::Requester(person) => person_is(sql, " AND t.requester = ", person),
            Self::Organization(organization) => {
                sql.push(" AND t.organization = ");
                sql.push_bind(organization.as_str().to_owned());
            }
        }
    }

    /// Pushes the rows of `terms` that it is, as a list `e`.
    pub(super) fn push_terms(&self, sql: &mut Statement, tenant: i64) {
        sql.push("terms e WHERE ");
        match self {
            Self::Test(_, test) => push_term(sql, tenant, test),
            Self::Cc(person) => {
                sql.push("e.tenant = ").push_bind(tenant);
                sql.push(" AND e.kind = ").push_bind(TermKind::Cc.code());
                person_is(sql, " AND e.name = '' AND e.term = ", person);
            }
            Self::Order
            | Self::Queues
            | Self::Unassigned
            | Self::Assignee(_)
            | Self::Requester(_)
            | Self::Organization(_) => {
                sql.push("false");
            }
        }
    }

    /// Whether a term list holds each ticket once, in the order of numbers.
    pub(super) fn is_one_term(&self) -> bool {
        match self {
            Self::Cc(_) => true,
            Self::Test(_, test) => is_one(test),
            _ => false,
        }
    }

    /// Pushes a list of one row for each ticket of it, in no order, to be counted.
    pub(super) fn push_counted(&self, sql: &mut Statement, wanted: &Wanted<'_>) {
        sql.push("SELECT 1 FROM ");
        if self.is_term() {
            self.push_terms(sql, wanted.place.tenant);
        } else {
            sql.push("tickets t WHERE ");
            self.push_all(sql, wanted);
        }
    }

    /// Pushes the condition that a ticket `t` is in it, such that an index answers it.
    pub(super) fn push_all(&self, sql: &mut Statement, wanted: &Wanted<'_>) {
        sql.push("t.tenant = ").push_bind(wanted.place.tenant);
        if wanted.open_only {
            sql.push(" AND NOT t.done");
        }
        match (self, &wanted.queues) {
            (Self::Queues, Some(queues)) => {
                let keys = keys(queues.iter().copied());
                sql.push(" AND t.queue = ANY (").push_bind(keys).push(")");
            }
            _ => self.push(sql, wanted),
        }
    }
}

fn person_is(sql: &mut Statement, before: &'static str, person: &PersonId) {
    sql.push(before).push_bind(person.as_str().to_owned());
}

/// Whether a test is about one value, so that what is behind it in an index is in order.
fn is_one(test: &Test) -> bool {
    match test {
        Test::Requester(people)
        | Test::Assignee(people)
        | Test::Follower(people)
        | Test::Cc(people) => people.len() == 1,
        Test::Organization(own) => own.len() == 1,
        Test::Tag(tags) => tags.len() == 1,
        Test::Field(_, comparison, _) => *comparison == Comparison::Equal,
        Test::About(_) => true,
        Test::Number(_)
        | Test::Status(_)
        | Test::Category(_)
        | Test::Queue(_)
        | Test::Assigned
        | Test::Priority(..)
        | Test::FieldSet(_)
        | Test::Created(..)
        | Test::Updated(..)
        | Test::Due(..)
        | Test::Snoozed
        | Test::Text(_) => false,
    }
}

/// The keys of queues as one value.
pub(super) fn keys<'q>(queues: impl IntoIterator<Item = &'q QueueKey>) -> Vec<String> {
    let keys = queues.into_iter();
    keys.map(|key| key.as_str().to_owned()).collect()
}
