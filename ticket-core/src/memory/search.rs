//! Lists, searches and counts: the definition of a query, applied to every ticket.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::{MemoryStore, Records};
use crate::authority::Reach;
use crate::port::{StoreError, TicketSearch};
use crate::query::{
    Cursor, DueTest, Page, PageRequest, Query, RANKED_MAX, Searchable, SortKey, Test, matches,
    rank, sort_value,
};
use crate::ticket::Ticket;
use crate::value::{TicketId, Timestamp};

#[async_trait]
impl TicketSearch for MemoryStore {
    async fn find(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, StoreError> {
        let sort = query.sort;
        let records = self.records();
        let mut found: Vec<(i64, &Ticket)> = records
            .valued(query, reach)
            .into_iter()
            .filter(|(value, ticket)| {
                page.after
                    .is_none_or(|cursor| sort.is_after(*value, ticket.number.get(), &cursor))
            })
            .collect();
        found.sort_by_key(|(value, ticket)| (*value, ticket.number));
        if sort.descending {
            found.reverse();
        }
        let more = found.len() > page.size();
        found.truncate(page.size());
        let next = found.last().filter(|_| more).map(|(value, ticket)| Cursor {
            sort,
            value: *value,
            number: ticket.number,
        });
        let rows = found.into_iter().map(|(_, ticket)| ticket.clone());
        Ok(Page {
            rows: rows.collect(),
            next,
        })
    }

    async fn count(&self, query: &Query, reach: &Reach, at_most: u32) -> Result<u32, StoreError> {
        let records = self.records();
        let limit = usize::try_from(at_most).unwrap_or(usize::MAX);
        let count = records.found(query, reach).take(limit).count();
        Ok(u32::try_from(count).unwrap_or(at_most))
    }

    async fn due(
        &self,
        tests: &[DueTest],
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        let records = self.records();
        let due = records
            .tickets
            .values()
            .filter(|ticket| tests.iter().any(|test| test.holds(ticket, now)));
        Ok(due
            .map(|ticket| ticket.id)
            .take(usize::from(limit))
            .collect())
    }
}

impl Records {
    fn found<'a>(&'a self, query: &'a Query, reach: &'a Reach) -> impl Iterator<Item = &'a Ticket> {
        self.tickets.values().filter(move |ticket| {
            reach.admits(ticket)
                && matches(query, ticket, &self.texts(query, ticket), reach.level())
        })
    }

    /// The tickets that are listed, each with what it is sorted by.
    fn valued<'a>(&'a self, query: &'a Query, reach: &'a Reach) -> Vec<(i64, &'a Ticket)> {
        let level = reach.level();
        let mut found: Vec<&Ticket> = self.found(query, reach).collect();
        if query.sort.key == SortKey::Relevance {
            found.sort_by_key(|ticket| Reverse(ticket.number));
            found.truncate(RANKED_MAX);
        }
        let value = |ticket: &Ticket| match query.sort.key {
            SortKey::Relevance => rank(query, &self.texts(query, ticket), level),
            _ => sort_value(query.sort, ticket, level),
        };
        found.into_iter().map(|own| (value(own), own)).collect()
    }

    /// The texts of a ticket, when the query asks for any.
    fn texts(&self, query: &Query, ticket: &Ticket) -> Searchable {
        let asked = query
            .conditions
            .iter()
            .any(|condition| matches!(condition.test, Test::Text(_)));
        match self.threads.get(&ticket.id).filter(|_| asked) {
            Some(thread) => Searchable::of(ticket, thread),
            None => Searchable::default(),
        }
    }
}
