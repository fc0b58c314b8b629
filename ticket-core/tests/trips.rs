//! How often a request asks the store, and what becomes of a commit whose answer is lost.

#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use ticket_core::command::Open;
use ticket_core::desk::{Caller, Desk, Separately};
use ticket_core::mail::SigningKey;
use ticket_core::memory::{MemoryDirectory, MemoryStore};
use ticket_core::mock::{MockDirectory, MockLookup, MockStore};
use ticket_core::person::{Organization, Person, Role, Sharing};
use ticket_core::plan::{IdempotencyKey, Receipt};
use ticket_core::port::{
    BlobStore, Credential, Happening, Lookup, Purpose, Roster, Sessions, SettingsStore, StoreError,
    TicketRepository, TicketSearch,
};
use ticket_core::query::{PageRequest, Query};
use ticket_core::ticket::{Attachment, Digest, Posting};
use ticket_core::value::{Body, PersonId, TicketId, Timestamp};

/// What goes wrong with a commit.
#[derive(Default)]
struct Fault {
    /// It is done, and the answer is lost.
    loses_answer: AtomicBool,
    /// Another request does it first, and this one is cut off.
    rival: Mutex<Option<Pin<Box<dyn Future<Output = Receipt> + Send>>>>,
}

/// A desk whose every question to the store is counted.
///
/// A question that the test does not know of is a panic: the mocks expect no other.
struct Counted {
    desk: Desk,
    store: MemoryStore,
    trips: Arc<AtomicU32>,
    fault: Arc<Fault>,
}

fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a good text")
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        detail: "the connection was cut".to_owned(),
        retry_after: None,
        source: None,
    }
}

/// Answers a question in memory, which never waits, and counts it.
macro_rules! counts {
    ($mock:ident, $trips:ident, $inner:ident: $($expect:ident => $method:ident($($argument:ident),*);)+) => {
        $({
            let (trips, inner) = (Arc::clone(&$trips), $inner.clone());
            $mock.$expect().returning(move |$($argument),*| {
                trips.fetch_add(1, Ordering::SeqCst);
                inner.$method($($argument),*).now_or_never().expect("it never waits")
            });
        })+
    };
}

async fn people() -> MemoryDirectory {
    let people = MemoryDirectory::new();
    let acme = Organization {
        id: read("acme"),
        name: "Acme".to_owned(),
        sharing: Sharing::OwnTickets,
    };
    people.save_organization(&acme).await.expect("saved");
    let mut ada = Person::customer(read("ada"), "Ada", read("ada@x.example"));
    ada.organization = Some(acme.id);
    let role = Role::Agent {
        queues: [read("support")].into(),
        own_tickets_only: false,
    };
    let grace = Person::new(read("grace"), "Grace", read("grace@x.example"), role);
    let root = Person::new(read("root"), "Root", read("root@x.example"), Role::Admin);
    for person in [ada, grace, root] {
        people.save_person(&person).await.expect("saved");
    }
    people
}

fn committing(store: &mut MockStore, inner: &MemoryStore, trips: &Arc<AtomicU32>) -> Arc<Fault> {
    let fault = Arc::new(Fault::default());
    let (trips, inner, answer) = (Arc::clone(trips), inner.clone(), Arc::clone(&fault));
    store.expect_commit().returning(move |plan, key| {
        trips.fetch_add(1, Ordering::SeqCst);
        if let Some(rival) = answer.rival.lock().expect("no panic").take() {
            rival.now_or_never().expect("it never waits");
            return Err(unavailable());
        }
        let done = inner.commit(plan, key).now_or_never();
        if answer.loses_answer.load(Ordering::SeqCst) {
            return Err(unavailable());
        }
        done.expect("it never waits")
    });
    fault
}

async fn counted() -> Counted {
    let (inner, people) = (MemoryStore::new(), people().await);
    let trips = Arc::new(AtomicU32::new(0));
    let mut store = MockStore::new();
    counts!(store, trips, inner:
        expect_load => load(references);
        expect_thread => thread(ticket);

        expect_history => history(ticket, after);
        expect_receipt => receipt(key);
        expect_find => find(query, reach, page);
        expect_settings => settings();
        expect_settings_generation => settings_generation();
        expect_issue => issue(credential);
    );
    // Nobody waits for it, so it is no trip in front of an answer.
    store.expect_note_use().returning(|_, _| Ok(()));
    let fault = committing(&mut store, &inner, &trips);
    let composed = Arc::new(Separately::new(Arc::new(inner.clone()), Arc::new(people)));
    let mut lookup = MockLookup::new();
    counts!(lookup, trips, composed:
        expect_holder => holder(digest, now);
        expect_standing => standing(person);
        expect_gather => gather(wanted);
        expect_whole => whole(ticket);
    );
    let key = SigningKey::new([7; 32]);
    let desk = Desk::builder(Arc::new(store), Arc::new(MockDirectory::new()), key)
        .lookup(Arc::new(lookup))
        .build();
    Counted {
        desk,
        store: inner,
        trips,
        fault,
    }
}

impl Counted {
    async fn token(&self, person: &str) -> String {
        let person: PersonId = read(person);
        let secret = self.desk.issue_token(&person, "own", None).await;
        secret.expect("issued").reveal()
    }

    /// Somebody who came with a token, as one request begins.
    async fn request(&self, token: &str) -> Caller {
        // Settings are asked for once a second, for all requests together.
        self.desk.settings().await.expect("settings");
        self.trips.store(0, Ordering::SeqCst);
        let caller = self.desk.authenticate(token).await.expect("answered");
        caller.expect("somebody")
    }

    fn took(&self) -> u32 {
        self.trips.load(Ordering::SeqCst)
    }
}

