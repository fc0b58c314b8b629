//! Queries: which tickets, in which order, from where on.

mod cursor;
mod language;
mod matching;
mod rank;
mod words;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ticket::{HostSubject, Priority, Ticket};
use crate::value::{
    FieldKey, Invalid, OrganizationId, PersonId, QueueKey, StatusKey, Tag, TicketNumber, Timestamp,
};
use crate::workflow::Category;

pub use cursor::Cursor;
pub use language::{Parsed, QueryError, parse, parse_for_customer};
pub use matching::{Searchable, matches, sort_value};
pub use rank::rank;
pub use words::normalize;

/// How many tickets [relevance](SortKey::Relevance) ranks at most: the newest that match.
pub const RANKED_MAX: usize = 500;

/// Which tickets, in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Query {
    /// What must hold, all of it.
    pub conditions: Vec<Condition>,
    /// In which order.
    pub sort: Sort,
}

impl Query {
    /// All tickets, the newest first.
    pub fn all() -> Self {
        Self::default()
    }

    /// This query with one more condition.
    #[must_use]
    pub fn and(mut self, test: Test) -> Self {
        self.conditions.push(Condition {
            negated: false,
            test,
        });
        self
    }

    /// This query with one more condition, which must not hold.
    #[must_use]
    pub fn and_not(mut self, test: Test) -> Self {
        self.conditions.push(Condition {
            negated: true,
            test,
        });
        self
    }

    /// This query in another order.
    #[must_use]
    pub const fn sorted(mut self, key: SortKey, descending: bool) -> Self {
        self.sort = Sort { key, descending };
        self
    }

    /// Whether it asks for something that only the team may know.
    ///
    /// In the reach of a customer such a query matches nothing; otherwise its answer would tell
    /// what is hidden.
    pub fn is_for_team(&self) -> bool {
        self.conditions
            .iter()
            .any(|condition| condition.test.is_for_team())
            || matches!(self.sort.key, SortKey::Priority | SortKey::Due)
    }

    /// Whether its order can be had: [relevance](SortKey::Relevance) is of words that must be
    /// found, and has the best first. A query that fails this finds nothing.
    ///
    /// # Errors
    /// Says what is wrong with the order.
    pub fn check(&self) -> Result<(), Invalid> {
        let wrong = |allowed| Err(Invalid::new("sort", "relevance", allowed));
        match self.sort.key {
            SortKey::Relevance if self.phrases().is_empty() => wrong(RELEVANCE_NEEDS_WORDS),
            SortKey::Relevance if !self.sort.descending => wrong(BEST_COMES_FIRST),
            SortKey::Relevance
            | SortKey::Number
            | SortKey::Created
            | SortKey::Updated
            | SortKey::Priority
            | SortKey::Due => Ok(()),
        }
    }
}

const RELEVANCE_NEEDS_WORDS: &str = "relevance needs words that are searched for";
const BEST_COMES_FIRST: &str = "the best comes first: sort:relevance, without a sign";

/// One thing that must hold, or must not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Condition {
    /// Whether the test must fail.
    pub negated: bool,
    /// The test.
    pub test: Test,
}

/// One test of a ticket. A set of values means any of them; an empty set holds for no ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "test", content = "value", rename_all = "snake_case")]
pub enum Test {
    /// It has this number.
    Number(TicketNumber),
    /// Its status is one of these.
    Status(BTreeSet<StatusKey>),
    /// Its category is one of these; for a customer, on hold counts as open.
    Category(BTreeSet<Category>),
    /// It is in one of these queues.
    Queue(BTreeSet<QueueKey>),
    /// Somebody is responsible for it.
    Assigned,
    /// One of these is responsible for it.
    Assignee(BTreeSet<PersonId>),
    /// One of these asks.
    Requester(BTreeSet<PersonId>),
    /// One of these follows.
    Follower(BTreeSet<PersonId>),
    /// One of these is in Cc.
    Cc(BTreeSet<PersonId>),
    /// It is asked on account of one of these.
    Organization(BTreeSet<OrganizationId>),
    /// It has one of these tags.
    Tag(BTreeSet<Tag>),
    /// Its priority compares so.
    Priority(Comparison, Priority),
    /// The field has any value.
    FieldSet(FieldKey),
    /// One of the field's [terms](crate::field::FieldValue::terms) compares so with this term.
    Field(FieldKey, Comparison, String),
    /// It is about this thing of the host.
    About(HostSubject),
    /// It was opened at a time that compares so.
    Created(Comparison, Timestamp),
    /// It changed last at a time that compares so; for a customer, the last public change.
    Updated(Comparison, Timestamp),
    /// It has a due date, which compares so.
    Due(Comparison, Timestamp),
    /// It is asleep.
    Snoozed,
    /// Subject or messages hold these words one after the other; for the team, notes count too.
    ///
    /// The words are [normalized](normalize); an empty list holds for every ticket.
    Text(Vec<String>),
}

