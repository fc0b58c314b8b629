//! A directory that is down when it is told to be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use ticket_core::memory::MemoryDirectory;
use ticket_core::person::{Organization, Person};
use ticket_core::port::{Directory, StoreError};
use ticket_core::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};

/// A host's directory that can't be reached for a while.
#[derive(Clone)]
pub(crate) struct Shaky {
    pub(crate) people: MemoryDirectory,
    pub(crate) is_down: Arc<AtomicBool>,
}

impl Shaky {
    fn reach(&self) -> Result<&MemoryDirectory, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable {
                detail: "no route".to_owned(),
                retry_after: None,
                source: None,
            });
        }
        Ok(&self.people)
    }
}

#[async_trait]
impl Directory for Shaky {
    async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        self.reach()?.people(ids).await
    }

    async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError> {
        self.reach()?.by_address(address).await
    }

    async fn organization(&self, id: &OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.reach()?.organization(id).await
    }

    async fn members(&self, queue: &QueueKey) -> Result<Vec<Person>, StoreError> {
        self.reach()?.members(queue).await
    }

    async fn admit(&self, guest: &Mailbox) -> Result<Option<Person>, StoreError> {
        self.reach()?.admit(guest).await
    }
}
