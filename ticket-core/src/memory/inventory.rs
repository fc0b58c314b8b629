//! A walk over everything.

use std::fmt::Display;
use std::ops::Bound;

use async_trait::async_trait;

use super::{MemoryStore, Records};
use crate::port::{Inventory, SpoolState, StoreError, Stray};
use crate::ticket::Posting;
use crate::value::{TicketId, Version};

#[async_trait]
impl Inventory for MemoryStore {
    async fn tickets_after(
        &self,
        after: Option<TicketId>,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        let records = self.records();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = records.tickets.range((from, Bound::Unbounded));
        Ok(ids.map(|(id, _)| *id).take(usize::from(limit)).collect())
    }

    async fn strays(&self) -> Result<Vec<Stray>, StoreError> {
        let records = self.records();
        let mut strays = records.of_no_ticket();
        strays.extend(records.notices_of_no_event());
        strays.extend(records.calls_of_no_event());
        strays.extend(records.mails_of_no_posting());
        Ok(strays)
    }
}

impl Records {
    fn of_no_ticket(&self) -> Vec<Stray> {
        let gone = |id: &TicketId| !self.tickets.contains_key(id);
        let detail = "its ticket is gone";
        let threads = self.threads.keys().filter(|id| gone(id));
        let events = self.events.keys().filter(|id| gone(id));
        let keys = self.keys.iter().filter(|(_, (_, own))| gone(&own.ticket));
        threads
            .map(|id| stray("message", id, detail))
            .chain(events.map(|id| stray("event", id, detail)))
            .chain(keys.map(|((_, key), _)| stray("key", key, detail)))
            .collect()
    }

    fn notices_of_no_event(&self) -> impl Iterator<Item = Stray> {
        self.notices
            .values()
            .map(|entry| &entry.status.notice)
            .filter(|notice| !self.has_event(notice.ticket, notice.version))
            .map(|notice| stray("notice", notice.id, "no event has its version"))
    }

    fn calls_of_no_event(&self) -> impl Iterator<Item = Stray> {
        let calls = self.calls.values().map(|entry| &entry.status.call);
        let stray_ones = calls.filter(|call| {
            let about = call.about;
            about.is_some_and(|about| !self.has_event(about.ticket, about.version))
        });
        stray_ones.map(|call| stray("call", call.id, "no event has its version"))
    }

    fn mails_of_no_posting(&self) -> impl Iterator<Item = Stray> {
        let missing = |state: &SpoolState| match state {
            SpoolState::Done {
                ticket, posting, ..
            } => !self.has_posting(*ticket, *posting),
            SpoolState::Waiting { .. }
            | SpoolState::Claimed { .. }
            | SpoolState::Quarantined { .. } => false,
        };
        self.mails
            .iter()
            .filter(move |(_, entry)| missing(&entry.state))
            .map(|(id, _)| stray("mail", id, "its message is gone"))
    }

    fn has_event(&self, ticket: TicketId, version: Version) -> bool {
        let events = self.events.get(&ticket);
        events.is_some_and(|events| events.iter().any(|record| record.version == version))
    }

    fn has_posting(&self, ticket: TicketId, posting: Posting) -> bool {
        self.threads
            .get(&ticket)
            .is_some_and(|thread| match posting {
                Posting::Message(id) => thread.messages.iter().any(|own| own.id == id),
                Posting::Note(id) => thread.notes.iter().any(|own| own.id == id),
            })
    }
}

fn stray(kind: &str, id: impl Display, detail: &str) -> Stray {
    Stray {
        kind: kind.to_owned(),
        id: id.to_string(),
        detail: detail.to_owned(),
    }
}
