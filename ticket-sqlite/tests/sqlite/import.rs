//! Tickets that come from elsewhere.

use std::time::Duration;

use ticket_core::port::{Outbox, StoreError, TicketRepository};
use ticket_core::value::{TenantId, TicketNumber};
use ticket_sqlite::SqliteStore;

use crate::plans::{NOON, open};

#[tokio::test]
async fn an_import_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("desk.sqlite")).await;
    let store = store.expect("a store").tenant(TenantId::default());
    let number = |number| TicketNumber::new(number).expect("a number");
    let [one, two, three] = [1, 2, 3].map(|own| open(number(own), "It is stuck."));

    store
        .import(std::slice::from_ref(&two))
        .await
        .expect("imported");
    let again = store.import(&[one.clone(), two]).await;
    assert!(
        matches!(again, Err(StoreError::AlreadyExists { what: "ticket" })),
        "{again:?}"
    );
    let load = async |id: ticket_core::value::TicketId| {
        let found = store.load(&[id.into()]).await.expect("looked up");
        found.into_iter().next().flatten()
    };
    assert_eq!(load(one.ticket.id).await, None);

    store.import(&[one.clone(), three]).await.expect("imported");
    assert_eq!(load(one.ticket.id).await, Some(one.ticket));
    assert_eq!(store.next_number().await.expect("a number"), number(4));
    let due = store.claim_notices(NOON, Duration::from_secs(1), 10).await;
    assert_eq!(due.expect("claimed"), []);
}
