//! Which way a list is read: what leads, and over which part of the tickets.

use std::ops::RangeInclusive;

use sqlx::SqliteConnection;
use ticket_core::authority::{Level, Reach};
use ticket_core::query::{Query, Sort, SortKey};

use super::filter::Wanted;
use super::hits::{Asked, Extent, Part, extents};
use super::statement;
use crate::error::Error;
use crate::words::Documents;

/// Terms of fewer tickets than this lead, and words of fewer documents where the order is not that
/// of numbers: all their tickets are looked up.
const FEW: i64 = 1024;
/// How many documents with a word the first part of a list by number spans; a phrase of frequent
/// words is slow to find.
const FIRST_PART: i64 = 256;
/// Up to so many tickets are asked one by one whether they have some words.
const FEW_TO_ASK: i64 = 32;
/// All numbers that tickets have.
const ALL: RangeInclusive<i64> = 0..=i64::MAX;

/// One way to read a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The place of the condition whose own list of tickets leads.
    pub(super) leader: Option<usize>,
    /// The tickets that are looked at.
    pub(super) numbers: RangeInclusive<i64>,
    /// Whether each ticket is asked for its terms, rather than being looked for in a list of all
    /// that have one.
    pub(super) asks_each: bool,
    /// Likewise for words.
    pub(super) asks_words: bool,
}

/// What is known of a list before it is read.
#[derive(Clone, Copy)]
pub(super) struct List<'q> {
    pub(super) tenant: i64,
    pub(super) documents: Documents,
    pub(super) wanted: &'q Wanted<'q>,
    pub(super) reach: &'q Reach,
    pub(super) sort: Sort,
}

/// The parts in which a list is read, one after the other until enough is found.
pub(super) struct Windows {
    route: Option<Route>,
    /// What is left after the route; none when nothing is.
    left: Option<RangeInclusive<i64>>,
    hits: i64,
}

impl<'q> List<'q> {
    pub(super) fn of(
        (tenant, documents): (i64, Documents),
        wanted: &'q Wanted<'q>,
        reach: &'q Reach,
        query: &Query,
    ) -> Self {
        // Relevance is judged over the newest.
        let sort = match query.sort.key {
            SortKey::Relevance => Sort::default(),
            _ => query.sort,
        };
        Self {
            tenant,
            documents,
            wanted,
            reach,
            sort,
        }
    }

    const fn level(&self) -> Level {
        self.reach.level()
    }

    /// Where to begin, the numbers being cut by a cursor.
    pub(super) async fn begin(
        &self,
        reader: &mut SqliteConnection,
        after: Option<i64>,
    ) -> Result<Windows, Error> {
        let numbers = self.numbers_after(after);
        let words = self.wanted.must_have();
        if words.is_empty() {
            let route = self.by_terms(reader).await?;
            return Ok(Windows::one(route));
        }
        let by_number = self.sort.key == SortKey::Number;
        let few = if by_number { FIRST_PART } else { FEW };
        let found = self.extents(reader, &words, &numbers, few).await?;
        let fewest = words
            .iter()
            .zip(&found)
            .min_by_key(|(_, extent)| extent.hits);
        if let Some((asked, extent)) = fewest
            && extent.until.is_none()
        {
            return Ok(Windows::one(Route {
                leader: Some(asked.at),
                numbers,
                asks_each: true,
                asks_words: extent.hits <= FEW_TO_ASK,
            }));
        }
        if let Reach::Customer(customer) = self.reach {
            let mut seen = statement::seen(self.tenant, customer, FEW_TO_ASK + 1);
            let seen: i64 = seen.build_query_scalar().fetch_one(&mut *reader).await?;
            if seen <= FEW_TO_ASK {
                return Ok(Windows::one(Route {
                    leader: None,
                    numbers,
                    asks_each: true,
                    asks_words: true,
                }));
            }
        }
        if !by_number {
            return Ok(Windows::one(Route {
                numbers,
                ..self.by_terms(reader).await?
            }));
        }
        if let Some(term) = self.wanted.leading_term()
            && self.are_few(reader, term).await?
        {
            return Ok(Windows::one(Route {
                leader: Some(term),
                numbers,
                asks_each: true,
                asks_words: false,
            }));
        }
        Ok(Windows::new(self.sort, &found, numbers, few))
    }

