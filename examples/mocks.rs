//! A host's own tests, with mocks of our ports (feature `mock` of `ticket-core`).
//!
//! `cargo test -p examples --test mocks`
//!
//! The adapters in `ticket_core::memory` are the better test double for most of a host's tests:
//! they behave like the real ones. Mocks are for the rest, such as faults on demand and calls that
//! must be made exactly once.
#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use mockall::predicate::eq;
use ticket_core::command::Open;
use ticket_core::desk::{Desk, DeskError};
use ticket_core::mail::SigningKey;
use ticket_core::memory::{MemoryDirectory, MemoryStore};
use ticket_core::mock::{MockDirectory, MockNotifier, MockStore};
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::person::Person;
use ticket_core::port::{Roster, StoreError};
use ticket_core::value::{Invalid, PersonId, QueueKey, TicketNumber};

/// The host's code under test: a shop opens a ticket when a payment fails.
struct Checkout {
    desk: Desk,
}

/// What the shop's customer reads when a payment has failed.
#[derive(Debug, PartialEq)]
enum Apology {
    /// We know of it.
    Noted(TicketNumber),
    /// Our desk does not answer.
    PleaseCall,
}

impl Checkout {
    async fn payment_failed(&self, customer: &PersonId) -> Result<Apology, DeskError> {
        let caller = self.desk.acting(customer).await?;
        match caller.open(complaint()?).await {
            Ok(receipt) => Ok(Apology::Noted(receipt.number)),
            Err(DeskError::Store(error)) if error.is_retryable() => Ok(Apology::PleaseCall),
            Err(error) => Err(error),
        }
    }
}

fn complaint() -> Result<Open, Invalid> {
    let subject = "A payment failed".parse()?;
    let body = "The bank said no.".parse()?;
    Ok(Open::new("support".parse()?, subject, body))
}

fn ada() -> Person {
    let address = "ada@example.org".parse().expect("an address");
    Person::customer(7_u64.into(), "Ada", address)
}

fn key() -> SigningKey {
    SigningKey::new([7; 32])
}

#[tokio::test]
async fn a_customer_is_asked_to_call_when_the_store_is_away() {
    let people = MemoryDirectory::new();
    people.save_person(&ada()).await.expect("saved");
    let mut store = MockStore::new();
    store.expect_settings().returning(|| Ok(None));
    let number = TicketNumber::new(1).expect("a number");
    store.expect_next_number().returning(move || Ok(number));
    // The fault that no real store has on demand.
    store.expect_commit().once().returning(|_, _| {
        Err(StoreError::Unavailable {
            detail: "the disk is full".to_owned(),
            retry_after: None,
            source: None,
        })
    });
    let desk = Desk::builder(Arc::new(store), Arc::new(people), key()).build();

    let apology = Checkout { desk }.payment_failed(&ada().id).await;

    assert_eq!(apology.ok(), Some(Apology::PleaseCall));
}

#[tokio::test]
async fn a_customer_is_told_once_that_we_know() {
    let mut people = MockDirectory::new();
    people.expect_people().returning(|ids| {
        let known = |id: &PersonId| (*id == ada().id).then(ada);
        Ok(ids.iter().map(known).collect())
    });
    let support: QueueKey = "support".parse().expect("a queue");
    people
        .expect_members()
        .with(eq(support))
        .returning(|_| Ok(Vec::new()));
    let mut notifier = MockNotifier::new();
    notifier
        .expect_deliver()
        .once()
        .withf(|letter: &Letter| letter.kind == NoticeKind::Received)
        .returning(|_| Ok(()));
    let desk = Desk::builder(Arc::new(MemoryStore::new()), Arc::new(people), key())
        .notifier(Arc::new(notifier))
        .build();

    let checkout = Checkout { desk: desk.clone() };
    let apology = checkout.payment_failed(&ada().id).await.expect("opened");
    let delivered = desk.deliver(10).await.expect("delivered");

    assert!(matches!(apology, Apology::Noted(_)), "{apology:?}");
    assert_eq!(delivered.sent, 1);
    assert!(desk.deliver(10).await.expect("nothing").is_idle());
}
