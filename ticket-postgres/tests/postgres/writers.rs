//! Many writers at once: each version is written once, and what the server refuses for a moment
//! is done again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ticket_core::port::{Reference, StoreError, TicketRepository};
use ticket_core::ticket::Ticket;
use ticket_core::value::{TenantId, TicketNumber, Version};
use ticket_postgres::PostgresTenant;

use crate::plans;
use crate::world::{World, run};

const WRITERS: usize = 16;
const TICKETS: usize = 4;
const REPLIES: usize = 10;

async fn open_ticket(desk: &PostgresTenant) -> Ticket {
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await.expect("opened");
    plan.ticket
}

async fn load(desk: &PostgresTenant, number: TicketNumber) -> Ticket {
    let found = desk.load(&[Reference::Number(number)]).await.expect("read");
    found.into_iter().flatten().next().expect("a ticket")
}

/// Replies until it wins the race, and says how often it lost.
async fn reply(desk: &PostgresTenant, number: TicketNumber, text: &str) -> u32 {
    let mut lost = 0;
    loop {
        let plan = plans::reply(&load(desk, number).await, text);
        match desk.commit(&plan, None).await {
            Ok(_) => return lost,
            Err(StoreError::Conflict { current }) => {
                assert!(Some(current) > plan.expected, "{current}");
                lost += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_on_four_tickets_lose_no_update() {
    let Some(world) = World::new() else { return };
    let store = world.options().connections(WRITERS).connect().await;
    let desk = store.expect("a store").tenant(TenantId::default());
    let mut numbers = Vec::new();
    for _ in 0..TICKETS {
        numbers.push(open_ticket(&desk).await.number);
    }
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (desk, number) = (desk.clone(), numbers[writer % TICKETS]);
            tokio::spawn(async move {
                for reply_of in 0..REPLIES {
                    reply(&desk, number, &format!("{writer} {reply_of}")).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    let each = WRITERS / TICKETS * REPLIES;
    for number in numbers {
        let ticket = load(&desk, number).await;
        assert_eq!(ticket.version, Version::new(each as u64 + 1));
        let thread = desk.thread(ticket.id).await.expect("read");
        let texts: BTreeSet<&str> = thread.messages.iter().map(|own| own.body.text()).collect();
        assert_eq!(texts.len(), each + 1, "each reply is there once");
        let history = desk.history(ticket.id, None).await.expect("read");
        let versions: Vec<u64> = history.iter().map(|own| own.version.get()).collect();
        assert_eq!(versions, (1..=each as u64 + 1).collect::<Vec<_>>());
    }
}

/// The first number makes what numbers come from; those who come at once must not trip over each
/// other.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_numbers_of_a_tenant_can_be_drawn_at_once() {
    let Some(world) = World::new() else { return };
    let store = world.options().connections(8).connect().await;
    let store = store.expect("a store");
    for tenant in 1..=20 {
        let desk = store.tenant(TenantId::new(tenant));
        let drawn: Vec<_> = (0..8)
            .map(|_| {
                let desk = desk.clone();
                tokio::spawn(async move { desk.next_number().await.expect("a number") })
            })
            .collect();
        let mut numbers = BTreeSet::new();
        for number in drawn {
            numbers.insert(number.await.expect("no panic"));
        }
        assert_eq!(numbers.len(), 8);
    }
}

/// Lets the next writes of a ticket fail with this code, as the server may.
async fn fail(world: &World, code: &str, times: u32) {
    world
        .run(&format!(
            "CREATE SEQUENCE failures; \
             CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('failures') <= {times} THEN \
             RAISE EXCEPTION 'as ordered' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER fail BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION fail()"
        ))
        .await;
}

#[tokio::test]
async fn a_write_that_had_no_effect_is_done_again() {
    for code in ["40001", "40P01", "55P03"] {
        let Some(world) = World::new() else { return };
        let desk = world.desk().await;
        let ticket = open_ticket(&desk).await;
        fail(&world, code, 3).await;
        let plan = plans::reply(&ticket, "Still stuck.");
        let receipt = desk.commit(&plan, None).await.expect(code);
        assert_eq!(receipt.version, plan.ticket.version);
        assert_eq!(world.number("SELECT last_value FROM failures").await, 4);
        let history = desk.history(ticket.id, None).await.expect("read");
        assert_eq!(history.len(), 2);
    }
}

#[tokio::test]
async fn a_write_is_not_done_again_for_ever() {
    let Some(world) = World::new() else { return };
    let desk = world.desk().await;
    let ticket = open_ticket(&desk).await;
    fail(&world, "40001", 1000).await;
    let plan = plans::reply(&ticket, "Still stuck.");
    let error = desk.commit(&plan, None).await.expect_err("refused");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert_eq!(world.number("SELECT last_value FROM failures").await, 4);
    assert_eq!(load(&desk, ticket.number).await, ticket);
}

#[tokio::test]
async fn a_lock_that_somebody_holds_is_not_waited_for_long() {
    let Some(world) = World::new() else { return };
    let desk = world.desk().await;
    let ticket = open_ticket(&desk).await;
    let mut other = world.other().await;
    run(&mut other, "BEGIN; SELECT 1 FROM tickets FOR UPDATE").await;

    let plan = plans::reply(&ticket, "Still stuck.");
    let began = Instant::now();
    let error = desk.commit(&plan, None).await.expect_err("locked");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_millis(2500));
    assert_eq!(load(&desk, ticket.number).await, ticket, "reading goes on");

    run(&mut other, "ROLLBACK").await;
    desk.commit(&plan, None).await.expect("committed");
}
