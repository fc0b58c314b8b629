//! What is the same mail, and how many are under way at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use ticket_core::mail::InboundMail;
use ticket_core::memory::MemoryStore;
use ticket_core::port::{MailReader, MailSpool};
use ticket_core::value::TicketId;

use crate::intake::{landed, mail};
use crate::world::{LineReader, Mail, World, days, settings, start};

const MINUTES: Duration = Duration::from_secs(40 * 60);

async fn lands(world: &World, mail: &Mail) -> TicketId {
    landed(&world.receive(mail).await)
}

#[tokio::test]
async fn without_id_and_date_the_same_words_are_one_mail_for_an_hour() {
    let world = World::new().await;
    let alarm = mail("ada@x.example", "Paper is out.");
    let first = lands(&world, &alarm).await;
    world.clock.advance(MINUTES);
    assert_eq!(lands(&world, &alarm).await, first);
    assert_eq!(world.ticket(first).await.message_count, 1);
    world.clock.advance(MINUTES * 2);
    let second = lands(&world, &alarm).await;
    assert_ne!(second, first);
    world.clock.advance(days(1));
    assert!(![first, second].contains(&lands(&world, &alarm).await));
    world.verify().await;
}

#[tokio::test]
async fn with_an_id_or_a_date_a_mail_is_the_same_for_ever() {
    let world = World::new().await;
    for (field, value) in [
        ("Message-ID", "one@x.example"),
        ("Date", "2026-03-02T08:59:00Z"),
    ] {
        let mail = mail("ada@x.example", "Paper is out.").with(field, value);
        let first = lands(&world, &mail).await;
        for _ in 0..3 {
            world.clock.advance(days(200));
            assert_eq!(lands(&world, &mail).await, first, "{field}");
        }
        assert_eq!(world.ticket(first).await.message_count, 1, "{field}");
    }
}

/// Notes, of the first mail that it reads, how many others somebody else could take meanwhile.
struct Greedy {
    store: MemoryStore,
    reads: AtomicUsize,
    left: Arc<Mutex<Vec<usize>>>,
}

impl MailReader for Greedy {
    fn read(&self, raw: &[u8]) -> Result<InboundMail, String> {
        if self.reads.fetch_add(1, Ordering::SeqCst) == 0 {
            let others = self
                .store
                .claim_mail(start(), Duration::from_secs(1), 100)
                .now_or_never();
            let others = others.ok_or("the store in memory never waits")?;
            let others = others.map_err(|error| error.to_string())?;
            self.left.lock().expect("unpoisoned").push(others.len());
        }
        LineReader.read(raw)
    }
}

#[tokio::test]
async fn while_a_mail_is_processed_others_can_be_taken_by_others() {
    let store = MemoryStore::new();
    let left = Arc::new(Mutex::new(Vec::new()));
    let greedy = Greedy {
        store: store.clone(),
        reads: AtomicUsize::new(0),
        left: left.clone(),
    };
    let world = World::over(store.clone(), Arc::new(store), settings(), |builder| {
        builder.mail_reader(Arc::new(greedy))
    })
    .await;
    for text in ["One.", "Two.", "Three."] {
        world.spool(&mail("ada@x.example", text)).await;
    }
    let processed = world.desk.process_mail(10).await.expect("processed");
    assert_eq!(processed.done, 1, "the others are somebody else's");
    assert_eq!(*left.lock().expect("unpoisoned"), [2]);
}
