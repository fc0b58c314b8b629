//! A desk on a PostgreSQL of its own, reached through a proxy.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use test_kit::{Postgres, Proxy};
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::person::{Person, Role};
use ticket_core::port::Roster as _;
use ticket_core::value::{PersonId, TenantId};
use ticket_postgres::{PostgresOptions, PostgresStore, PostgresTenant};

/// How long something may take that happens by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A desk, and the proxy between it and its database.
pub(crate) struct World {
    pub(crate) proxy: Proxy,
    pub(crate) store: PostgresTenant,
    pub(crate) desk: Desk,
    pub(crate) customer: PersonId,
    pub(crate) agent: PersonId,
}

impl World {
    /// A desk in a new database of a cluster, behind a proxy.
    pub(crate) async fn on(cluster: &Postgres, database: &str) -> Self {
        let proxy = Proxy::in_front_of(&cluster.create_database(database));
        let options = PostgresOptions::new(proxy.url());
        Self::with(proxy, &options).await
    }

    /// A desk that reaches its database as it is told.
    pub(crate) async fn with(proxy: Proxy, options: &PostgresOptions) -> Self {
        let store = connect(options).await.tenant(TenantId::default());
        let customer =
            Person::customer(7_u64.into(), "Ada", "ada@example.org".parse().expect("one"));
        let role = Role::Agent {
            queues: ["support".parse().expect("a queue")].into(),
            own_tickets_only: false,
        };
        let agent = Person::new(
            8_u64.into(),
            "Bob",
            "bob@example.com".parse().expect("one"),
            role,
        );
        for person in [&customer, &agent] {
            store.save_person(person).await.expect("saved");
        }
        let own = Arc::new(store.clone());
        let desk = Desk::builder(own.clone(), own, SigningKey::new([7; 32])).build();
        Self {
            proxy,
            store,
            desk,
            customer: customer.id,
            agent: agent.id,
        }
    }
}

/// Connects, however busy the machine is with the clusters of all tests.
async fn connect(options: &PostgresOptions) -> PostgresStore {
    let begun = Instant::now();
    loop {
        match options.connect().await {
            Ok(store) => return store,
            Err(error) if error.is_retryable() && begun.elapsed() < PATIENCE => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// The cluster of all tests that do not stop it. It ends with them.
pub(crate) fn cluster() -> Option<&'static Postgres> {
    static CLUSTER: OnceLock<Option<Postgres>> = OnceLock::new();
    let options = test_kit::PostgresOptions {
        max_connections: 300,
        ..test_kit::PostgresOptions::default()
    };
    CLUSTER.get_or_init(|| Postgres::start(options)).as_ref()
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
