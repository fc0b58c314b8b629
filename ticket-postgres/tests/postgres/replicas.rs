//! Lists that are read from a standby: what was written is in them, whatever becomes of it.

use std::time::{Duration, Instant};

use test_kit::{Postgres, PostgresOptions as ServerOptions, Stop};
use ticket_core::authority::{Reach, TeamReach};
use ticket_core::port::{TicketRepository, TicketSearch};
use ticket_core::query::{PageRequest, Query};
use ticket_core::value::TenantId;
use ticket_postgres::{PostgresOptions, PostgresTenant};

use crate::plans;

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);

struct Servers {
    primary: Postgres,
    standby: Postgres,
}

impl Servers {
    fn start() -> Option<Self> {
        let primary = Postgres::start(ServerOptions::default())?;
        let standby = Postgres::standby_of(&primary);
        Some(Self { primary, standby })
    }

    async fn desk(&self) -> PostgresTenant {
        let options = PostgresOptions::new(self.primary.url())
            .replica(self.standby.url())
            .connections(4);
        let store = options.connect().await.expect("a store");
        store.tenant(TenantId::default())
    }
}

async fn open(desk: &PostgresTenant) -> u64 {
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await.expect("committed");
    number.get()
}

/// The number of the newest ticket in the list of all.
async fn newest(desk: &PostgresTenant) -> u64 {
    let (query, first) = (Query::all(), PageRequest::first(1));
    let page = desk.find(&query, &EVERYTHING, &first).await;
    let page = page.expect("found");
    page.rows.first().map_or(0, |own| own.number.get())
}

/// Whether a list was read from the standby.
fn is_read(servers: &Servers) -> bool {
    let sessions = servers.standby.ask(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' \
         AND query LIKE 'WITH RECURSIVE%'",
    );
    sessions != "0"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_reads_its_own_writes_from_a_standby() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let (writer, reader) = (servers.desk().await, servers.desk().await);
    for _ in 0..50 {
        let number = open(&writer).await;
        assert_eq!(newest(&reader).await, number, "on another node too");
    }
    // On a busy machine it may lag for a while, and rest for a second.
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_read(&servers) && Instant::now() < patience {
        let number = open(&writer).await;
        assert_eq!(newest(&reader).await, number);
    }
    assert!(is_read(&servers), "the standby is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_lags_is_not_read() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let desk = servers.desk().await;
    open(&desk).await;
    newest(&desk).await;
    servers.standby.ask("SELECT pg_wal_replay_pause()");
    for _ in 0..5 {
        let number = open(&desk).await;
        let begun = Instant::now();
        assert_eq!(newest(&desk).await, number);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "nobody waits for it"
        );
    }
    servers.standby.ask("SELECT pg_wal_replay_resume()");
    let number = open(&desk).await;
    assert_eq!(newest(&desk).await, number);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_dies_fails_nobody() {
    let Some(mut servers) = Servers::start() else {
        return;
    };
    let desk = servers.desk().await;
    open(&desk).await;
    newest(&desk).await;
    servers.standby.stop(Stop::Immediate);
    for _ in 0..5 {
        let number = open(&desk).await;
        assert_eq!(newest(&desk).await, number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_was_promoted_is_not_read() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let desk = servers.desk().await;
    open(&desk).await;
    newest(&desk).await;
    servers.standby.promote();
    servers.standby.ask("DELETE FROM ticket.tickets");
    let number = open(&desk).await;
    assert_eq!(newest(&desk).await, number, "the primary is read");
    let found = desk.count(&Query::all(), &EVERYTHING, 9).await;
    assert_eq!(found.expect("counted"), 2);
}

/// After a failover it goes on with the old primary, which takes writes still: its log is longer, and another.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_of_another_history_is_not_read() {
    let Some(old) = Postgres::start(ServerOptions::default()) else {
        return;
    };
    let (primary, astray) = (Postgres::standby_of(&old), Postgres::standby_of(&old));
    primary.promote();
    old.ask("CREATE TABLE longer AS SELECT generate_series(1, 100000)");
    let servers = Servers {
        primary,
        standby: astray,
    };
    let desk = servers.desk().await;
    for _ in 0..5 {
        let number = open(&desk).await;
        assert_eq!(newest(&desk).await, number);
    }
    assert!(!is_read(&servers), "it knows nothing of this desk");
    // One that follows the new primary is read.
    let Servers { primary, .. } = servers;
    let standby = Postgres::standby_of(&primary);
    let servers = Servers { primary, standby };
    let desk = servers.desk().await;
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_read(&servers) && Instant::now() < patience {
        let number = open(&desk).await;
        assert_eq!(newest(&desk).await, number);
    }
    assert!(is_read(&servers), "the standby is read");
}
