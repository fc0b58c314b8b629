//! The schema of a database: made once, brought up to date, never taken back.

use std::time::Duration;

use sqlx::Connection;
use ticket_core::port::{Reference, StoreError, TicketRepository};
use ticket_core::value::{TenantId, TicketNumber};
use ticket_postgres::PostgresOptions;

use crate::plans;
use crate::world::{World, run};

#[tokio::test]
async fn a_database_can_be_reached_before_it_has_a_schema() {
    let Some(world) = World::new() else { return };
    let store = world.options().connect_without_migrating().await;
    let store = store.expect("a store");
    let pending = store.pending_migrations().await.expect("asked");
    assert_eq!(pending[..2], [(1, "desk"), (2, "functions")]);
    assert!(pending.is_sorted(), "{pending:?}");
    store.migrate().await.expect("migrated");
    assert_eq!(store.pending_migrations().await.expect("asked"), []);
    store.migrate().await.expect("nothing to do");

    let desk = store.tenant(TenantId::default());
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await.expect("opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_programs_may_start_at_once() {
    let Some(world) = World::new() else { return };
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let options = world.options();
            tokio::spawn(async move { options.connect().await })
        })
        .collect();
    let mut numbers = Vec::new();
    for start in starts {
        let store = start.await.expect("no panic").expect("a store");
        let desk = store.tenant(TenantId::default());
        numbers.push(desk.next_number().await.expect("a number"));
    }
    numbers.sort_unstable();
    let expected = (1..=4).map(|number| TicketNumber::new(number).expect("a number"));
    assert_eq!(numbers, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let Some(world) = World::new() else { return };
    let without_any = world.options().connect_without_migrating().await;
    let known = without_any.expect("connected").pending_migrations().await;
    let newest = known.expect("asked").last().expect("some").0;
    world.store().await.close().await;
    world
        .run(
            "INSERT INTO _ticket_migrations \
             (version, description, success, checksum, execution_time) \
             VALUES (999, 'future', true, '\\x00', 0)",
        )
        .await;
    let error = world.options().connect().await.expect_err("refused");
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("schema 999"), "{text}");
    assert!(text.contains(&format!("up to {newest}")), "{text}");
    let store = world.options().connect_without_migrating().await;
    let error = store.expect("connected").pending_migrations().await;
    let text = error.expect_err("refused").to_string();
    assert!(text.contains("newer version"), "{text}");
}

#[tokio::test]
async fn a_step_that_changed_is_refused() {
    let Some(world) = World::new() else { return };
    world.store().await.close().await;
    // The second step is missing, so that the first is looked at.
    world
        .run(
            "UPDATE _ticket_migrations SET checksum = '\\x00'; \
             DELETE FROM _ticket_migrations WHERE version = 2",
        )
        .await;
    let error = world.options().connect().await.expect_err("refused");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_step_gives_way_to_others_and_is_done_later() {
    let Some(world) = World::new() else { return };
    let mut other = world.other().await;
    // Somebody else holds the lock of those who migrate, and lets go of it later.
    run(
        &mut other,
        "SELECT pg_advisory_lock(hashtextextended('ticket ' || current_setting('search_path'), 0))",
    )
    .await;
    let options = world.options().deadline(Duration::from_millis(400));
    let migrating = tokio::spawn(async move { options.connect().await });
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(!migrating.is_finished(), "it waits");
    other.close().await.expect("closed");
    let store = migrating.await.expect("no panic").expect("a store");
    assert_eq!(store.pending_migrations().await.expect("asked"), []);
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let Some(world) = World::new() else { return };
    for name in ["", "Ticket", "a b", "a\"", "1a", "a;drop", &"x".repeat(64)] {
        let options = PostgresOptions::new(world.url()).schema(name);
        let error = options.connect().await.expect_err("refused");
        assert!(matches!(error, StoreError::Backend { .. }), "{name:?}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_hold_all_texts_is_refused() {
    let Some(world) = World::new() else { return };
    let name = format!("ascii_{}", uuid::Uuid::now_v7().simple());
    world
        .run(&format!(
            "CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' \
             TEMPLATE template0"
        ))
        .await;
    let mut url: url::Url = world.url().parse().expect("a URL");
    url.set_path(&name);
    let refused = PostgresOptions::new(url.as_str()).connect().await;
    world
        .run(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await;
    let error = refused.expect_err("refused");
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    assert!(error.to_string().contains("UTF8"), "{error}");
}

/// What is written rests on it, and a server may be set to begin with another.
#[tokio::test]
async fn every_statement_is_read_committed() {
    let Some(world) = World::new() else { return };
    world.store().await.close().await;
    world
        .run(
            "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF current_setting('transaction_isolation') <> 'read committed' THEN \
             RAISE EXCEPTION 'another level'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER look BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION look()",
        )
        .await;
    let mut url: url::Url = world.url().parse().expect("a URL");
    url.query_pairs_mut()
        .append_pair("options", "-c default_transaction_isolation=serializable");
    let store = world.options_at(url.as_str()).connect().await;
    let desk = store.expect("a store").tenant(TenantId::default());
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await.expect("opened");
}

#[tokio::test]
async fn the_newest_schema_is_needed_to_work() {
    let Some(world) = World::new() else { return };
    let store = world.options().connect_without_migrating().await;
    let desk = store.expect("a store").tenant(TenantId::default());
    let number = TicketNumber::new(1).expect("a number");
    let error = desk.load(&[Reference::Number(number)]).await;
    let error = error.expect_err("no table");
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    assert!(error.to_string().contains("schema"), "{error}");
}
