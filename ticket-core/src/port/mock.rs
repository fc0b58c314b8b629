//! Mocks of every port, for a host's own tests (feature `mock`).
//!
//! A mock checks that a port is called as expected; made by [`mockall`], where its use is
//! described. For everything else the [adapters in memory](crate::memory) are the better stand-in:
//! they behave like the real thing.
//!
//! A host's test that a reply is brought to the customer, and to nobody else:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! use std::sync::Arc;
//!
//! use ticket_core::command::Open;
//! use ticket_core::desk::Desk;
//! use ticket_core::mail::SigningKey;
//! use ticket_core::memory::{MemoryDirectory, MemoryStore};
//! use ticket_core::mock::MockNotifier;
//! use ticket_core::notice::NoticeKind;
//! use ticket_core::person::{Person, Role};
//! use ticket_core::port::Roster;
//! use ticket_core::value::Body;
//!
//! let people = MemoryDirectory::new();
//! let ada = Person::customer(7_u64.into(), "Ada", "ada@example.org".parse()?);
//! let bob = Person::new(8_u64.into(), "Bob", "bob@example.org".parse()?, Role::Admin);
//! people.save_person(&ada).await?;
//! people.save_person(&bob).await?;
//!
//! let mut notifier = MockNotifier::new();
//! notifier
//!     .expect_deliver()
//!     .withf(|letter| letter.kind == NoticeKind::Received)
//!     .times(1)
//!     .returning(|_| Ok(()));
//! notifier
//!     .expect_deliver()
//!     .withf(|letter| {
//!         letter.kind == NoticeKind::Replied
//!             && letter.to.address.normal() == "ada@example.org"
//!             && letter.text.contains("Open the lid.")
//!     })
//!     .times(1)
//!     .returning(|_| Ok(()));
//!
//! let key = SigningKey::new([7; 32]);
//! let desk = Desk::builder(Arc::new(MemoryStore::new()), Arc::new(people), key)
//!     .notifier(Arc::new(notifier))
//!     .build();
//! let open = Open::new("support".parse()?, "Printer jam".parse()?, "It is stuck.".parse()?);
//! let ticket = desk.acting(&ada.id).await?.open(open).await?.ticket;
//! desk.acting(&bob.id).await?.reply(ticket, "Open the lid.".parse::<Body>()?).await?;
//! while !desk.deliver(10).await?.is_idle() {}
//! // Here the mock goes, and checks that each letter came exactly once.
//! # Ok(()) })
//! # }
//! ```

use async_trait::async_trait;
use mockall::mock;

pub use super::blob::{MockBlobStore, MockBlobWriter};
pub use super::bus::{MockEventBus, MockSubscription};
pub use super::calls::{MockCallLog, MockCallOutbox};
pub use super::directory::MockDirectory;
pub use super::host::{MockHostActions, MockSubjectResolver};
pub use super::inventory::MockInventory;
pub use super::lookup::MockLookup;
pub use super::mail_reader::MockMailReader;
pub use super::mock_store::MockStore;
pub use super::notifier::MockNotifier;
pub use super::outbox::MockOutbox;
pub use super::presence::MockPresence;
pub use super::search::MockTicketSearch;
pub use super::sessions::{MockRateLimiter, MockSessions};
pub use super::settings::MockSettingsStore;
pub use super::spool::MockMailSpool;
pub use super::system::{MockClock, MockIds};
pub use super::vault::MockVault;

use super::{Directory, Reference, Roster, StoreError, TicketRepository};
use crate::person::{Organization, Person};
use crate::plan::{IdempotencyKey, Plan, Receipt};
use crate::ticket::{EventRecord, LinkKind, Thread, Ticket};
use crate::value::{
    EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey, TicketId, TicketNumber, Version,
};

mock! {
    /// A mock of [`Roster`], which is a [`Directory`] too.
    #[derive(Debug)]
    pub Roster {}

    #[async_trait]
    impl Directory for Roster {
        async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError>;
        async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError>;
        async fn organization(
            &self,
            id: &OrganizationId,
        ) -> Result<Option<Organization>, StoreError>;
        async fn members(&self, queue: &QueueKey) -> Result<Vec<Person>, StoreError>;
        async fn admit(&self, guest: &Mailbox) -> Result<Option<Person>, StoreError>;
    }

    #[async_trait]
    impl Roster for Roster {
        async fn save_person(&self, person: &Person) -> Result<(), StoreError>;
        async fn save_organization(&self, organization: &Organization) -> Result<(), StoreError>;
    }
}

mock! {
    /// A mock of [`TicketRepository`].
    ///
    /// Its own methods are those of the port, but not async, and `commit` takes the key by value:
    /// mockall can't express a reference inside an option.
    #[derive(Debug)]
    pub TicketRepository {
        /// See [`TicketRepository::load`].
        pub fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError>;
        /// See [`TicketRepository::thread`].
        pub fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError>;
        /// See [`TicketRepository::history`].
        pub fn history(
            &self,
            ticket: TicketId,
            after: Option<Version>,
        ) -> Result<Vec<EventRecord>, StoreError>;
        /// See [`TicketRepository::linking_to`].
        pub fn linking_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, StoreError>;
        /// See [`TicketRepository::next_number`].
        pub fn next_number(&self) -> Result<TicketNumber, StoreError>;
        /// See [`TicketRepository::receipt`].
        pub fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError>;
        /// See [`TicketRepository::commit`].
        pub fn commit(
            &self,
            plan: &Plan,
            key: Option<IdempotencyKey>,
        ) -> Result<Receipt, StoreError>;
    }
}

#[async_trait]
impl TicketRepository for MockTicketRepository {
    async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError> {
        Self::load(self, references)
    }

    async fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError> {
        Self::thread(self, ticket)
    }

    async fn history(
        &self,
        ticket: TicketId,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, StoreError> {
        Self::history(self, ticket, after)
    }

    async fn linking_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, StoreError> {
        Self::linking_to(self, ticket)
    }

    async fn next_number(&self) -> Result<TicketNumber, StoreError> {
        Self::next_number(self)
    }

    async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError> {
        Self::receipt(self, key)
    }

    async fn commit(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, StoreError> {
        Self::commit(self, plan, key.cloned())
    }
}
