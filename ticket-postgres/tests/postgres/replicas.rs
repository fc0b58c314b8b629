//! Lists that are read from a standby: what was written is in them, whatever becomes of it.

use std::time::{Duration, Instant};

use test_kit::{Mode, Postgres, PostgresOptions as ServerOptions, Proxy, Stop};
use ticket_core::authority::{Reach, TeamReach};
use ticket_core::port::{TicketRepository, TicketSearch};
use ticket_core::query::{PageRequest, Query};
use ticket_core::value::TenantId;
use ticket_postgres::{PostgresOptions, PostgresTenant};

use crate::plans;
use crate::world::{connect, run};

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

/// The same for whoever may not get an answer.
async fn is_answered(desk: &PostgresTenant) -> bool {
    let (query, first) = (Query::all(), PageRequest::first(1));
    desk.find(&query, &EVERYTHING, &first).await.is_ok()
}

/// The URL of a proxy, which looks into what passes, so nothing may be encrypted.
fn plain(proxy: &Proxy) -> String {
    let mut url: url::Url = proxy.url().parse().expect("a URL");
    url.query_pairs_mut().append_pair("sslmode", "disable");
    url.into()
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

/// Those who share a question to the primary wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_answered_in_time_when_the_primary_is_silent() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let proxy = Proxy::in_front_of(&servers.primary.url());
    let options = PostgresOptions::new(plain(&proxy)).replica(servers.standby.url());
    let store = options.connect().await.expect("a store");
    let desk = store.tenant(TenantId::default());
    open(&desk).await;
    assert!(is_answered(&desk).await);
    proxy.set(Mode::BlackHole);
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                assert!(!is_answered(&desk).await, "there is nobody to ask");
                begun.elapsed()
            })
        })
        .collect();
    for caller in callers {
        let took = caller.await.expect("no panic");
        assert!(took < Duration::from_millis(2600), "{took:?}");
    }
    proxy.set(Mode::Pass);
    assert!(is_answered(&desk).await, "it recovers at once");
}

/// One address may lead to several standbys: that one of them has everything says nothing of another.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_where_everything_is_known_to_be() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let lagging = Postgres::standby_of(&servers.primary);
    let proxy = Proxy::in_front_of(&servers.standby.url());
    let writer = servers.desk().await;
    open(&writer).await;
    newest(&writer).await;
    lagging.ask("SELECT pg_wal_replay_pause()");
    for _ in 0..20 {
        let number = open(&writer).await;
        proxy.repoint(servers.standby.address());
        let options = PostgresOptions::new(servers.primary.url()).replica(plain(&proxy));
        let store = options.connections(2).connect().await.expect("a store");
        let desk = store.tenant(TenantId::default());
        assert_eq!(newest(&desk).await, number);
        proxy.repoint(lagging.address());
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let desk = desk.clone();
                tokio::spawn(async move { newest(&desk).await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.expect("no panic"), number);
        }
    }
}

/// A statement that takes too long says nothing of the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_read_again_after_a_statement_that_took_too_long() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let desk = servers.desk().await;
    open(&desk).await;
    newest(&desk).await;
    let mut other = connect(&servers.primary.url(), "ticket").await;
    run(&mut other, "BEGIN; LOCK TABLE ticket.tickets").await;
    // The standby replays the lock, too.
    while is_answered(&desk).await {}
    run(&mut other, "ROLLBACK").await;
    let now = servers.standby.ask("SELECT clock_timestamp()");
    let read = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'WITH RECURSIVE%' \
         AND query_start > '{now}'"
    );
    let patience = Instant::now() + Duration::from_secs(5);
    while servers.standby.ask(&read) == "0" {
        assert!(Instant::now() < patience, "it is left alone");
        newest(&desk).await;
    }
}