    /// The next part; none when there is none.
    pub(super) async fn next(
        &self,
        reader: &mut SqliteConnection,
        windows: &mut Windows,
    ) -> Result<Option<Route>, Error> {
        if let Some(route) = windows.route.take() {
            return Ok(Some(route));
        }
        let Some(numbers) = windows.left.take() else {
            return Ok(None);
        };
        let hits = windows.hits.saturating_mul(4);
        let words = self.wanted.must_have();
        let found = self.extents(reader, &words, &numbers, hits).await?;
        *windows = Windows::new(self.sort, &found, numbers, hits);
        Ok(windows.route.take())
    }

    async fn extents(
        &self,
        reader: &mut SqliteConnection,
        words: &[&Asked],
        numbers: &RangeInclusive<i64>,
        hits: i64,
    ) -> Result<Vec<Extent>, Error> {
        let part = Part::of(self.documents, numbers, self.level());
        extents(reader, &part, words, (hits, self.sort.descending)).await
    }

    /// The numbers that a list by number can still hold after its cursor.
    fn numbers_after(&self, after: Option<i64>) -> RangeInclusive<i64> {
        match (self.sort.key, after) {
            (SortKey::Number, Some(last)) if self.sort.descending => 0..=last.saturating_sub(1),
            (SortKey::Number, Some(last)) => last.saturating_add(1)..=i64::MAX,
            _ => ALL,
        }
    }

    /// Without words: terms lead where they are few, or where the order has no index.
    async fn by_terms(&self, reader: &mut SqliteConnection) -> Result<Route, Error> {
        let route = |leader, asks_each| Route {
            leader,
            numbers: ALL,
            asks_each,
            asks_words: false,
        };
        let Some(term) = self.wanted.leading_term() else {
            return Ok(route(None, self.wanted.open_only));
        };
        let has_index = match self.sort.key {
            SortKey::Number | SortKey::Created | SortKey::Updated => true,
            SortKey::Priority | SortKey::Due | SortKey::Relevance => false,
        };
        if self.level() == Level::Team && has_index && !self.are_few(reader, term).await? {
            return Ok(route(None, true));
        }
        Ok(route(Some(term), self.wanted.open_only))
    }

    async fn are_few(&self, reader: &mut SqliteConnection, term: usize) -> Result<bool, Error> {
        let mut count = statement::candidates(self, term, FEW);
        let count: i64 = count.build_query_scalar().fetch_one(reader).await?;
        Ok(count < FEW)
    }
}

impl Windows {
    const fn one(route: Route) -> Self {
        Self {
            route: Some(route),
            left: None,
            hits: 0,
        }
    }

    /// As many tickets as the rarest of the words has documents in.
    fn new(sort: Sort, found: &[Extent], numbers: RangeInclusive<i64>, hits: i64) -> Self {
        let (first, last) = (*numbers.start(), *numbers.end());
        let ends = found.iter().map(|extent| extent.until);
        let end = if sort.descending {
            ends.map(|end| end.unwrap_or(first)).min().unwrap_or(first)
        } else {
            ends.map(|end| end.unwrap_or(last)).max().unwrap_or(last)
        };
        let (part, left) = if sort.descending {
            (end..=last, first..=end.saturating_sub(1))
        } else {
            (first..=end, end.saturating_add(1)..=last)
        };
        let is_last = if sort.descending {
            end <= first
        } else {
            end >= last
        };
        Self {
            route: Some(Route {
                leader: None,
                numbers: part,
                asks_each: true,
                asks_words: false,
            }),
            left: (!is_last && !left.is_empty()).then_some(left),
            hits,
        }
    }
}
