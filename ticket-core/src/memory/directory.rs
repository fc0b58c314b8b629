//! People and organizations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::lock;
use crate::person::{Organization, Person, Role};
use crate::port::{Directory, Roster, StoreError};
use crate::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};

/// A directory in memory; clones share the same people.
///
/// Guests get the ids `guest-1`, `guest-2` and so on.
#[derive(Debug, Clone, Default)]
pub struct MemoryDirectory {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    people: BTreeMap<PersonId, Person>,
    organizations: BTreeMap<OrganizationId, Organization>,
    guests: u64,
}

impl MemoryDirectory {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Book {
    fn by_address(&self, address: &EmailAddress) -> Option<&Person> {
        self.people
            .values()
            .find(|person| person.addresses.contains(address))
    }

    fn next_guest(&mut self) -> Result<PersonId, StoreError> {
        loop {
            self.guests = self.guests.saturating_add(1);
            let id = PersonId::new(&format!("guest-{}", self.guests))
                .map_err(|error| StoreError::corrupt(error.to_string()))?;
            if !self.people.contains_key(&id) {
                return Ok(id);
            }
        }
    }
}

#[async_trait]
impl Directory for MemoryDirectory {
    async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        let book = lock(&self.book);
        Ok(ids.iter().map(|id| book.people.get(id).cloned()).collect())
    }

    async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError> {
        Ok(lock(&self.book).by_address(address).cloned())
    }

    async fn organization(&self, id: &OrganizationId) -> Result<Option<Organization>, StoreError> {
        Ok(lock(&self.book).organizations.get(id).cloned())
    }

    async fn members(&self, queue: &QueueKey) -> Result<Vec<Person>, StoreError> {
        let is_member = |person: &&Person| match &person.role {
            Role::Agent { queues, .. } | Role::LightAgent { queues } => {
                person.active && queues.contains(queue)
            }
            Role::Customer | Role::Admin => false,
        };
        let book = lock(&self.book);
        Ok(book.people.values().filter(is_member).cloned().collect())
    }

    async fn admit(&self, guest: &Mailbox) -> Result<Option<Person>, StoreError> {
        let mut book = lock(&self.book);
        if let Some(known) = book.by_address(&guest.address) {
            return Ok(Some(known.clone()));
        }
        let id = book.next_guest()?;
        let name = guest.name.as_deref().unwrap_or_default();
        let person = Person::customer(id.clone(), name, guest.address.clone());
        book.people.insert(id, person.clone());
        Ok(Some(person))
    }
}

#[async_trait]
impl Roster for MemoryDirectory {
    async fn save_person(&self, person: &Person) -> Result<(), StoreError> {
        let mut book = lock(&self.book);
        let is_taken = |address| {
            book.by_address(address)
                .is_some_and(|other| other.id != person.id)
        };
        if person.addresses.iter().any(is_taken) {
            return Err(StoreError::AlreadyExists { what: "address" });
        }
        book.people.insert(person.id.clone(), person.clone());
        Ok(())
    }

    async fn save_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        lock(&self.book)
            .organizations
            .insert(organization.id.clone(), organization.clone());
        Ok(())
    }
}
