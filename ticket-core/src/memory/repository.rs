//! Tickets with their messages, notes and history.

use async_trait::async_trait;

use super::{MemoryStore, Records, calls, outbox};
use crate::plan::{IdempotencyKey, Plan, Receipt};
use crate::port::{Reference, StoreError, TicketRepository};
use crate::ticket::{EventRecord, LinkKind, Posting, Redaction, Thread, Ticket};
use crate::value::{TicketId, TicketNumber, Version};

#[async_trait]
impl TicketRepository for MemoryStore {
    async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError> {
        let records = self.records();
        Ok(references
            .iter()
            .map(|reference| records.ticket(reference).cloned())
            .collect())
    }

    async fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError> {
        Ok(self
            .records()
            .threads
            .get(&ticket)
            .cloned()
            .unwrap_or_default())
    }

    async fn history(
        &self,
        ticket: TicketId,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let records = self.records();
        let events = records.events.get(&ticket).into_iter().flatten();
        Ok(events
            .filter(|record| after.is_none_or(|seen| record.version > seen))
            .cloned()
            .collect())
    }

    async fn linking_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, StoreError> {
        let records = self.records();
        let by_number = records
            .numbers
            .values()
            .filter_map(|id| records.tickets.get(id));
        Ok(by_number
            .flat_map(|from| from.links.iter().map(|link| (from.id, *link)))
            .filter(|(_, link)| link.to == ticket)
            .map(|(from, link)| (from, link.kind))
            .collect())
    }

    async fn next_number(&self) -> Result<TicketNumber, StoreError> {
        let mut records = self.records();
        let number = TicketNumber::new(records.last_number.saturating_add(1))
            .map_err(|error| StoreError::corrupt(error.to_string()))?;
        records.last_number = number.get();
        Ok(number)
    }

    async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError> {
        self.records().earlier(key)
    }

    async fn commit(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, StoreError> {
        let mut records = self.records();
        if let Some(key) = key
            && let Some(receipt) = records.earlier(key)?
        {
            return Ok(receipt);
        }
        records.check_version(plan)?;
        records.write(plan);
        let receipt = plan.receipt();
        if let Some(key) = key {
            let place = (key.scope.clone(), key.key.clone());
            let entry = (key.fingerprint, receipt.clone());
            records.keys.insert(place, entry);
        }
        Ok(receipt)
    }
}

impl Records {
    fn ticket(&self, reference: &Reference) -> Option<&Ticket> {
        let id = match reference {
            Reference::Id(id) => id,
            Reference::Number(number) => self.numbers.get(number)?,
            Reference::Mail(mail) => self.mail_ids.get(mail)?,
        };
        self.tickets.get(id)
    }

    fn earlier(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError> {
        let place = (key.scope.clone(), key.key.clone());
        let Some((fingerprint, receipt)) = self.keys.get(&place) else {
            return Ok(None);
        };
        if *fingerprint != key.fingerprint {
            return Err(StoreError::AlreadyExists {
                what: "idempotency key",
            });
        }
        Ok(Some(Receipt {
            replayed: true,
            ..receipt.clone()
        }))
    }

    fn check_version(&self, plan: &Plan) -> Result<(), StoreError> {
        let stored = self.tickets.get(&plan.ticket.id);
        match plan.expected {
            None if stored.is_some() || self.numbers.contains_key(&plan.ticket.number) => {
                Err(StoreError::AlreadyExists { what: "ticket" })
            }
            None => Ok(()),
            Some(expected) => {
                let current = stored.map_or(Version::new(0), |ticket| ticket.version);
                if current == expected {
                    Ok(())
                } else {
                    Err(StoreError::Conflict { current })
                }
            }
        }
    }

    fn write(&mut self, plan: &Plan) {
        let id = plan.ticket.id;
        self.last_number = self.last_number.max(plan.ticket.number.get());
        self.numbers.insert(plan.ticket.number, id);
        self.tickets.insert(id, plan.ticket.clone());
        self.events
            .entry(id)
            .or_default()
            .extend(plan.events.iter().cloned());
        let thread = self.threads.entry(id).or_default();
        thread.messages.extend(plan.messages.iter().cloned());
        thread
            .messages
            .sort_by_key(|message| (message.at, message.id));
        thread.notes.extend(plan.notes.iter().cloned());
        thread.notes.sort_by_key(|note| (note.at, note.id));
        for (posting, redaction) in plan.redacted() {
            erase(thread, posting, &redaction);
        }
        let mails = plan.messages.iter().map(|message| &message.mail);
        let mails = mails.chain(plan.notes.iter().map(|note| &note.mail));
        for mail_id in mails.flatten().filter_map(|mail| mail.message_id.clone()) {
            self.mail_ids.entry(mail_id).or_insert(id);
        }
        for notice in &plan.notices {
            self.notices
                .insert(notice.id, outbox::Entry::new(notice.clone()));
        }
        for call in &plan.calls {
            self.calls.insert(call.id, calls::Entry::new(call.clone()));
        }
    }
}

fn erase(thread: &mut Thread, posting: Posting, redaction: &Redaction) {
    match posting {
        Posting::Message(id) => {
            let found = thread.messages.iter_mut().filter(|own| own.id == id);
            found.for_each(|message| message.redact(redaction));
        }
        Posting::Note(id) => {
            let found = thread.notes.iter_mut().filter(|own| own.id == id);
            found.for_each(|note| note.redact(redaction));
        }
    }
}
