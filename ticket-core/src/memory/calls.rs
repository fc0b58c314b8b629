//! Calls of webhooks on their way out.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::MemoryStore;
use crate::port::{
    CallLog, CallOutbox, CallSettlement, CallState, CallStatus, ClaimedCall, Fence, StoreError,
};
use crate::value::{CallId, TicketId, Timestamp, Version, WebhookKey};
use crate::webhook::Call;

/// A call, the number of its latest claim, and whether it keeps its turn.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) status: CallStatus,
    fence: u64,
    in_order: bool,
}

impl Entry {
    pub(super) fn new(call: Call) -> Self {
        let status = CallStatus {
            state: CallState::Waiting {
                due: call.created_at,
            },
            attempts: 0,
            log: Vec::new(),
            call,
        };
        Self {
            in_order: status.call.about.is_some(),
            status,
            fence: 0,
        }
    }

    /// Since when it may be claimed; none when it is settled.
    const fn claimable_from(&self) -> Option<Timestamp> {
        match self.status.state {
            CallState::Waiting { due: from } | CallState::Claimed { until: from } => Some(from),
            CallState::Delivered { .. } | CallState::Dead { .. } => None,
        }
    }

    /// In which row it stands, and at which place.
    fn turn(&self) -> Option<((WebhookKey, TicketId), Version)> {
        let about = self.status.call.about.filter(|_| self.in_order)?;
        Some((
            (self.status.call.webhook.clone(), about.ticket),
            about.version,
        ))
    }

    fn claim(&mut self, until: Timestamp) -> ClaimedCall {
        self.fence = self.fence.saturating_add(1);
        self.status.attempts = self.status.attempts.saturating_add(1);
        self.status.state = CallState::Claimed { until };
        ClaimedCall {
            call: self.status.call.clone(),
            fence: Fence(self.fence),
            attempt: self.status.attempts,
            log: self.status.log.clone(),
        }
    }

    fn settle(&mut self, settlement: CallSettlement) {
        let (state, log) = match settlement {
            CallSettlement::Delivered { at, log } => (CallState::Delivered { at }, Some(log)),
            CallSettlement::Retry { at, log } => (CallState::Waiting { due: at }, Some(log)),
            CallSettlement::Dead { error, log } => (CallState::Dead { error }, Some(log)),
            CallSettlement::GivenBack { at } => (CallState::Waiting { due: at }, None),
            CallSettlement::Underway { until } => (CallState::Claimed { until }, None),
        };
        self.status.state = state;
        if let Some(log) = log {
            self.status.log = log;
        }
    }
}

#[async_trait]
impl CallOutbox for MemoryStore {
    async fn post_call(&self, call: &Call) -> Result<(), StoreError> {
        let mut records = self.records();
        if records.calls.contains_key(&call.id) {
            return Err(StoreError::AlreadyExists { what: "call" });
        }
        let entry = Entry {
            in_order: false,
            ..Entry::new(call.clone())
        };
        records.calls.insert(call.id, entry);
        Ok(())
    }

    async fn claim_calls(
        &self,
        now: Timestamp,
        lease: Duration,
        wanted: &[(WebhookKey, u16)],
    ) -> Result<Vec<ClaimedCall>, StoreError> {
        let mut records = self.records();
        let open = |entry: &&Entry| entry.claimable_from().is_some();
        let mut turns = BTreeMap::new();
        for (row, place) in records.calls.values().filter(open).filter_map(Entry::turn) {
            let first = turns.entry(row).or_insert(place);
            *first = place.min(*first);
        }
        let mut claimed = Vec::new();
        for (webhook, most) in wanted {
            let is_its_turn = |entry: &Entry| {
                let turn = entry.turn();
                turn.is_none_or(|(row, place)| turns.get(&row) == Some(&place))
            };
            let mut due: Vec<(Timestamp, &mut Entry)> = records
                .calls
                .values_mut()
                .filter(|entry| entry.status.call.webhook == *webhook && is_its_turn(entry))
                .filter_map(|entry| Some((entry.claimable_from()?, entry)))
                .filter(|(from, _)| *from <= now)
                .collect();
            due.sort_by_key(|(from, entry)| (*from, entry.status.call.id));
            let some = due.into_iter().take(usize::from(*most));
            claimed.extend(some.map(|(_, entry)| entry.claim(now.plus(lease))));
        }
        Ok(claimed)
    }

