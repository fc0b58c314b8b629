//! A full disk, a locked file and a damaged one: a clear answer, and nothing is lost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;
use ticket_core::authority::{Reach, TeamReach};
use ticket_core::port::{
    BlobStore, Inventory, Reference, StoreError, TicketRepository, TicketSearch,
};
use ticket_core::query::Query;
use ticket_core::ticket::Ticket;
use ticket_core::value::TenantId;
use ticket_sqlite::{SqliteOptions, SqliteStore, SqliteTenant};

use crate::plans;

const ALL: Reach = Reach::Team(TeamReach::Everything);

struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("desk.sqlite")
    }

    async fn desk(&self, options: &SqliteOptions) -> SqliteTenant {
        let store = options.open(self.file()).await.expect("a store");
        store.tenant(TenantId::default())
    }

    /// A connection of somebody else, without our checks.
    async fn other(&self) -> SqliteConnection {
        SqliteConnectOptions::new()
            .filename(self.file())
            .foreign_keys(false)
            .connect()
            .await
            .expect("a connection")
    }
}

async fn open_ticket(desk: &SqliteTenant, text: &str) -> Result<Ticket, StoreError> {
    let plan = plans::open(desk.next_number().await?, text);
    desk.commit(&plan, None).await?;
    Ok(plan.ticket)
}

async fn count(desk: &SqliteTenant) -> u32 {
    desk.count(&Query::all(), &ALL, 10_000)
        .await
        .expect("counted")
}

fn is_unavailable(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable {
            retry_after: Some(_),
            ..
        }
    )
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) {
    sqlx::query(sql).execute(connection).await.expect(sql);
}

#[tokio::test]
async fn a_full_file_refuses_and_keeps_what_it_has() {
    let world = World::new();
    let limit = SqliteOptions::new().max_bytes(2 * 1024 * 1024);
    let desk = world.desk(&limit).await;
    let text = "stuck ".repeat(10_000);
    let mut opened = Vec::new();
    let error = loop {
        match open_ticket(&desk, &text).await {
            Ok(ticket) => opened.push(ticket),
            Err(error) => break error,
        }
    };
    assert!(is_unavailable(&error), "{error:?}");
    assert!(error.to_string().contains("full"), "{error}");
    assert!(!opened.is_empty());

    // Reading goes on, and so do other refusals.
    assert_eq!(count(&desk).await as usize, opened.len());
    let found = desk.load(&[Reference::Id(opened[0].id)]).await;
    assert_eq!(found.expect("loaded"), [Some(opened[0].clone())]);
    let error = open_ticket(&desk, &text).await.expect_err("still full");
    assert!(is_unavailable(&error), "{error:?}");
    drop(desk);

    let desk = world.desk(&SqliteOptions::new()).await;
    open_ticket(&desk, &text)
        .await
        .expect("there is room again");
    assert_eq!(count(&desk).await as usize, opened.len() + 1);
    assert_eq!(desk.strays().await.expect("looked"), []);
}

#[tokio::test]
async fn an_attachment_that_does_not_fit_leaves_room_for_texts() {
    let world = World::new();
    let desk = world
        .desk(&SqliteOptions::new().max_bytes(3 * 1024 * 1024))
        .await;
    let mut blob = desk.new_blob().await.expect("a blob");
    let bytes = vec![7; 100_000];
    let error = loop {
        if let Err(error) = blob.write(&bytes).await {
            break error;
        }
    };
    assert!(is_unavailable(&error), "{error:?}");
    drop(blob);
    open_ticket(&desk, "It is stuck.").await.expect("opened");
    assert_eq!(count(&desk).await, 1);
    assert_eq!(desk.strays().await.expect("looked"), []);
}

#[tokio::test]
async fn a_locked_file_refuses_and_recovers() {
    let world = World::new();
    let patience = SqliteOptions::new().busy_timeout(Duration::from_millis(20));
    let desk = world.desk(&patience).await;
    let ticket = open_ticket(&desk, "It is stuck.").await.expect("opened");

    let mut other = world.other().await;
    run(&mut other, "BEGIN EXCLUSIVE").await;
    let reply = plans::reply(&ticket, "Still stuck.");
    let error = desk.commit(&reply, None).await.expect_err("locked");
    assert!(is_unavailable(&error), "{error:?}");
    assert!(error.to_string().contains("locked"), "{error}");
    assert_eq!(count(&desk).await, 1, "reading goes on");

    run(&mut other, "ROLLBACK").await;
    let receipt = desk.commit(&reply, None).await.expect("committed");
    assert_eq!(receipt.version, reply.ticket.version);
    assert_eq!(desk.strays().await.expect("looked"), []);
}

#[tokio::test]
async fn a_damaged_file_is_called_so() {
    let world = World::new();
    std::fs::write(world.file(), "no database, but rather long ".repeat(200)).expect("written");
    let error = SqliteStore::open(world.file()).await.expect_err("no store");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_missing_folder_is_called_so() {
    let world = World::new();
    let file = world.file().join("deeper").join("desk.sqlite");
    let error = SqliteStore::open(file).await.expect_err("no store");
    assert!(is_unavailable(&error), "{error:?}");
    assert!(error.to_string().contains("can't be made"), "{error}");
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let world = World::new();
    let store = SqliteStore::open(world.file()).await.expect("a store");
    let desk = store.tenant(TenantId::default());
    open_ticket(&desk, "It is stuck.").await.expect("opened");
    store.close().await;
    assert!(!Path::new(&format!("{}-wal", world.file().display())).exists());
    let error = open_ticket(&desk, "Too late.").await.expect_err("closed");
    assert!(is_unavailable(&error), "{error:?}");
    let error = desk.load(&[Reference::Number(ticket_number())]).await;
    assert!(is_unavailable(&error.expect_err("closed")));
}

fn ticket_number() -> ticket_core::value::TicketNumber {
    ticket_core::value::TicketNumber::new(1).expect("a number")
}

/// What somebody does to the file behind our back, and what is found.
const MISCHIEF: [(&str, &str); 9] = [
    ("DELETE FROM tickets WHERE number = 1", "message"),
    ("DELETE FROM events WHERE ticket = 1", "ticket"),
    (
        "UPDATE tickets SET queue = 'other' WHERE number = 1",
        "ticket",
    ),
    ("DELETE FROM terms WHERE ticket = 1", "ticket"),
    ("UPDATE messages SET place = 7 WHERE ticket = 1", "message"),
    ("UPDATE tickets SET texts = 0 WHERE number = 1", "ticket"),
    (
        "DELETE FROM public_words WHERE rowid = (1 << 48) | (1 << 15)",
        "ticket",
    ),
    ("DELETE FROM messages WHERE ticket = 1", "index"),
    (
        "UPDATE messages SET json = replace(json, 'stuck', 'stuck twice')",
        "message",
    ),
];

#[tokio::test]
async fn what_does_not_fit_together_is_found() {
    for (mischief, kind) in MISCHIEF {
        let world = World::new();
        let desk = world.desk(&SqliteOptions::new()).await;
        open_ticket(&desk, "It is stuck.").await.expect("opened");
        assert_eq!(desk.strays().await.expect("looked"), []);
        let mut other = world.other().await;
        run(&mut other, mischief).await;
        other.close().await.expect("closed");
        let strays = desk.strays().await.expect("looked");
        assert!(
            strays.iter().any(|stray| stray.kind == kind),
            "{mischief}: {strays:?}"
        );
    }
}
