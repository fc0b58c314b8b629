//! A lookup that asks one question after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use crate::person::Person;
use crate::port::{
    Directory, Gathered, Holder, Lookup, Reference, Standing, Store, StoreError, Wanted, Whole,
};
use crate::ticket::{Digest, Ticket};
use crate::value::{PersonId, QueueKey, Timestamp};

/// A [`Lookup`] over any store and directory, which asks them one question after the other.
///
/// A desk uses it unless it is given another one, and for a store in the same process nothing is
/// lost by it.
#[derive(Clone)]
pub struct Separately {
    store: Arc<dyn Store>,
    directory: Arc<dyn Directory>,
}

impl std::fmt::Debug for Separately {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Separately").finish_non_exhaustive()
    }
}

impl Separately {
    /// A lookup over a store and a directory.
    pub fn new(store: Arc<dyn Store>, directory: Arc<dyn Directory>) -> Self {
        Self { store, directory }
    }

    async fn one(&self, reference: &Reference) -> Result<Option<Ticket>, StoreError> {
        let found = self.store.load(std::slice::from_ref(reference)).await?;
        Ok(found.into_iter().next().flatten())
    }

    async fn people(
        &self,
        ids: BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, Person>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<PersonId> = ids.into_iter().collect();
        let people = self.directory.people(&ids).await?.into_iter().flatten();
        Ok(people.map(|person| (person.id.clone(), person)).collect())
    }

    async fn members(
        &self,
        queues: BTreeSet<QueueKey>,
    ) -> Result<BTreeMap<QueueKey, Vec<Person>>, StoreError> {
        let mut members = BTreeMap::new();
        for queue in queues {
            let people = self.directory.members(&queue).await?;
            members.insert(queue, people);
        }
        Ok(members)
    }
}

#[async_trait]
impl Lookup for Separately {
    async fn holder(&self, digest: &Digest, now: Timestamp) -> Result<Option<Holder>, StoreError> {
        let Some(credential) = self.store.credential(digest, now).await? else {
            return Ok(None);
        };
        let standing = self.standing(&credential.person).await?;
        Ok(Some(Holder {
            credential,
            standing,
        }))
    }

    async fn standing(&self, person: &PersonId) -> Result<Option<Standing>, StoreError> {
        let found = self.directory.people(std::slice::from_ref(person)).await?;
        let Some(person) = found.into_iter().next().flatten() else {
            return Ok(None);
        };
        let organization = match &person.organization {
            Some(id) => self.directory.organization(id).await?,
            None => None,
        };
        Ok(Some(Standing {
            person,
            organization,
        }))
    }

    async fn gather(&self, wanted: &Wanted) -> Result<Gathered, StoreError> {
        if let Some(key) = &wanted.key
            && let Some(receipt) = self.store.receipt(key).await?
        {
            return Ok(Gathered {
                receipt: Some(receipt),
                ..Gathered::default()
            });
        }
        let subject = match &wanted.subject {
            Some(reference) => self.one(reference).await?,
            None => None,
        };
        let (mut people, mut queues) = (wanted.people.clone(), wanted.queues.clone());
        if let Some(ticket) = &subject {
            people.extend(ticket.names().cloned());
            queues.insert(ticket.queue.clone());
        }
        let references: Vec<Reference> =
            wanted.tickets.iter().copied().map(Reference::Id).collect();
        let tickets = match references.as_slice() {
            [] => Vec::new(),
            references => self.store.load(references).await?,
        };
        let mut files = BTreeMap::new();
        for digest in &wanted.files {
            let size = self.store.blob_size(digest).await?;
            files.extend(size.map(|size| (*digest, size)));
        }
        let number = match wanted.number {
            true => Some(self.store.next_number().await?),
            false => None,
        };
        Ok(Gathered {
            receipt: None,
            subject,
            people: self.people(people).await?,
            members: self.members(queues).await?,
            tickets: tickets
                .into_iter()
                .flatten()
                .map(|own| (own.id, own))
                .collect(),
            files,
            number,
        })
    }

    async fn whole(&self, reference: &Reference) -> Result<Option<Whole>, StoreError> {
        let Some(ticket) = self.one(reference).await? else {
            return Ok(None);
        };
        let thread = self.store.thread(ticket.id).await?;
        let linked_from = self.store.linking_to(ticket.id).await?;
        let authors = thread.messages.iter().map(|message| message.author.clone());
        let authors = self.people(authors.collect()).await?;
        Ok(Some(Whole {
            ticket,
            thread,
            linked_from,
            authors,
        }))
    }
}
