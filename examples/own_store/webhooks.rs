//! Calls of webhooks, and the sealed secrets that they are signed with.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::port::{
    CallLog, CallOutbox, CallSettlement, CallStatus, ClaimedCall, Fence, Sealed, StoreError, Vault,
};
use ticket_core::value::{CallId, TicketId, Timestamp, WebhookKey};
use ticket_core::webhook::Call as WebhookCall;

use crate::call::Call;
use crate::journal::JournalStore;

#[async_trait]
impl CallOutbox for JournalStore {
    async fn post_call(&self, call: &WebhookCall) -> Result<(), StoreError> {
        let writing = self.write().await?;
        writing.state.post_call(call).await?;
        writing.keep(Call::PostCall(call.clone()))
    }

    async fn claim_calls(
        &self,
        now: Timestamp,
        lease: Duration,
        wanted: &[(WebhookKey, u16)],
    ) -> Result<Vec<ClaimedCall>, StoreError> {
        let writing = self.write().await?;
        let claimed = writing.state.claim_calls(now, lease, wanted).await?;
        if !claimed.is_empty() {
            writing.keep(Call::ClaimCalls(now, lease, wanted.to_vec()))?;
        }
        Ok(claimed)
    }

    async fn settle_call(
        &self,
        id: CallId,
        fence: Fence,
        settlement: &CallSettlement,
    ) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let settled = writing.state.settle_call(id, fence, settlement).await?;
        if settled {
            writing.keep(Call::SettleCall(id, fence, settlement.clone()))?;
        }
        Ok(settled)
    }

    async fn requeue_call(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let requeued = writing.state.requeue_call(id, now).await?;
        if requeued {
            writing.keep(Call::RequeueCall(id, now))?;
        }
        Ok(requeued)
    }

    async fn end_calls(
        &self,
        now: Timestamp,
        active: &[WebhookKey],
        error: &str,
    ) -> Result<u64, StoreError> {
        let writing = self.write().await?;
        let ended = writing.state.end_calls(now, active, error).await?;
        if ended > 0 {
            writing.keep(Call::EndCalls(now, active.to_vec(), error.to_owned()))?;
        }
        Ok(ended)
    }

    async fn forget_calls(
        &self,
        known: &[WebhookKey],
        newest: u32,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let writing = self.write().await?;
        let forgotten = writing.state.forget_calls(known, newest, limit).await?;
        if forgotten > 0 {
            writing.keep(Call::ForgetCalls(known.to_vec(), newest, limit))?;
        }
        Ok(forgotten)
    }
}

#[async_trait]
impl CallLog for JournalStore {
    async fn call(&self, id: CallId) -> Result<Option<CallStatus>, StoreError> {
        self.read().await?.call(id).await
    }

    async fn calls(&self, ticket: TicketId) -> Result<Vec<CallStatus>, StoreError> {
        self.read().await?.calls(ticket).await
    }

    async fn calls_to(
        &self,
        webhook: &WebhookKey,
        before: Option<CallId>,
        limit: u16,
    ) -> Result<Vec<CallStatus>, StoreError> {
        self.read().await?.calls_to(webhook, before, limit).await
    }
}

#[async_trait]
impl Vault for JournalStore {
    async fn sealed(&self, names: &[String]) -> Result<Vec<Sealed>, StoreError> {
        self.read().await?.sealed(names).await
    }

    async fn seal(&self, name: &str, seen: u64, bytes: &[u8]) -> Result<u64, StoreError> {
        let writing = self.write().await?;
        let generation = writing.state.seal(name, seen, bytes).await?;
        writing.keep(Call::Seal(name.to_owned(), seen, bytes.to_vec()))?;
        Ok(generation)
    }

    async fn forget_sealed(&self, name: &str) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let forgotten = writing.state.forget_sealed(name).await?;
        if forgotten {
            writing.keep(Call::ForgetSealed(name.to_owned()))?;
        }
        Ok(forgotten)
    }
}
