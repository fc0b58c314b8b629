//! Tickets that come from elsewhere.

use std::time::Duration;

use ticket_core::plan::Plan;
use ticket_core::port::{Outbox, StoreError, TicketRepository};
use ticket_core::ticket::Ticket;
use ticket_core::value::{TicketId, TicketNumber, Timestamp};
use ticket_postgres::PostgresTenant;

use crate::plans::open;
use crate::world::World;

fn life(number: u64) -> Plan {
    let number = TicketNumber::new(number).expect("a number");
    open(number, "It is stuck.")
}

async fn load(desk: &PostgresTenant, id: TicketId) -> Option<Ticket> {
    let found = desk.load(&[id.into()]).await.expect("looked up");
    found.into_iter().next().flatten()
}

#[tokio::test]
async fn an_import_is_written_whole_or_not_at_all() {
    let Some(world) = World::new() else { return };
    let desk = world.desk().await;
    let [one, two, three] = [1, 2, 3].map(life);

    desk.import(std::slice::from_ref(&two))
        .await
        .expect("imported");
    let again = desk.import(&[one.clone(), two]).await;
    assert!(
        matches!(again, Err(StoreError::AlreadyExists { what: "ticket" })),
        "{again:?}"
    );
    assert_eq!(load(&desk, one.ticket.id).await, None);

    // The connection of the import that failed is as good as before.
    desk.import(&[one.clone(), three]).await.expect("imported");
    assert_eq!(load(&desk, one.ticket.id).await, Some(one.ticket));
    assert_eq!(desk.next_number().await.expect("a number").get(), 4);
    let late = Timestamp::from_micros(i64::MAX / 2);
    let due = desk.claim_notices(late, Duration::from_secs(1), 10).await;
    assert_eq!(due.expect("claimed"), []);
}
