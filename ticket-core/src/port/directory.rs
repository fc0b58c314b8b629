//! People and organizations; an embedder puts their own user table behind it.

use async_trait::async_trait;

use super::StoreError;
use crate::person::{Organization, Person};
use crate::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};

/// People and organizations, to read; the host decides what they are.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Directory: Send + Sync {
    /// Loads people, one answer for each id in the same order; `None` where there is none.
    async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError>;

    /// Who writes under this address, compared in its normal form.
    async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError>;

    /// An organization.
    async fn organization(&self, id: &OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// The active agents and light agents who are members of the queue, by id.
    ///
    /// Admins may work on every queue and are not members by that alone.
    async fn members(&self, queue: &QueueKey) -> Result<Vec<Person>, StoreError>;

    /// Somebody who is unknown so far, as a customer; the one who has the address if there is one.
    ///
    /// Called when the desk admits a guest. Of concurrent calls with one address, one makes the
    /// person and all get it. A host that keeps no guests may answer `None`: then there are none.
    async fn admit(&self, guest: &Mailbox) -> Result<Option<Person>, StoreError>;
}

/// A directory of ours, that can be written.
#[async_trait]
pub trait Roster: Directory {
    /// Adds or replaces a person.
    ///
    /// # Errors
    /// `AlreadyExists` (`address`) when somebody else has one of the addresses.
    async fn save_person(&self, person: &Person) -> Result<(), StoreError>;

    /// Adds or replaces an organization.
    async fn save_organization(&self, organization: &Organization) -> Result<(), StoreError>;
}
