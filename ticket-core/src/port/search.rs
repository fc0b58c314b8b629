//! Lists, searches and counts.

use async_trait::async_trait;

use super::StoreError;
use crate::authority::Reach;
use crate::query::{DueTest, Page, PageRequest, Query};
use crate::ticket::Ticket;
use crate::value::{TicketId, Timestamp};

/// Lists, searches and counts; [`crate::query::matches`] says exactly what a query means.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TicketSearch: Send + Sync {
    /// One page of the tickets that match at the [level](Reach::level) of the reach and are
    /// admitted by it.
    ///
    /// A query [for the team](Query::is_for_team) matches nothing in the reach of a customer.
    /// Tickets that are inserted while somebody pages neither repeat nor hide others;
    /// [by relevance](crate::query::SortKey::Relevance) they may push the oldest ones out.
    /// A query that fails its [check](Query::check) finds and counts nothing.
    async fn find(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, StoreError>;

    /// How many tickets match and are admitted, counted no further than `at_most`.
    async fn count(&self, query: &Query, reach: &Reach, at_most: u32) -> Result<u32, StoreError>;

    /// Tickets for which any of the tests [holds](DueTest::holds) at `now`, at most `limit`.
    ///
    /// The cost does not grow with the number of tickets that are not due.
    async fn due(
        &self,
        tests: &[DueTest],
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError>;
}
