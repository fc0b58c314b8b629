//! A program that is killed at any moment loses nothing that it acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use ticket_core::port::{
    BlobStore, Inventory, MailSpool, Reference, SpooledMail, TicketRepository,
};
use ticket_core::ticket::Digest;
use ticket_core::value::{SpoolId, TenantId, TicketId};
use ticket_sqlite::{SqliteStore, SqliteTenant};
use uuid::Uuid;

use crate::plans;

/// Names the file to the child; without it the child's test does nothing.
const FILE: &str = "TICKET_SQLITE_CRASH_FILE";
const ROUNDS: usize = 5;

async fn desk(file: &Path) -> SqliteTenant {
    let store = SqliteStore::open(file).await.expect("a store");
    store.tenant(TenantId::default())
}

fn acknowledge(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{what}").expect("written");
}

/// Opens tickets, replies, spools mail and stores attachments, and says what was acknowledged.
async fn write_forever(desk: SqliteTenant) {
    loop {
        let number = desk.next_number().await.expect("a number");
        let opening = plans::open(number, "It is stuck.");
        let receipt = desk.commit(&opening, None).await.expect("opened");
        acknowledge(&format!("ticket {} {}", receipt.ticket, receipt.version));
        let reply = plans::reply(&opening.ticket, "Still stuck.");
        let receipt = desk.commit(&reply, None).await.expect("replied");
        acknowledge(&format!("ticket {} {}", receipt.ticket, receipt.version));
        let mail = SpooledMail {
            id: SpoolId::new(Uuid::now_v7()),
            queue: "support".parse().expect("a queue"),
            received_at: plans::NOON,
            raw: vec![b'x'; 20_000],
        };
        desk.accept_mail(&mail).await.expect("accepted");
        acknowledge(&format!("mail {}", mail.id));
        let mut blob = desk.new_blob().await.expect("a blob");
        let bytes = receipt.ticket.uuid().into_bytes().repeat(40_000);
        blob.write(&bytes).await.expect("written");
        let (digest, _) = blob.finish().await.expect("stored");
        acknowledge(&format!("blob {digest}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn child_that_is_killed() {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    let desk = desk(Path::new(&file)).await;
    let writers: Vec<_> = (0..4)
        .map(|_| tokio::spawn(write_forever(desk.clone())))
        .collect();
    for writer in writers {
        writer.await.expect("it never ends");
    }
}

fn start_child(file: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["crash::child_that_is_killed", "--exact", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child")
}

/// Lets a child write until it acknowledged so much, kills it, and answers what it acknowledged.
fn kill_after(file: &Path, count: usize) -> Vec<String> {
    let mut child = start_child(file);
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let mut said = Vec::new();
    for line in out.lines() {
        let Ok(line) = line else { break };
        let words = ["ticket ", "mail ", "blob "];
        if words.iter().any(|word| line.starts_with(word)) {
            said.push(line);
        }
        if said.len() == count {
            // What it says between this line and its end counts too: reading goes on.
            child.kill().expect("killed");
        }
    }
    child.wait().expect("gone");
    assert!(said.len() >= count, "it stopped by itself: {said:?}");
    // The last line may be cut.
    said.truncate(said.len().saturating_sub(1).max(count));
    said
}

async fn check(desk: &SqliteTenant, said: &str) {
    let words: Vec<&str> = said.split(' ').collect();
    match words.as_slice() {
        ["ticket", id, version] => {
            let id: TicketId = id.parse().expect("an id");
            let found = desk.load(&[Reference::Id(id)]).await.expect("loaded");
            let ticket = found[0].as_ref().expect("it was acknowledged");
            let version: u64 = version.parse().expect("a version");
            assert!(ticket.version.get() >= version, "{said}");
            let history = desk.history(id, None).await.expect("read");
            assert_eq!(history.len() as u64, ticket.version.get(), "{said}");
            let thread = desk.thread(id).await.expect("read");
            assert_eq!(thread.messages.len() as u64, ticket.version.get(), "{said}");
        }
        ["mail", id] => {
            let mail = desk.mail(id.parse().expect("an id")).await.expect("read");
            assert_eq!(mail.expect("it was acknowledged").raw.len(), 20_000);
        }
        ["blob", digest] => {
            let digest: Digest = digest.parse().expect("a digest");
            let size = desk.blob_size(&digest).await.expect("read");
            assert_eq!(size, Some(640_000), "{said}");
        }
        _ => panic!("it said {said:?}"),
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("desk.sqlite");
    let mut said = Vec::new();
    for _ in 0..ROUNDS {
        let (_, random) = Uuid::now_v7().as_u64_pair();
        let count = 1 + usize::try_from(random % 60).expect("small");
        said.extend(kill_after(&file, count));
        let desk = desk(&file).await;
        for line in &said {
            check(&desk, line).await;
        }
        assert_eq!(desk.strays().await.expect("looked"), []);
    }
}
