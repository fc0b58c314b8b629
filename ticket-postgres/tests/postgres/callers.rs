//! Callers who go away or come too late: the connections that others use stay.

use std::time::Duration;

use ticket_core::port::{Reference, StoreError, TicketRepository};
use ticket_core::ticket::Ticket;
use ticket_core::value::TenantId;
use ticket_postgres::{PostgresOptions, PostgresTenant};
use uuid::Uuid;

use crate::plans;
use crate::world::World;

/// A desk whose sessions can be told from those of others, and their name.
async fn named(world: &World, connections: usize) -> (PostgresTenant, String) {
    let name = Uuid::now_v7().to_string();
    let mut url: url::Url = world.url().parse().expect("a URL");
    url.query_pairs_mut().append_pair("application_name", &name);
    let options: PostgresOptions = world.options_at(url.as_str()).connections(connections);
    let store = options.connect().await.expect("a store");
    (store.tenant(TenantId::default()), name)
}

async fn open_ticket(desk: &PostgresTenant) -> Ticket {
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await.expect("opened");
    plan.ticket
}

async fn is_found(desk: &PostgresTenant, ticket: &Ticket) -> bool {
    let found = desk.load(&[Reference::Id(ticket.id)]).await.expect("read");
    found == [Some(ticket.clone())]
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_at_once_costs_no_connection() {
    let Some(world) = World::new() else { return };
    let (desk, name) = named(&world, 1).await;
    let ticket = open_ticket(&desk).await;
    let session =
        format!("SELECT max(pid)::bigint FROM pg_stat_activity WHERE application_name = '{name}'");
    let before = world.number(&session).await;
    let mut hung_up = 0;
    while hung_up < 20 {
        // It is sent, and not waited for.
        let asked = tokio::time::timeout(Duration::ZERO, is_found(&desk, &ticket));
        hung_up += u32::from(asked.await.is_err());
        assert!(is_found(&desk, &ticket).await, "nobody gets its answer");
    }
    assert_eq!(world.number(&session).await, before);
}

/// Who waited long for a connection has little time left: that its answer did not come says nothing
/// of the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_costs_nobody_else_a_connection() {
    let Some(world) = World::new() else { return };
    let (desk, name) = named(&world, 2).await;
    let [one, two, three] = [
        open_ticket(&desk).await,
        open_ticket(&desk).await,
        open_ticket(&desk).await,
    ];
    world
        .run(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_sleep(CASE NEW.number WHEN 3 THEN 1.7 ELSE 0.8 END); RETURN NEW; END $$; \
             CREATE TRIGGER slow BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION slow()",
        )
        .await;
    let reply = |ticket: &Ticket| {
        let (desk, plan) = (desk.clone(), plans::reply(ticket, "Still stuck."));
        tokio::spawn(async move { desk.commit(&plan, None).await })
    };
    let first = [reply(&one), reply(&two)];
    let busy = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' \
         AND state = 'active'"
    );
    while world.number(&busy).await < 2 {}
    let late = reply(&three).await.expect("no panic");
    assert!(
        matches!(late, Err(StoreError::Unavailable { .. })),
        "{late:?}"
    );
    for reply in first {
        reply.await.expect("no panic").expect("replied");
    }
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    let now = world.number(now).await;
    assert!(is_found(&desk, &three).await);
    let rested = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' \
         AND state = 'idle' AND extract(epoch FROM backend_start) * 1000000 < {now}"
    );
    assert_eq!(world.number(&rested).await, 1, "the other one is kept");
}
