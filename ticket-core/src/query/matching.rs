//! What a query means, exactly: the reference that every store agrees with.

use super::{Comparison, Query, Sort, SortKey, Test, normalize};
use crate::authority::Level;
use crate::ticket::{Thread, Ticket};

/// The texts of a ticket, each [normalized](super::normalize) to words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Searchable {
    /// The subject, and each public message.
    pub public: Vec<Vec<String>>,
    /// Each note.
    pub notes: Vec<Vec<String>>,
}

impl Searchable {
    /// The texts of a ticket and its thread; what was redacted is empty.
    pub fn of(ticket: &Ticket, thread: &Thread) -> Self {
        let subject = std::iter::once(normalize(ticket.subject.as_str()));
        let messages = thread.messages.iter();
        let notes = thread.notes.iter();
        Self {
            public: subject
                .chain(messages.map(|message| normalize(message.body.text())))
                .collect(),
            notes: notes.map(|note| normalize(note.body.text())).collect(),
        }
    }
}

/// Whether a ticket matches a query, for somebody who sees it at this level.
pub fn matches(query: &Query, ticket: &Ticket, texts: &Searchable, level: Level) -> bool {
    if query.check().is_err() || (level == Level::Customer && query.is_for_team()) {
        return false;
    }
    query
        .conditions
        .iter()
        .all(|condition| holds(&condition.test, ticket, texts, level) != condition.negated)
}

fn holds(test: &Test, ticket: &Ticket, texts: &Searchable, level: Level) -> bool {
    match test {
        Test::Number(number) => ticket.number == *number,
        Test::Status(statuses) => statuses.contains(&ticket.status),
        Test::Category(categories) => match level {
            Level::Team => categories.contains(&ticket.category),
            Level::Customer => categories.contains(&ticket.category.shown_to_customers()),
        },
        Test::Queue(queues) => queues.contains(&ticket.queue),
        Test::Assigned => ticket.assignee.is_some(),
        Test::Assignee(people) => ticket
            .assignee
            .as_ref()
            .is_some_and(|id| people.contains(id)),
        Test::Requester(people) => people.contains(&ticket.requester),
        Test::Follower(people) => !people.is_disjoint(&ticket.followers),
        Test::Cc(people) => !people.is_disjoint(&ticket.cc),
        Test::Organization(ids) => ticket
            .organization
            .as_ref()
            .is_some_and(|id| ids.contains(id)),
        Test::Tag(tags) => !tags.is_disjoint(&ticket.tags),
        Test::Priority(comparison, priority) => comparison.holds(&ticket.priority, priority),
        Test::FieldSet(key) => ticket.fields.contains_key(key),
        Test::Field(key, comparison, term) => ticket
            .fields
            .get(key)
            .is_some_and(|value| value.terms().iter().any(|own| comparison.holds(own, term))),
        Test::About(subject) => ticket.about.contains(subject),
        Test::Created(comparison, at) => comparison.holds(&ticket.created_at, at),
        Test::Updated(comparison, at) => match level {
            Level::Team => comparison.holds(&ticket.updated_at, at),
            Level::Customer => comparison.holds(&ticket.public_updated_at, at),
        },
        Test::Due(comparison, at) => ticket.due.is_some_and(|due| comparison.holds(&due, at)),
        Test::Snoozed => ticket.snoozed_until.is_some(),
        Test::Text(words) => {
            let contains = |text: &Vec<String>| {
                words.is_empty() || text.windows(words.len()).any(|window| window == words)
            };
            words.is_empty()
                || texts.public.iter().any(contains)
                || (level == Level::Team && texts.notes.iter().any(contains))
        }
    }
}

/// The value by which a ticket is sorted, for somebody who sees it at this level.
///
/// Pages are cut by comparing (value, number) with those of the cursor. By relevance it is 0
/// here: how well words are found is not the ticket's alone ([`rank`](super::rank)).
pub fn sort_value(sort: Sort, ticket: &Ticket, level: Level) -> i64 {
    match sort.key {
        SortKey::Number => i64::try_from(ticket.number.get()).unwrap_or(i64::MAX),
        SortKey::Created => ticket.created_at.micros(),
        SortKey::Updated => match level {
            Level::Team => ticket.updated_at.micros(),
            Level::Customer => ticket.public_updated_at.micros(),
        },
        SortKey::Priority => ticket.priority as i64,
        SortKey::Due => match (ticket.due, sort.descending) {
            (Some(due), _) => due.micros(),
            (None, true) => i64::MIN,
            (None, false) => i64::MAX,
        },
        SortKey::Relevance => 0,
    }
}

impl Sort {
    /// Whether a ticket with this sort value and number comes after the cursor's.
    pub fn is_after(self, value: i64, number: u64, cursor: &super::Cursor) -> bool {
        let comparison = if self.descending {
            Comparison::Less
        } else {
            Comparison::Greater
        };
        comparison.holds(&(value, number), &(cursor.value, cursor.number.get()))
    }
}
