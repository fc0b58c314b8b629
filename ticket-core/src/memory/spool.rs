//! Raw mail.

use std::time::Duration;

use async_trait::async_trait;

use super::MemoryStore;
use crate::port::{
    ClaimedMail, Fence, MailSettlement, MailSpool, SpoolState, SpooledMail, SpooledStatus,
    StoreError,
};
use crate::value::{SpoolId, Timestamp};

/// A raw mail, where it is, and the number of its latest claim.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    mail: SpooledMail,
    pub(super) state: SpoolState,
    attempts: u32,
    fence: u64,
}

impl Entry {
    fn new(mail: SpooledMail) -> Self {
        let state = SpoolState::Waiting {
            due: mail.received_at,
            error: None,
        };
        Self {
            mail,
            state,
            attempts: 0,
            fence: 0,
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        match self.state {
            SpoolState::Waiting { due: from, .. } | SpoolState::Claimed { until: from } => {
                from <= now
            }
            SpoolState::Done { .. } | SpoolState::Quarantined { .. } => false,
        }
    }

    fn claim(&mut self, until: Timestamp) -> ClaimedMail {
        self.fence = self.fence.saturating_add(1);
        self.attempts = self.attempts.saturating_add(1);
        self.state = SpoolState::Claimed { until };
        ClaimedMail {
            mail: self.mail.clone(),
            fence: Fence(self.fence),
            attempt: self.attempts,
        }
    }

    fn status(&self) -> SpooledStatus {
        SpooledStatus {
            id: self.mail.id,
            queue: self.mail.queue.clone(),
            received_at: self.mail.received_at,
            size: u64::try_from(self.mail.raw.len()).unwrap_or(u64::MAX),
            state: self.state.clone(),
            attempts: self.attempts,
        }
    }
}

#[async_trait]
impl MailSpool for MemoryStore {
    async fn accept_mail(&self, mail: &SpooledMail) -> Result<(), StoreError> {
        let mut records = self.records();
        if records.mails.contains_key(&mail.id) {
            return Err(StoreError::AlreadyExists { what: "mail" });
        }
        records.mails.insert(mail.id, Entry::new(mail.clone()));
        Ok(())
    }

    async fn claim_mail(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let mut records = self.records();
        let mut due: Vec<&mut Entry> = records
            .mails
            .values_mut()
            .filter(|entry| entry.is_due(now))
            .collect();
        due.sort_by_key(|entry| (entry.mail.received_at, entry.mail.id));
        let claimed = due.into_iter().take(usize::from(limit));
        Ok(claimed.map(|entry| entry.claim(now.plus(lease))).collect())
    }

    async fn settle_mail(
        &self,
        id: SpoolId,
        fence: Fence,
        settlement: &MailSettlement,
    ) -> Result<bool, StoreError> {
        let mut records = self.records();
        let Some(entry) = records.mails.get_mut(&id) else {
            return Ok(false);
        };
        let is_claimed = matches!(entry.state, SpoolState::Claimed { .. });
        if !is_claimed || fence != Fence(entry.fence) {
            return Ok(false);
        }
        entry.state = match settlement.clone() {
            MailSettlement::Done {
                ticket,
                posting,
                decision,
            } => SpoolState::Done {
                ticket,
                posting,
                decision,
            },
            MailSettlement::Quarantined { reason, decision } => {
                SpoolState::Quarantined { reason, decision }
            }
            MailSettlement::Retry { at, error } => SpoolState::Waiting {
                due: at,
                error: Some(error),
            },
        };
        Ok(true)
    }

    async fn mail(&self, id: SpoolId) -> Result<Option<SpooledMail>, StoreError> {
        Ok(self
            .records()
            .mails
            .get(&id)
            .map(|entry| entry.mail.clone()))
    }

    async fn mail_status(&self, id: SpoolId) -> Result<Option<SpooledStatus>, StoreError> {
        Ok(self.records().mails.get(&id).map(Entry::status))
    }

    async fn quarantined_mail(
        &self,
        before: Option<SpoolId>,
        limit: u16,
    ) -> Result<Vec<SpooledStatus>, StoreError> {
        let records = self.records();
        let kept = records.mails.iter().rev().filter(|(id, entry)| {
            matches!(entry.state, SpoolState::Quarantined { .. })
                && before.is_none_or(|before| **id < before)
        });
        Ok(kept
            .take(usize::from(limit))
            .map(|(_, entry)| entry.status())
            .collect())
    }

    async fn run_mail_again(&self, id: SpoolId, now: Timestamp) -> Result<bool, StoreError> {
        let mut records = self.records();
        let entry = records.mails.get_mut(&id);
        let Some(entry) =
            entry.filter(|entry| matches!(entry.state, SpoolState::Quarantined { .. }))
        else {
            return Ok(false);
        };
        entry.attempts = 0;
        entry.state = SpoolState::Waiting {
            due: now,
            error: None,
        };
        Ok(true)
    }
}