fn jam() -> Open {
    Open::new(read("support"), read("Printer jam"), read("It is stuck."))
}

fn said(text: &str) -> Body {
    read(text)
}

fn own_key(key: &str) -> IdempotencyKey {
    IdempotencyKey {
        scope: "ada".to_owned(),
        key: key.to_owned(),
        fingerprint: Digest::of(key.as_bytes()),
    }
}

async fn attachment(store: &MemoryStore, name: &str) -> Attachment {
    let mut writer = store.new_blob().await.expect("begun");
    writer.write(name.as_bytes()).await.expect("written");
    let (digest, size) = writer.finish().await.expect("finished");
    Attachment {
        name: name.to_owned(),
        media_type: "text/plain".to_owned(),
        size,
        digest,
        content_id: None,
    }
}

#[tokio::test]
async fn a_request_takes_three_trips_at_most() {
    let counted = counted().await;
    let (ada, grace) = (counted.token("ada").await, counted.token("grace").await);
    let root = counted.token("root").await;
    let mut table: Vec<(&str, u32)> = Vec::new();

    let mut open = jam();
    for name in ["one.txt", "two.txt"] {
        open.attachments
            .push(attachment(&counted.store, name).await);
    }
    let caller = counted.request(&ada).await;
    let opened = caller.open_once(open, own_key("1")).await.expect("opened");
    table.push(("open with two files and a key", counted.took()));
    let ticket: TicketId = opened.ticket;

    let caller = counted.request(&ada).await;
    let again = caller.open_once(jam(), own_key("1")).await.expect("told");
    assert!(again.replayed);
    table.push(("open again with the key", counted.took()));

    counted
        .request(&ada)
        .await
        .show(ticket)
        .await
        .expect("shown");
    table.push(("show to a customer", counted.took()));
    counted
        .request(&grace)
        .await
        .show(ticket)
        .await
        .expect("shown");
    table.push(("show to the team", counted.took()));

    let caller = counted.request(&grace).await;
    caller
        .reply(ticket, said("Open the lid."))
        .await
        .expect("said");
    table.push(("reply", counted.took()));
    let caller = counted.request(&grace).await;
    let note = caller.note(ticket, said("Old one.")).await.expect("noted");
    table.push(("note", counted.took()));
    let caller = counted.request(&grace).await;
    caller
        .assign(ticket, read("grace"))
        .await
        .expect("assigned");
    table.push(("assign", counted.took()));
    let caller = counted.request(&root).await;
    let posting: Posting = note.posting.expect("a note");
    caller.redact(ticket, posting).await.expect("redacted");
    table.push(("redact", counted.took()));

    let caller = counted.request(&grace).await;
    let page = PageRequest::first(50);
    caller.find(&Query::default(), &page).await.expect("found");
    table.push(("list", counted.took()));
    let caller = counted.request(&grace).await;
    caller.history(ticket).await.expect("told");
    table.push(("history", counted.took()));
    counted.request(&grace).await;
    table.push(("authenticate", counted.took()));

    let purpose = Purpose::GuestLink { ticket };
    let made = Timestamp::from_micros(0);
    let link = Credential::new(Digest::of(&[9; 32]), read("ada"), purpose, made);
    counted.store.issue(&link).await.expect("issued");
    let letters = data_encoding::BASE32_NOPAD.encode(&[9; 32]);
    let secret = format!("tkt_{}", letters.to_ascii_lowercase());
    counted.request(&grace).await;
    counted.trips.store(0, Ordering::SeqCst);
    let guest = counted.desk.guest(&secret).await.expect("answered");
    let guest = guest.expect("a guest");
    guest.show().await.expect("shown");
    table.push(("show to a guest", counted.took()));
    counted.trips.store(1, Ordering::SeqCst);
    guest.reply(said("Thanks.")).await.expect("said");
    table.push(("reply of a guest", counted.took()));

    assert_eq!(
        table,
        [
            ("open with two files and a key", 3),
            ("open again with the key", 2),
            ("show to a customer", 2),
            ("show to the team", 2),
            ("reply", 3),
            ("note", 3),
            ("assign", 3),
            ("redact", 4),
            ("list", 2),
            ("history", 3),
            ("authenticate", 1),
            ("show to a guest", 2),
            ("reply of a guest", 3),
        ]
    );
}

/// Another request with the same key was faster: it is its effect that the key tells of.
#[tokio::test]
async fn a_lost_answer_is_not_taken_for_that_of_another_request() {
    let counted = counted().await;
    let ada = counted.desk.acting(&read("ada")).await.expect("somebody");
    let rival = {
        let people = Arc::new(people().await);
        let key = SigningKey::new([7; 32]);
        Desk::builder(Arc::new(counted.store.clone()), people, key).build()
    };
    let rival = rival.acting(&read("ada")).await.expect("somebody");
    let rival = async move { rival.open_once(jam(), own_key("1")).await.expect("opened") };
    *counted.fault.rival.lock().expect("no panic") = Some(Box::pin(rival));
    let told = ada.open_once(jam(), own_key("1")).await.expect("told");
    assert!(told.replayed, "it was the other one that wrote");
}

#[tokio::test]
async fn a_lost_answer_is_told_to_those_who_listen() {
    let counted = counted().await;
    let ada = counted.desk.acting(&read("ada")).await.expect("somebody");
    let mut news = counted.desk.subscribe().await;
    counted.fault.loses_answer.store(true, Ordering::SeqCst);
    let receipt = ada.open_once(jam(), own_key("1")).await.expect("opened");
    assert!(!receipt.replayed, "it was this request that wrote");
    let heard = news.next().now_or_never();
    let Receipt {
        ticket, version, ..
    } = receipt;
    assert_eq!(heard, Some(Some(Happening::Committed { ticket, version })));
}
