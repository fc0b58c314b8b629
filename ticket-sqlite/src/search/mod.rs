//! Lists, searches and counts.

mod condition;
mod filter;
mod hits;
mod relevance;
mod route;
mod statement;

use async_trait::async_trait;
use sqlx::{QueryBuilder, Row, Sqlite};
use ticket_core::authority::{Level, Reach, TeamReach};
use ticket_core::port::{StoreError, TicketSearch};
use ticket_core::query::{Cursor, DueTest, Page, PageRequest, Query, SortKey};
use ticket_core::ticket::Ticket;
use ticket_core::value::{TicketId, TicketNumber, Timestamp};

use crate::error::Error;
use crate::row::{from_column, from_json, id_bytes, id_from};
use crate::store::SqliteTenant;
use filter::Wanted;
use route::List;

#[async_trait]
impl TicketSearch for SqliteTenant {
    async fn find(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, StoreError> {
        if finds_nothing(query, reach) {
            return Ok(Page {
                rows: Vec::new(),
                next: None,
            });
        }
        if query.sort.key == SortKey::Relevance {
            return Ok(self.read_best(query, reach, page).await?);
        }
        Ok(self.read_page(query, reach, page).await?)
    }

    async fn count(&self, query: &Query, reach: &Reach, at_most: u32) -> Result<u32, StoreError> {
        if finds_nothing(query, reach) {
            return Ok(0);
        }
        Ok(self.read_count(query, reach, at_most).await?)
    }

    async fn due(
        &self,
        tests: &[DueTest],
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        if tests.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.read_due(tests, now, limit).await?)
    }
}

/// Whether the answer is nothing whatever is stored: the order can't be had, a customer asks what
/// only the team may know, or no ticket can be wanted.
fn finds_nothing(query: &Query, reach: &Reach) -> bool {
    let asks_too_much = reach.level() == Level::Customer && query.is_for_team();
    let sees_nothing = *reach == Reach::Team(TeamReach::Nothing);
    query.check().is_err() || asks_too_much || sees_nothing || Wanted::of(query, reach).is_nothing()
}

impl SqliteTenant {
    async fn read_page(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, Error> {
        let mut reader = self.reader().await?;
        let Some(documents) = self.documents(&mut reader).await? else {
            return Ok(Page {
                rows: Vec::new(),
                next: None,
            });
        };
        let wanted = Wanted::of(query, reach);
        let list = List::of((self.id(), documents), &wanted, reach, query);
        let after = page.after.map(|cursor| crate::row::number(cursor.number));
        let mut windows = list.begin(&mut reader, after).await?;
        let mut found = Vec::new();
        while found.len() <= page.size()
            && let Some(route) = list.next(&mut reader, &mut windows).await?
        {
            let missing = limit(page.size() + 1 - found.len());
            let mut rows = statement::rows(&list, &route, page.after, missing);
            found.extend(rows.build().fetch_all(&mut *reader).await?);
        }
        drop(reader);
        let more = found.len() > page.size();
        found.truncate(page.size());
        let mut rows: Vec<Ticket> = Vec::with_capacity(found.len());
        for row in &found {
            rows.push(from_json("a ticket", row.try_get("json")?)?);
        }
        let next = match found.last().filter(|_| more) {
            Some(last) => Some(Cursor {
                sort: query.sort,
                value: last.try_get("value")?,
                number: number(last.try_get("number")?)?,
            }),
            None => None,
        };
        Ok(Page { rows, next })
    }

    async fn read_count(&self, query: &Query, reach: &Reach, at_most: u32) -> Result<u32, Error> {
        let mut reader = self.reader().await?;
        let Some(documents) = self.documents(&mut reader).await? else {
            return Ok(0);
        };
        let wanted = Wanted::of(query, reach);
        let newest = query.clone().sorted(SortKey::Number, true);
        let list = List::of((self.id(), documents), &wanted, reach, &newest);
        let (at_most, mut count) = (i64::from(at_most), 0_i64);
        let mut windows = list.begin(&mut reader, None).await?;
        while count < at_most
            && let Some(route) = list.next(&mut reader, &mut windows).await?
        {
            let mut more = statement::count(&list, &route, at_most - count);
            let more: i64 = more.build_query_scalar().fetch_one(&mut *reader).await?;
            count += more;
        }
        from_column("a count", count)
    }

    async fn read_due(
        &self,
        tests: &[DueTest],
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<TicketId>, Error> {
        let mut reader = self.reader().await?;
        let mut due = Vec::new();
        for test in tests {
            let ids: Vec<Vec<u8>> = statement::due(self.id(), test, now, limit)
                .build_query_scalar()
                .fetch_all(&mut *reader)
                .await?;
            for id in ids {
                due.push(TicketId::new(id_from("a ticket's id", &id)?));
            }
        }
        due.sort_by_key(|id| id_bytes(id.uuid()));
        due.dedup();
        due.truncate(usize::from(limit));
        Ok(due)
    }
}

fn number(column: i64) -> Result<TicketNumber, Error> {
    let what = "a ticket's number";
    TicketNumber::new(from_column(what, column)?).map_err(|_| Error::Unreadable { what })
}

/// How many rows a statement may answer.
fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A statement that is made of fixed pieces and bound values.
type Statement = QueryBuilder<Sqlite>;

#[cfg(test)]
mod tests;
