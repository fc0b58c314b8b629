//! A store of your own: everything in one journal file, one line of JSON for each write.
//!
//! `cargo run -p examples --example own_store`
//!
//! It keeps the state in memory and the calls that made it in a file. That is enough because every
//! port takes the time as an argument and draws no chance: the same calls give the same state.
//! Fit for a desk that one team keeps open, and to show what an adapter is made of:
//!
//! - `journal.rs`: the file, the handle, and opening it again;
//! - `call.rs`: the calls that write, as lines;
//! - `tickets.rs`, `queues.rs`, `webhooks.rs`, `rest.rs`: the ports;
//! - `blobs.rs`: attachments, each a file of its own.
//!
//! Its tests are the conformance suite, stamped by a macro: see the end of this file.

mod blobs;
mod call;
mod journal;
mod queues;
mod rest;
mod tickets;
mod webhooks;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use ticket_core::command::Open;
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::memory::MemoryDirectory;
use ticket_core::person::Person;
use ticket_core::port::Roster;

use journal::JournalStore;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it talks to whoever runs it")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    println!("{}", run(folder.path()).await?);
    Ok(())
}

async fn run(folder: &Path) -> Result<String, Box<dyn Error>> {
    let people = MemoryDirectory::new();
    let ada = Person::customer(7_u64.into(), "Ada", "ada@example.org".parse()?);
    people.save_person(&ada).await?;
    let desk = |store| Desk::builder(store, Arc::new(people.clone()), key()).build();

    let store = JournalStore::open(folder).await?;
    let open = Open::new(
        "support".parse()?,
        "Printer jam".parse()?,
        "It is stuck.".parse()?,
    );
    let caller = desk(Arc::new(store)).acting(&ada.id).await?;
    let opened = caller.open(open).await?;
    drop(caller);

    // Another process, another day.
    let store = JournalStore::open(folder).await?;
    let report = desk(Arc::new(store)).verify().await?;
    Ok(format!(
        "ticket {} is still there: {:?} checked, {} findings",
        opened.number,
        report.checked,
        report.findings.len()
    ))
}

/// Yours is secret, and stays the same.
fn key() -> SigningKey {
    SigningKey::new([7; 32])
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tempfile::TempDir;
    use ticket_core::conformance::StoreHarness;
    use ticket_core::port::Store;
    use ticket_core::value::TenantId;

    use super::*;

    struct World {
        store: JournalStore,
        folder: Arc<TempDir>,
    }

    #[async_trait]
    impl StoreHarness for World {
        async fn fresh() -> Self {
            let folder = Arc::new(tempfile::tempdir().expect("a folder"));
            let store = JournalStore::open(folder.path()).await.expect("a store");
            Self { store, folder }
        }

        async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
            Arc::new(self.store.tenant(tenant))
        }

        async fn reopen(&self) -> Option<Self> {
            let store = JournalStore::open(self.folder.path()).await.expect("again");
            let folder = Arc::clone(&self.folder);
            Some(Self { store, folder })
        }
    }

    ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), World);
    ticket_core::conformance_tests!(blob_store, tokio::test, World);
    ticket_core::conformance_tests!(sessions, tokio::test, World);

    #[tokio::test]
    async fn a_ticket_outlives_the_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = run(folder.path()).await.expect("the example runs");
        assert!(report.starts_with("ticket 1 is still there"), "{report}");
        assert!(report.contains("\"tickets\": 1"), "{report}");
        assert!(report.ends_with("0 findings"), "{report}");
    }

    #[tokio::test]
    async fn a_torn_last_line_was_never_acknowledged_and_is_forgotten() {
        use std::io::Write;

        let folder = tempfile::tempdir().expect("a folder");
        run(folder.path()).await.expect("the example runs");
        let path = folder.path().join(journal::FILE);
        let mut file = std::fs::OpenOptions::new().append(true).open(&path);
        let file = file.as_mut().expect("the journal");
        file.write_all(b"{\"tenant\":0,\"call\":{\"Rev")
            .expect("torn");
        let again = run(folder.path()).await.expect("opens and goes on");
        assert!(again.starts_with("ticket 2 is still there"), "{again}");
    }
}
