//! Notices on their way out.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;

use super::MemoryStore;
use crate::notice::Notice;
use crate::port::{Claimed, Fence, NoticeState, NoticeStatus, Outbox, Settlement, StoreError};
use crate::value::{EmailAddress, Line, NoticeId, TicketId, Timestamp};

/// A notice, and the number of its latest claim.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) status: NoticeStatus,
    fence: u64,
}

impl Entry {
    pub(super) fn new(notice: Notice) -> Self {
        let state = NoticeState::Waiting {
            due: notice.created_at,
            error: None,
        };
        let status = NoticeStatus {
            notice,
            state,
            attempts: 0,
        };
        Self { status, fence: 0 }
    }

    fn age(&self) -> (Timestamp, NoticeId) {
        (self.status.notice.created_at, self.status.notice.id)
    }

    const fn is_settled(&self) -> bool {
        match self.status.state {
            NoticeState::Waiting { .. } | NoticeState::Claimed { .. } => false,
            NoticeState::Sent { .. } | NoticeState::Dead { .. } | NoticeState::Suppressed => true,
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        match self.status.state {
            NoticeState::Waiting { due: from, .. } | NoticeState::Claimed { until: from } => {
                from <= now
            }
            NoticeState::Sent { .. } | NoticeState::Dead { .. } | NoticeState::Suppressed => false,
        }
    }

    fn claim(&mut self, until: Timestamp) -> Claimed {
        self.fence = self.fence.saturating_add(1);
        self.status.attempts = self.status.attempts.saturating_add(1);
        self.status.state = NoticeState::Claimed { until };
        Claimed {
            notice: self.status.notice.clone(),
            fence: Fence(self.fence),
            attempt: self.status.attempts,
        }
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim_notices(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut records = self.records();
        let mut open: Vec<&mut Entry> = records
            .notices
            .values_mut()
            .filter(|entry| !entry.is_settled())
            .collect();
        open.sort_by_key(|entry| entry.age());
        let mut readers = BTreeSet::new();
        let mut claimed = Vec::new();
        for entry in open {
            let notice = &entry.status.notice;
            let is_first = readers.insert((notice.ticket, notice.person.clone()));
            if is_first && entry.is_due(now) && claimed.len() < usize::from(limit) {
                claimed.push(entry.claim(now.plus(lease)));
            }
        }
        Ok(claimed)
    }

    async fn settle_notice(
        &self,
        id: NoticeId,
        fence: Fence,
        settlement: &Settlement,
    ) -> Result<bool, StoreError> {
        let mut records = self.records();
        let Some(entry) = records.notices.get_mut(&id) else {
            return Ok(false);
        };
        let is_claimed = matches!(entry.status.state, NoticeState::Claimed { .. });
        if !is_claimed || fence != Fence(entry.fence) {
            return Ok(false);
        }
        entry.status.state = match settlement.clone() {
            Settlement::Sent { at } => NoticeState::Sent { at },
            Settlement::Retry { at, error } => NoticeState::Waiting {
                due: at,
                error: Some(error),
            },
            Settlement::Dead { error } => NoticeState::Dead { error },
            Settlement::Suppressed => NoticeState::Suppressed,
            Settlement::Underway { until } => NoticeState::Claimed { until },
        };
        Ok(true)
    }

    async fn notice(&self, id: NoticeId) -> Result<Option<NoticeStatus>, StoreError> {
        let records = self.records();
        Ok(records.notices.get(&id).map(|entry| entry.status.clone()))
    }

    async fn notices(&self, ticket: TicketId) -> Result<Vec<NoticeStatus>, StoreError> {
        let records = self.records();
        let mut own: Vec<&Entry> = records
            .notices
            .values()
            .filter(|entry| entry.status.notice.ticket == ticket)
            .collect();
        own.sort_by_key(|entry| entry.age());
        Ok(own.into_iter().map(|entry| entry.status.clone()).collect())
    }

    async fn mark_bounced(&self, id: NoticeId, error: &Line) -> Result<bool, StoreError> {
        let mut records = self.records();
        let entry = records.notices.get_mut(&id);
        let Some(entry) =
            entry.filter(|entry| matches!(entry.status.state, NoticeState::Sent { .. }))
        else {
            return Ok(false);
        };
        entry.status.state = NoticeState::Dead {
            error: error.clone(),
        };
        Ok(true)
    }

    async fn requeue_notice(&self, id: NoticeId, now: Timestamp) -> Result<bool, StoreError> {
        let mut records = self.records();
        let is_over = |state: &NoticeState| {
            matches!(state, NoticeState::Dead { .. } | NoticeState::Suppressed)
        };
        let entry = records.notices.get_mut(&id);
        let Some(entry) = entry.filter(|entry| is_over(&entry.status.state)) else {
            return Ok(false);
        };
        entry.status.attempts = 0;
        entry.status.state = NoticeState::Waiting {
            due: now,
            error: None,
        };
        Ok(true)
    }

    async fn automatic_before(
        &self,
        address: &EmailAddress,
        since: Timestamp,
        before: &Notice,
    ) -> Result<u32, StoreError> {
        let records = self.records();
        let counted = records.notices.values().filter(|entry| {
            let notice = &entry.status.notice;
            notice.automatic
                && notice.to.address == *address
                && notice.created_at > since
                && entry.age() < (before.created_at, before.id)
                && entry.status.state != NoticeState::Suppressed
        });
        Ok(u32::try_from(counted.count()).unwrap_or(u32::MAX))
    }
}
