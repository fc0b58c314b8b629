//! Who is at a ticket right now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::lock;
use crate::port::{Doing, Presence, Present, StoreError};
use crate::value::{PersonId, TicketId, Timestamp};

/// How many tickets are kept before those who are gone are looked for.
const SWEEP_FROM: usize = 1024;

/// Who is at a ticket, inside one process; clones share the same people.
#[derive(Debug, Clone, Default)]
pub struct MemoryPresence {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    tickets: BTreeMap<TicketId, BTreeMap<PersonId, (Doing, Timestamp)>>,
    sweep_at: usize,
}

impl MemoryPresence {
    /// Nobody is anywhere.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Seen {
    /// Forgets who is gone, each time that the number of tickets has doubled.
    fn sweep(&mut self, now: Timestamp) {
        if self.tickets.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        self.tickets.retain(|_, people| {
            people.retain(|_, (_, until)| *until > now);
            !people.is_empty()
        });
        self.sweep_at = self.tickets.len().saturating_mul(2);
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn appear(
        &self,
        ticket: TicketId,
        person: &PersonId,
        doing: Doing,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let mut seen = lock(&self.seen);
        seen.sweep(now);
        let people = seen.tickets.entry(ticket).or_default();
        people.insert(person.clone(), (doing, now.plus(ttl)));
        Ok(())
    }

    async fn leave(&self, ticket: TicketId, person: &PersonId) -> Result<(), StoreError> {
        if let Some(people) = lock(&self.seen).tickets.get_mut(&ticket) {
            people.remove(person);
        }
        Ok(())
    }

    async fn present(&self, ticket: TicketId, now: Timestamp) -> Result<Vec<Present>, StoreError> {
        let seen = lock(&self.seen);
        let here = seen.tickets.get(&ticket).into_iter().flatten();
        let here = here.filter(|(_, (_, until))| *until > now);
        let present = here.map(|(person, (doing, until))| Present {
            person: person.clone(),
            doing: *doing,
            until: *until,
        });
        Ok(present.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_are_gone_are_forgotten() {
        let presence = MemoryPresence::new();
        let person = PersonId::new("ada").expect("an id");
        let mut now = Timestamp::from_micros(0);
        for turn in 0..SWEEP_FROM * 4 {
            now = now.plus(Duration::from_millis(100));
            let ticket = TicketId::new(uuid::Uuid::from_u128(turn as u128));
            let ttl = Duration::from_secs(1);
            let appeared = presence.appear(ticket, &person, Doing::Looking, now, ttl);
            appeared.await.expect("noted");
        }
        let kept = lock(&presence.seen).tickets.len();
        assert!(kept <= SWEEP_FROM, "{kept} tickets are kept");
    }
}
