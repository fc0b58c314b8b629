//! What cases expect of answers.

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;

use super::StoreHarness;
use crate::port::{Reference, Store, StoreError};
use crate::ticket::Ticket;
use crate::value::{TenantId, TicketId, Version};

/// The store of the default tenant.
pub(super) async fn store<H: StoreHarness>(world: &H) -> Arc<dyn Store> {
    world.tenant(TenantId::default()).await
}

/// Reads a value from its text.
pub(super) fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a text of the suite that is a value")
}

/// The ticket with this id, which must be there.
pub(super) async fn ticket(store: &dyn Store, id: TicketId) -> Ticket {
    maybe_ticket(store, id).await.expect("the ticket is there")
}

/// The ticket with this id.
pub(super) async fn maybe_ticket(store: &dyn Store, id: TicketId) -> Option<Ticket> {
    let found = store.load(&[Reference::Id(id)]).await.expect("loaded");
    assert_eq!(found.len(), 1, "one answer for each reference");
    found.into_iter().next().flatten()
}

/// Checks that the answer is a conflict with this version.
#[track_caller]
pub(super) fn is_conflict<T: Debug>(answer: &Result<T, StoreError>, version: u64) {
    let found = matches!(
        answer,
        Err(StoreError::Conflict { current }) if *current == Version::new(version)
    );
    assert!(found, "a conflict with {version} is due, not {answer:?}");
}

/// Checks that the answer is that this is there already.
#[track_caller]
pub(super) fn is_there_already<T: Debug>(answer: &Result<T, StoreError>, thing: &str) {
    let found = matches!(answer, Err(StoreError::AlreadyExists { what }) if *what == thing);
    assert!(found, "there already: {thing} is due, not {answer:?}");
}

/// Checks that nothing that is stored belongs to nothing.
pub(super) async fn nothing_strays(store: &dyn Store) {
    let strays = store.strays().await.expect("checked");
    assert_eq!(strays, [], "something belongs to nothing");
}
