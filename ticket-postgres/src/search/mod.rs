//! Lists, searches and counts.

mod condition;
mod due;
mod filter;
mod hits;
mod lead;
mod list;
mod order;
mod outline;
mod relevance;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row};
use ticket_core::authority::Reach;
use ticket_core::port::{StoreError, TicketSearch};
use ticket_core::query::{Cursor, DueTest, Page, PageRequest, Query, SortKey};
use ticket_core::ticket::Ticket;
use ticket_core::value::{TicketId, TicketNumber, Timestamp};

use crate::error::Error;
use crate::row::{from_column, from_json};
use crate::store::PostgresTenant;
use crate::text::Language;
use condition::Place;
use filter::Wanted;
pub(crate) use list::Bounds;
use list::{Limit, List};

/// How texts are searched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search {
    pub(crate) language: Language,
    pub(crate) bounds: Bounds,
}

impl Search {
    pub(crate) const DEFAULT: Self = Self {
        language: Language::None,
        bounds: Bounds::DEFAULT,
    };
}

/// A statement that is made of fixed pieces and bound values.
type Statement = QueryBuilder<Postgres>;

#[async_trait]
impl TicketSearch for PostgresTenant {
    async fn find(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, StoreError> {
        let wanted = Wanted::of(query, reach, self.place(reach));
        if wanted.is_nothing() {
            return Ok(Page {
                rows: Vec::new(),
                next: None,
            });
        }
        if query.sort.key == SortKey::Relevance {
            return Ok(self.read_best(&wanted, page).await?);
        }
        Ok(self.read_page(&wanted, page).await?)
    }

    async fn count(&self, query: &Query, reach: &Reach, at_most: u32) -> Result<u32, StoreError> {
        let wanted = Wanted::of(query, reach, self.place(reach));
        if wanted.is_nothing() {
            return Ok(0);
        }
        let limit = Limit::Count(i64::from(at_most));
        let mut statement = List::new(&wanted, self.bounds(), limit).count();
        let rows = self.read_list(statement.build()).await?;
        let count = rows.first().map_or(Ok(0_i64), |row| row.try_get(0));
        Ok(from_column("a count", count.map_err(Error::from)?)?)
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
        let mut statement = due::statement(self.id(), tests, now, limit);
        let rows = self.primary().read(statement.build()).await?;
        let id = |row: &PgRow| Ok(TicketId::new(row.try_get(0)?));
        let due: Result<_, Error> = rows.iter().map(id).collect();
        Ok(due?)
    }
}

impl PostgresTenant {
    fn place(&self, reach: &Reach) -> Place {
        Place {
            tenant: self.id(),
            level: reach.level(),
            language: self.language(),
        }
    }

    async fn read_page(
        &self,
        wanted: &Wanted<'_>,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, Error> {
        let list = List::new(wanted, self.bounds(), Limit::Page(rows_for(page.size())));
        let mut statement = list.page(page.after);
        let mut found = self.read_list(statement.build()).await?;
        let more = found.len() > page.size();
        found.truncate(page.size());
        let mut rows: Vec<Ticket> = Vec::with_capacity(found.len());
        for row in &found {
            rows.push(from_json("a ticket", row.try_get("json")?)?);
        }
        let next = match found.last().filter(|_| more) {
            Some(last) => Some(Cursor {
                sort: wanted.query.sort,
                value: last.try_get("value")?,
                number: number(last.try_get("number")?)?,
            }),
            None => None,
        };
        Ok(Page { rows, next })
    }
}

/// How many rows a statement reads for a page and one more: few texts, so that few statements
/// are prepared.
const fn rows_for(page: usize) -> &'static str {
    match page {
        0..=10 => "11",
        11..=25 => "26",
        26..=50 => "51",
        _ => "101",
    }
}

fn number(column: i64) -> Result<TicketNumber, Error> {
    let what = "a ticket's number";
    TicketNumber::new(from_column(what, column)?).map_err(|_| Error::Unreadable { what })
}
