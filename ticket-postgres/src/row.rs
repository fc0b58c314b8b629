//! Values of the domain as columns hold them.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ticket_core::ticket::{Digest, Link, LinkKind, Ticket};
use ticket_core::value::{TicketNumber, Timestamp};
use ticket_core::workflow::Category;
use uuid::Uuid;

use crate::error::Error;

/// Writes a value as JSON.
pub(crate) fn to_json<T: Serialize>(what: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Unwritable { what })
}

/// Reads a value from JSON.
pub(crate) fn from_json<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|_| Error::Unreadable { what })
}

/// A ticket number as a column; all of them fit.
pub(crate) fn number(number: TicketNumber) -> i64 {
    i64::try_from(number.get()).unwrap_or(i64::MAX)
}

/// A count or size as a column.
pub(crate) fn to_column(what: &'static str, count: u64) -> Result<i64, Error> {
    i64::try_from(count).map_err(|_| Error::Unwritable { what })
}

/// A count or size from a column.
pub(crate) fn from_column<T: TryFrom<i64>>(what: &'static str, column: i64) -> Result<T, Error> {
    T::try_from(column).map_err(|_| Error::Unreadable { what })
}

/// The number of a category in columns; never change one.
pub(crate) const fn category_code(category: Category) -> i16 {
    match category {
        Category::New => 0,
        Category::Open => 1,
        Category::Pending => 2,
        Category::OnHold => 3,
        Category::Solved => 4,
        Category::Closed => 5,
    }
}

/// Longest text that a key holds as it is, in bytes: a row of an index has less than 2.7 KB.
const KEY_TEXT_MAX: usize = 1024;

/// A text as a key holds it: of a long one its beginning and a digest, so that it is equal to no
/// other, and stands where its beginning does.
pub(crate) fn key_text(text: String) -> String {
    if text.len() <= KEY_TEXT_MAX && !text.contains('\0') {
        return text;
    }
    let mut end = KEY_TEXT_MAX.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let begin = text.get(..end).unwrap_or_default().replace('\0', "");
    format!("{begin}\u{fffd}{}", Digest::of(text.as_bytes()))
}

/// What the table `terms` finds tickets by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TermKind {
    Tag,
    Follower,
    Cc,
    /// A field has a value; there may be none to compare.
    FieldSet,
    Field,
    About,
}

impl TermKind {
    /// Its number in columns; never change one.
    pub(crate) const fn code(self) -> i16 {
        match self {
            Self::Tag => 0,
            Self::Follower => 1,
            Self::Cc => 2,
            Self::FieldSet => 3,
            Self::Field => 4,
            Self::About => 5,
        }
    }
}

/// A row of the table `terms`: kind, name, term.
pub(crate) type Term = (i16, String, String);

/// What a ticket is found by in the table `terms`.
pub(crate) fn terms(ticket: &Ticket) -> BTreeSet<Term> {
    let plain = |kind: TermKind, term: &str| (kind.code(), String::new(), term.to_owned());
    let mut terms = BTreeSet::new();
    terms.extend(
        ticket
            .tags
            .iter()
            .map(|tag| plain(TermKind::Tag, tag.as_str())),
    );
    let followers = ticket.followers.iter();
    terms.extend(followers.map(|person| plain(TermKind::Follower, person.as_str())));
    let cc = ticket.cc.iter();
    terms.extend(cc.map(|person| plain(TermKind::Cc, person.as_str())));
    for (key, value) in &ticket.fields {
        let name = key.as_str().to_owned();
        terms.insert((TermKind::FieldSet.code(), name.clone(), String::new()));
        let own = value.terms().into_iter().map(key_text);
        terms.extend(own.map(|term| (TermKind::Field.code(), name.clone(), term)));
    }
    for subject in &ticket.about {
        let (kind, id) = (subject.kind().as_str(), subject.id());
        terms.insert((TermKind::About.code(), kind.to_owned(), id.to_owned()));
    }
    terms
}

/// A row of the table `links`: target, kind.
pub(crate) type LinkRow = (Uuid, i16);

/// The links of a ticket.
pub(crate) fn links(ticket: &Ticket) -> BTreeSet<LinkRow> {
    let row = |link: &Link| (link.to.uuid(), link_code(link.kind));
    ticket.links.iter().map(row).collect()
}

/// The kinds of link by their number in columns; never change one.
const LINK_KINDS: [LinkKind; 5] = [
    LinkKind::Relates,
    LinkKind::Duplicates,
    LinkKind::DependsOn,
    LinkKind::ChildOf,
    LinkKind::FollowUpOf,
];

const fn link_code(kind: LinkKind) -> i16 {
    match kind {
        LinkKind::Relates => 0,
        LinkKind::Duplicates => 1,
        LinkKind::DependsOn => 2,
        LinkKind::ChildOf => 3,
        LinkKind::FollowUpOf => 4,
    }
}

/// A kind of link from its number.
pub(crate) fn link_kind(code: i16) -> Result<LinkKind, Error> {
    let mut kinds = LINK_KINDS.into_iter();
    kinds
        .find(|kind| link_code(*kind) == code)
        .ok_or(Error::Unreadable {
            what: "a kind of link",
        })
}

/// The columns of a ticket that change with what it is, rather than with each commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filing {
    pub(crate) queue: String,
    pub(crate) status: String,
    pub(crate) category: i16,
    pub(crate) done: bool,
    pub(crate) priority: i16,
    pub(crate) requester: String,
    pub(crate) organization: Option<String>,
    pub(crate) assignee: Option<String>,
    pub(crate) snoozed_until: Option<i64>,
    pub(crate) due: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) status_since: i64,
}

impl Filing {
    /// The columns of a ticket.
    pub(crate) fn of(ticket: &Ticket) -> Self {
        Self {
            queue: ticket.queue.as_str().to_owned(),
            status: ticket.status.as_str().to_owned(),
            category: category_code(ticket.category),
            done: ticket.category.is_done(),
            priority: ticket.priority as i16,
            requester: ticket.requester.as_str().to_owned(),
            organization: ticket.organization.as_ref().map(ToString::to_string),
            assignee: ticket.assignee.as_ref().map(ToString::to_string),
            snoozed_until: ticket.snoozed_until.map(Timestamp::micros),
            due: ticket.due.map(Timestamp::micros),
            created_at: ticket.created_at.micros(),
            status_since: ticket.status_since.micros(),
        }
    }
}