impl Test {
    /// Whether only the team may ask this.
    pub const fn is_for_team(&self) -> bool {
        match self {
            Self::Number(_)
            | Self::Category(_)
            | Self::Requester(_)
            | Self::Cc(_)
            | Self::Organization(_)
            | Self::Created(..)
            | Self::Updated(..)
            | Self::Text(_) => false,
            Self::Status(_)
            | Self::Queue(_)
            | Self::Assigned
            | Self::Assignee(_)
            | Self::Follower(_)
            | Self::Tag(_)
            | Self::Priority(..)
            | Self::FieldSet(_)
            | Self::Field(..)
            | Self::About(_)
            | Self::Due(..)
            | Self::Snoozed => true,
        }
    }

    /// The words that it asks for, if any.
    fn phrase(&self) -> Option<&[String]> {
        match self {
            Self::Text(words) if !words.is_empty() => Some(words),
            _ => None,
        }
    }
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Smaller or earlier.
    Less,
    /// At most.
    LessOrEqual,
    /// The same.
    Equal,
    /// At least.
    GreaterOrEqual,
    /// Larger or later.
    Greater,
}

impl Comparison {
    /// Whether `left` stands in this relation to `right`.
    pub fn holds<T: Ord + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Equal => left == right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
        }
    }
}

/// In which order tickets are listed; the ticket's number breaks ties in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Whether the largest or latest comes first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            key: SortKey::Number,
            descending: true,
        }
    }
}

/// By what tickets are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// By number, which is by age.
    Number,
    /// By the time of opening.
    Created,
    /// By the last change; for a query of a customer, the last public one.
    Updated,
    /// By priority.
    Priority,
    /// By due date; those without one come last in either direction.
    Due,
    /// By how well the [words](Query::phrases) of the query are found, the best first.
    ///
    /// Of the tickets that match and are admitted, the [`RANKED_MAX`] with the highest numbers
    /// are ranked and listed; the list ends after them, though a count knows of more. So a common
    /// word costs no more than a rare one.
    ///
    /// The rank of a ticket is a number that rests on the query and on the texts of this ticket
    /// that the side of the reach may read, and on nothing else: not on notes for a customer, and
    /// not on how often other tickets, which somebody may not see, have the words. So a ticket
    /// that did not change keeps its place: no page repeats it, and none hides it unless newer
    /// ones push it out of those that are ranked.
    ///
    /// How it is judged is the store's, [`rank`] being the core's; but more is never worse. A
    /// phrase in the subject as well, in more texts, several times in one text, or beside
    /// the other phrases ranks no lower than the same without, and in the subject as well as
    /// in as many texts it ranks higher. Equal ranks: the higher number first, as in any order.
    Relevance,
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many at most; 1 to 100, anything else is brought into that range.
    pub limit: u16,
    /// Where the page before it ended.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The largest page.
    pub const MAX: u16 = 100;

    /// The first so many.
    pub const fn first(limit: u16) -> Self {
        Self { limit, after: None }
    }

    /// How many, brought into the allowed range.
    pub fn size(&self) -> usize {
        usize::from(self.limit.clamp(1, Self::MAX))
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
}

/// What the clock may have made due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueTest {
    /// Asleep, and the time is over.
    SnoozeOver,
    /// In the status since that instant or longer, in one of these queues.
    InStatus {
        /// The status.
        status: StatusKey,
        /// The queues.
        queues: BTreeSet<QueueKey>,
        /// Since when, at the latest.
        since: Timestamp,
    },
}

impl DueTest {
    /// Whether it holds for the ticket.
    pub fn holds(&self, ticket: &Ticket, now: Timestamp) -> bool {
        match self {
            Self::SnoozeOver => ticket.snoozed_until.is_some_and(|until| until <= now),
            Self::InStatus {
                status,
                queues,
                since,
            } => {
                ticket.status == *status
                    && queues.contains(&ticket.queue)
                    && ticket.status_since <= *since
            }
        }
    }
}
