//! The line that people type into a search box.
//!
//! A line is a row of conditions with spaces between them; all of them must hold, and a `-`
//! directly before one means that it must not. Letters' case matters nowhere.
//!
//! | written | means |
//! | --- | --- |
//! | `jam`, `"printer jam"` | this word, these words one after the other |
//! | `#123` | the ticket of this number |
//! | `status:waiting` | this status; the word of a category when no workflow has such a status |
//! | `category:on_hold` | this category: new, open, pending, `on_hold`, solved, closed |
//! | `queue:billing`, `tag:spam`, `organization:acme` | in this queue, with this tag, on account of |
//! | `assignee:me`, `assignee:none`, `assignee:any` | mine, nobody's, somebody's |
//! | `requester:ada@example.org`, `cc:`, `follower:` | a person by address, `me`, or id |
//! | `requester:id:me` | the person with exactly this id, whatever it looks like |
//! | `priority:high`, `priority>=high` | compared with `:` or `=`, `<`, `<=`, `>`, `>=` |
//! | `created:2026-01-31`, `updated>2026-01-31`, `due<=…` | on the day, after it, up to its end |
//! | `due<2026-01-31T12:00:00Z` | compared with an instant (RFC 3339) |
//! | `field.size:large`, `field.floor>=3` | a custom field; only numbers and days have an order |
//! | `has:assignee`, `has:due`, `has:field.size` | it has one |
//! | `is:snoozed` | asleep |
//! | `about:order/4711` | about a thing of the host |
//! | `sort:updated`, `sort:-updated` | the earliest first, the latest first |
//! | `jam sort:relevance` | the newest that have the word, those first where it is found best |
//!
//! Several values with commas between them mean any of them: `queue:billing,support`. A value
//! with spaces or commas stands in quotes; inside, `\"` is a quote and `\\` a backslash. Words
//! that hold a `:` or `=` stand in quotes too, or they would be taken for a key.
//!
//! Days are those of UTC. There are no relative times such as "the last week": a line means the
//! same whenever it is read. A day can't be negated, since a line has no "or": `created<` or
//! `created>` says it.

mod key;
mod lexer;
mod moment;
mod person;
mod read;
#[cfg(test)]
mod tests;
mod value;
mod write;

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Condition, Query, Sort, Test};
use crate::settings::CheckedSettings;
use crate::value::{EmailAddress, PersonId};
use person::People;

/// Longest line, in characters.
const LINE_MAX: usize = 2_000;
/// Most conditions.
const CONDITIONS_MAX: usize = 50;
/// Longest excerpt of a line that an error repeats, in characters.
const EXCERPT: usize = 80;

/// What is wrong in a search line, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at {}: {found:?} is not understood; {allowed}", at.start + 1)]
pub struct QueryError {
    /// Where, in characters from the beginning of the line; inside the line or at its end.
    pub at: Range<usize>,
    /// What stands there, shortened.
    pub found: String,
    /// What is allowed there.
    pub allowed: String,
}

impl QueryError {
    fn new(at: Range<usize>, found: &str, allowed: impl Into<String>) -> Self {
        let mut excerpt: String = found.chars().take(EXCERPT).collect();
        if excerpt.len() < found.len() {
            excerpt.push('…');
        }
        Self {
            at,
            found: excerpt,
            allowed: allowed.into(),
        }
    }
}

/// A search line that was understood, before people are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    conditions: Vec<Draft>,
    sort: Sort,
    audience: Audience,
}

/// Who typed the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    Team,
    /// Learns from no answer which addresses, keys and statuses there are.
    Customer,
}

/// A condition that may wait for people.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    negated: bool,
    test: DraftTest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DraftTest {
    Ready(Test),
    People(People),
}

impl Parsed {
    /// The addresses that the line names, to be looked up in the directory; each once.
    pub fn addresses(&self) -> Vec<EmailAddress> {
        let mut addresses: Vec<_> = self
            .conditions
            .iter()
            .filter_map(|draft| match &draft.test {
                DraftTest::Ready(_) => None,
                DraftTest::People(people) => Some(people.addresses()),
            })
            .flatten()
            .cloned()
            .collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// The query, with `me` and addresses put in.
    ///
    /// In a line of a customer an address that is nobody's matches no ticket, like that of a
    /// stranger, so that nobody can find out who is known here.
    ///
    /// # Errors
    /// When the line says `me` and there is nobody, or an address is nobody's.
    pub fn bind(
        self,
        me: Option<&PersonId>,
        people: &BTreeMap<EmailAddress, PersonId>,
    ) -> Result<Query, QueryError> {
        let strict = self.audience == Audience::Team;
        let bound = |draft: Draft| {
            let test = match draft.test {
                DraftTest::Ready(test) => test,
                DraftTest::People(words) => words.bind(me, people, strict)?,
            };
            Ok(Condition {
                negated: draft.negated,
                test,
            })
        };
        Ok(Query {
            conditions: self
                .conditions
                .into_iter()
                .map(bound)
                .collect::<Result<_, _>>()?,
            sort: self.sort,
        })
    }
}

/// Reads a line of somebody of the team, such as `status:open assignee:me -tag:spam "printer jam"`.
///
/// Its errors name the queues, statuses and fields of the desk: for a customer there is
/// [`parse_for_customer`].
///
/// ```
/// use std::collections::BTreeMap;
/// use ticket_core::query::{Query, SortKey, Test, parse};
/// use ticket_core::settings::Settings;
/// let settings = Settings::default().check().map_err(|problems| problems[0].clone())?;
/// let parsed = parse("queue:support \"printer jam\" sort:-updated", &settings)?;
/// let query = parsed.bind(None, &BTreeMap::new())?;
/// let expected = Query::all()
///     .and(Test::Queue(["support".parse()?].into()))
///     .and(Test::Text(vec!["printer".to_owned(), "jam".to_owned()]))
///     .sorted(SortKey::Updated, true);
/// assert_eq!(query, expected);
/// let wrong = parse("jam qeue:support", &settings).unwrap_err();
/// assert_eq!((wrong.at, wrong.found.as_str()), (4..8, "qeue"));
/// assert!(wrong.allowed.starts_with("did you mean queue?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When a part of the line is not understood.
pub fn parse(line: &str, settings: &CheckedSettings) -> Result<Parsed, QueryError> {
    read::Reader::new(Some(settings)).line(line)
}

/// Reads a line of a customer, who has fewer keys: category, requester, cc, organization, created,
/// updated and sort.
///
/// `status:` is read as `category:`, since statuses are the team's. No answer depends on the
/// settings or the directory.
///
/// # Errors
/// When a part of the line is not understood.
pub fn parse_for_customer(line: &str) -> Result<Parsed, QueryError> {
    read::Reader::new(None).line(line)
}
