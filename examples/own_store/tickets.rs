//! Tickets: `commit` is the only write, everything else is asked of the state.

use async_trait::async_trait;
use ticket_core::authority::Reach;
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::port::{Inventory, Reference, StoreError, Stray, TicketRepository, TicketSearch};
use ticket_core::query::{DueTest, Page, PageRequest, Query};
use ticket_core::ticket::{EventRecord, LinkKind, Thread, Ticket};
use ticket_core::value::{TicketId, TicketNumber, Timestamp, Version};

use crate::call::Call;
use crate::journal::JournalStore;

#[async_trait]
impl TicketRepository for JournalStore {
    async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError> {
        self.read().await?.load(references).await
    }

    async fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError> {
        self.read().await?.thread(ticket).await
    }

    async fn history(
        &self,
        ticket: TicketId,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.read().await?.history(ticket, after).await
    }

    async fn linking_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, StoreError> {
        self.read().await?.linking_to(ticket).await
    }

    async fn next_number(&self) -> Result<TicketNumber, StoreError> {
        let writing = self.write().await?;
        let number = writing.state.next_number().await?;
        writing.keep(Call::NextNumber)?;
        Ok(number)
    }

    async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError> {
        self.read().await?.receipt(key).await
    }

    async fn commit(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, StoreError> {
        let writing = self.write().await?;
        let receipt = writing.state.commit(plan, key).await?;
        if !receipt.replayed {
            let key = key.cloned().map(Into::into);
            writing.keep(Call::Commit(Box::new(plan.clone()), key))?;
        }
        Ok(receipt)
    }
}

#[async_trait]
impl TicketSearch for JournalStore {
    async fn find(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, StoreError> {
        self.read().await?.find(query, reach, page).await
    }

    async fn count(&self, query: &Query, reach: &Reach, at_most: u32) -> Result<u32, StoreError> {
        self.read().await?.count(query, reach, at_most).await
    }

    async fn due(
        &self,
        tests: &[DueTest],
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        self.read().await?.due(tests, now, limit).await
    }
}

#[async_trait]
impl Inventory for JournalStore {
    async fn tickets_after(
        &self,
        after: Option<TicketId>,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        self.read().await?.tickets_after(after, limit).await
    }

    async fn strays(&self) -> Result<Vec<Stray>, StoreError> {
        self.read().await?.strays().await
    }
}