    async fn settle_call(
        &self,
        id: CallId,
        fence: Fence,
        settlement: &CallSettlement,
    ) -> Result<bool, StoreError> {
        let mut records = self.records();
        let Some(entry) = records.calls.get_mut(&id) else {
            return Ok(false);
        };
        let is_claimed = matches!(entry.status.state, CallState::Claimed { .. });
        if !is_claimed || fence != Fence(entry.fence) {
            return Ok(false);
        }
        entry.settle(settlement.clone());
        Ok(true)
    }

    async fn requeue_call(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError> {
        let mut records = self.records();
        let entry = records.calls.get_mut(&id);
        let Some(entry) = entry.filter(|entry| entry.claimable_from().is_none()) else {
            return Ok(false);
        };
        entry.in_order = false;
        entry.status.attempts = 0;
        entry.status.state = CallState::Waiting { due: now };
        Ok(true)
    }

    async fn end_calls(
        &self,
        now: Timestamp,
        active: &[WebhookKey],
        error: &str,
    ) -> Result<u64, StoreError> {
        let mut records = self.records();
        let mut ended = 0;
        for entry in records.calls.values_mut() {
            let is_over = match entry.status.state {
                CallState::Waiting { .. } => true,
                CallState::Claimed { until } => until <= now,
                CallState::Delivered { .. } | CallState::Dead { .. } => false,
            };
            if is_over && !active.contains(&entry.status.call.webhook) {
                let error = error.to_owned();
                entry.status.state = CallState::Dead { error };
                ended += 1;
            }
        }
        Ok(ended)
    }

    async fn forget_calls(
        &self,
        known: &[WebhookKey],
        newest: u32,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut records = self.records();
        let mut left: BTreeMap<&WebhookKey, u32> = known.iter().map(|key| (key, newest)).collect();
        let settled = records.calls.iter().rev();
        let settled = settled.filter(|(_, entry)| entry.claimable_from().is_none());
        let old: Vec<CallId> = settled
            .filter(
                |(_, entry)| match left.get_mut(&entry.status.call.webhook) {
                    Some(left) if *left > 0 => {
                        *left -= 1;
                        false
                    }
                    Some(_) | None => true,
                },
            )
            .map(|(id, _)| *id)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        for id in &old {
            records.calls.remove(id);
        }
        Ok(old.len() as u64)
    }
}

#[async_trait]
impl CallLog for MemoryStore {
    async fn call(&self, id: CallId) -> Result<Option<CallStatus>, StoreError> {
        let records = self.records();
        Ok(records.calls.get(&id).map(|entry| entry.status.clone()))
    }

    async fn calls(&self, ticket: TicketId) -> Result<Vec<CallStatus>, StoreError> {
        let records = self.records();
        let all = records.calls.values().map(|entry| &entry.status);
        let is_own = |status: &&CallStatus| {
            let about = status.call.about;
            about.is_some_and(|about| about.ticket == ticket)
        };
        let mut own: Vec<CallStatus> = all.filter(is_own).cloned().collect();
        own.sort_by_key(|status| (status.call.created_at, status.call.id));
        Ok(own)
    }

    async fn calls_to(
        &self,
        webhook: &WebhookKey,
        before: Option<CallId>,
        limit: u16,
    ) -> Result<Vec<CallStatus>, StoreError> {
        let records = self.records();
        let newest_first = records.calls.iter().rev();
        let own = newest_first
            .filter(|(id, entry)| {
                entry.status.call.webhook == *webhook && before.is_none_or(|before| **id < before)
            })
            .map(|(_, entry)| entry.status.clone());
        Ok(own.take(usize::from(limit)).collect())
    }
}
