//! What workers take from: notices on their way out, raw mail on its way in.
//!
//! A claim is written before it is answered, so that an attempt is counted even if it ends in a
//! crash. A worker asks often and mostly finds nothing; then nothing is written.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::notice::Notice;
use ticket_core::port::{
    Claimed, ClaimedMail, Fence, MailSettlement, MailSpool, NoticeStatus, Outbox, Settlement,
    SpooledMail, SpooledStatus, StoreError,
};
use ticket_core::value::{EmailAddress, Line, NoticeId, SpoolId, TicketId, Timestamp};

use crate::call::Call;
use crate::journal::JournalStore;

#[async_trait]
impl Outbox for JournalStore {
    async fn claim_notices(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<Claimed>, StoreError> {
        let writing = self.write().await?;
        let claimed = writing.state.claim_notices(now, lease, limit).await?;
        if !claimed.is_empty() {
            writing.keep(Call::ClaimNotices(now, lease, limit))?;
        }
        Ok(claimed)
    }

    async fn settle_notice(
        &self,
        id: NoticeId,
        fence: Fence,
        settlement: &Settlement,
    ) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let settled = writing.state.settle_notice(id, fence, settlement).await?;
        if settled {
            writing.keep(Call::SettleNotice(id, fence, settlement.clone()))?;
        }
        Ok(settled)
    }

    async fn notice(&self, id: NoticeId) -> Result<Option<NoticeStatus>, StoreError> {
        self.read().await?.notice(id).await
    }

    async fn notices(&self, ticket: TicketId) -> Result<Vec<NoticeStatus>, StoreError> {
        self.read().await?.notices(ticket).await
    }

    async fn mark_bounced(&self, id: NoticeId, error: &Line) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let marked = writing.state.mark_bounced(id, error).await?;
        if marked {
            writing.keep(Call::MarkBounced(id, error.clone()))?;
        }
        Ok(marked)
    }

    async fn requeue_notice(&self, id: NoticeId, now: Timestamp) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let requeued = writing.state.requeue_notice(id, now).await?;
        if requeued {
            writing.keep(Call::RequeueNotice(id, now))?;
        }
        Ok(requeued)
    }

    async fn automatic_before(
        &self,
        address: &EmailAddress,
        since: Timestamp,
        before: &Notice,
    ) -> Result<u32, StoreError> {
        let state = self.read().await?;
        state.automatic_before(address, since, before).await
    }
}

#[async_trait]
impl MailSpool for JournalStore {
    async fn accept_mail(&self, mail: &SpooledMail) -> Result<(), StoreError> {
        let writing = self.write().await?;
        writing.state.accept_mail(mail).await?;
        writing.keep(Call::AcceptMail(mail.clone()))
    }

    async fn claim_mail(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let writing = self.write().await?;
        let claimed = writing.state.claim_mail(now, lease, limit).await?;
        if !claimed.is_empty() {
            writing.keep(Call::ClaimMail(now, lease, limit))?;
        }
        Ok(claimed)
    }

    async fn settle_mail(
        &self,
        id: SpoolId,
        fence: Fence,
        settlement: &MailSettlement,
    ) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let settled = writing.state.settle_mail(id, fence, settlement).await?;
        if settled {
            writing.keep(Call::SettleMail(id, fence, settlement.clone()))?;
        }
        Ok(settled)
    }

    async fn mail(&self, id: SpoolId) -> Result<Option<SpooledMail>, StoreError> {
        self.read().await?.mail(id).await
    }

    async fn mail_status(&self, id: SpoolId) -> Result<Option<SpooledStatus>, StoreError> {
        self.read().await?.mail_status(id).await
    }

    async fn quarantined_mail(
        &self,
        before: Option<SpoolId>,
        limit: u16,
    ) -> Result<Vec<SpooledStatus>, StoreError> {
        self.read().await?.quarantined_mail(before, limit).await
    }

    async fn run_mail_again(&self, id: SpoolId, now: Timestamp) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let requeued = writing.state.run_mail_again(id, now).await?;
        if requeued {
            writing.keep(Call::RunMailAgain(id, now))?;
        }
        Ok(requeued)
    }
}
