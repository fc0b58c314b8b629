//! The schema of a file: made once, brought up to date, never taken back.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use ticket_core::port::{Reference, StoreError, TicketRepository};
use ticket_core::value::{TenantId, TicketNumber};
use ticket_sqlite::SqliteStore;

use crate::plans;

async fn run(file: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = options.connect().await.expect("a connection");
    sqlx::query(sql).execute(&mut connection).await.expect(sql);
    connection.close().await.expect("closed");
}

#[tokio::test]
async fn a_file_can_be_opened_before_it_has_a_schema() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("desk.sqlite");
    let missing = SqliteStore::open_without_migrating(&file).await;
    missing.expect_err("it makes no file");
    std::fs::write(&file, "").expect("an empty file");

    let store = SqliteStore::open_without_migrating(&file).await;
    let store = store.expect("a store");
    let pending = store.pending_migrations().await.expect("asked");
    assert_eq!(pending[0], (1, "desk"));
    assert!(pending.is_sorted(), "{pending:?}");
    store.migrate().await.expect("migrated");
    assert_eq!(store.pending_migrations().await.expect("asked"), []);
    store.migrate().await.expect("nothing to do");

    let desk = store.tenant(TenantId::default());
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await.expect("opened");
}

#[tokio::test]
async fn several_programs_may_start_at_once() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("desk.sqlite");
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let file = file.clone();
            tokio::spawn(async move { SqliteStore::open(file).await })
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
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("desk.sqlite");
    SqliteStore::open(&file)
        .await
        .expect("a store")
        .close()
        .await;
    run(
        &file,
        "INSERT INTO _ticket_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'future', 1, x'00', 0)",
    )
    .await;
    let error = SqliteStore::open(&file).await.expect_err("refused");
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("schema 999"), "{text}");
    assert!(text.contains("newer version"), "{text}");
    let store = SqliteStore::open_without_migrating(&file).await;
    let error = store.expect("opened").pending_migrations().await;
    assert!(
        error
            .expect_err("refused")
            .to_string()
            .contains("newer version")
    );
}

#[tokio::test]
async fn a_changed_schema_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("desk.sqlite");
    SqliteStore::open(&file)
        .await
        .expect("a store")
        .close()
        .await;
    run(&file, "UPDATE _ticket_migrations SET checksum = x'00'").await;
    let error = SqliteStore::open(&file).await.expect_err("refused");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("desk.sqlite");
    let store = SqliteStore::open(&file).await.expect("a store");
    let desk = store.tenant(TenantId::default());
    desk.load(&[Reference::Number(TicketNumber::new(1).expect("a number"))])
        .await
        .expect("loaded");
    for name in ["desk.sqlite", "desk.sqlite-wal", "desk.sqlite-shm"] {
        let data = std::fs::metadata(folder.path().join(name)).expect(name);
        assert_eq!(data.permissions().mode() & 0o077, 0, "{name}");
    }
}
