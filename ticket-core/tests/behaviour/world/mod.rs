//! A small desk with the people that most questions need.
//!
//! Ada asks; Bob is her colleague whose organization shares its tickets; Cal is often in Cc; Eve
//! is a stranger. Grace and Hank work on `support`, Ivan on `billing`, Olga on her own tickets of
//! `support` only; Lilo is a light agent of `support`, Root an admin. Gone is inactive and Mute
//! has no address.

mod mail;
mod pure;
mod shaky;

use std::sync::Arc;
use std::time::Duration;

use ticket_core::command::{Command, Note, Open, Reply};
use ticket_core::desk::{Caller, Desk, DeskBuilder, DeskError, Request};
use ticket_core::mail::SigningKey;
use ticket_core::memory::{MemoryDirectory, MemoryNotifier, MemoryStore};
use ticket_core::person::{Organization, Person, Role, Sharing};
use ticket_core::plan::Receipt;
use ticket_core::port::{NoticeStatus, Outbox, Reference, Roster, Store, TicketRepository};
use ticket_core::refusal::Refusal;
use ticket_core::settings::{Queue, Settings};
use ticket_core::system::{CountedIds, FixedClock};
use ticket_core::ticket::Ticket;
use ticket_core::value::{Body, PersonId, TicketId, Timestamp};
use ticket_core::workflow::Workflow;

pub(crate) use mail::{LineReader, Mail};
pub(crate) use pure::{Pure, act, actor, open_by};
pub(crate) use shaky::Shaky;

/// Everybody, as `(id, role)`; all have an address at `x.example`.
pub(crate) const PEOPLE: [&str; 12] = [
    "ada", "bob", "cal", "eve", "gone", "grace", "hank", "ivan", "lilo", "mute", "olga", "root",
];

/// Reads a value whose text is known to be good.
pub(crate) fn read<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .unwrap_or_else(|_| panic!("{text:?} should be readable"))
}

pub(crate) fn id(name: &str) -> PersonId {
    read(name)
}

pub(crate) fn body(text: &str) -> Body {
    read(text)
}

pub(crate) fn start() -> Timestamp {
    read("2026-03-02T09:00:00Z")
}

pub(crate) const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}

pub(crate) fn person(name: &str) -> Person {
    let queues = |keys: &[&str]| keys.iter().map(|key| read(key)).collect();
    let role = match name {
        "grace" | "hank" | "olga" => Role::Agent {
            queues: queues(&["support"]),
            own_tickets_only: name == "olga",
        },
        "ivan" => Role::Agent {
            queues: queues(&["billing"]),
            own_tickets_only: false,
        },
        "lilo" => Role::LightAgent {
            queues: queues(&["support"]),
        },
        "root" => Role::Admin,
        _ => Role::Customer,
    };
    let address = read(&format!("{name}@x.example"));
    let mut person = Person::new(id(name), &shown(name), address, role);
    if matches!(name, "ada" | "bob") {
        person.organization = Some(read("acme"));
    }
    person.active = name != "gone";
    if name == "mute" {
        person.addresses.clear();
    }
    person
}

/// The name that people read: `Ada` for `ada`.
pub(crate) fn shown(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

pub(crate) fn acme() -> Organization {
    Organization {
        id: read("acme"),
        name: "Acme".into(),
        sharing: Sharing::AllTickets,
    }
}

/// The standard workflow in `support` and `billing`, another one in `repair`.
pub(crate) fn settings() -> Settings {
    let queue = |key: &str, workflow: &str| Queue {
        key: read(key),
        name: shown(key),
        address: read(&format!("{key}@desk.example")),
        workflow: read(workflow),
    };
    let fields = r#"[
        {"key": "cause", "name": "Cause", "type": "text"},
        {"key": "order", "name": "Order", "type": "text", "public": true},
        {"key": "seats", "name": "Seats", "type": "number"},
        {"key": "expert", "name": "Expert", "type": "person"}
    ]"#;
    Settings {
        name: "Help".to_owned(),
        queues: vec![
            queue("support", "standard"),
            queue("billing", "standard"),
            queue("repair", "repair"),
        ],
        workflows: vec![Workflow::standard(), repair()],
        fields: serde_json::from_str(fields).expect("fields"),
        ..Settings::default()
    }
}

/// A workflow that shares `new` with the standard one, maps its `open`, and knows no `pending`.
fn repair() -> Workflow {
    let workflow = r#"{
        "key": "repair",
        "statuses": [
            {"key": "new", "name": "New", "category": "new"},
            {"key": "bench", "name": "On the secret bench", "category": "open"},
            {"key": "done", "name": "Done", "category": "solved"}
        ],
        "initial": "new",
        "transitions": [
            {"to": "bench"},
            {"from": ["bench"], "to": "done", "right": "assignee", "requires": ["cause"]}
        ],
        "counterparts": {"standard": {"open": "bench", "solved": "done"}}
    }"#;
    serde_json::from_str(workflow).expect("a workflow")
}

/// A desk with everything in memory, and what a test looks at.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) store: MemoryStore,
    pub(crate) people: MemoryDirectory,
    pub(crate) letters: MemoryNotifier,
    pub(crate) clock: FixedClock,
    pub(crate) key: SigningKey,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(settings()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let store = MemoryStore::new();
        Self::over(store.clone(), Arc::new(store), settings, |builder| builder).await
    }

    /// A desk over a store that wraps the one in memory, built with more than usual.
    pub(crate) async fn over(
        store: MemoryStore,
        wrapped: Arc<dyn Store>,
        settings: Settings,
        more: impl FnOnce(DeskBuilder) -> DeskBuilder,
    ) -> Self {
        let people = MemoryDirectory::new();
        people.save_organization(&acme()).await.expect("saved");
        for name in PEOPLE {
            people.save_person(&person(name)).await.expect("saved");
        }
        let letters = MemoryNotifier::new();
        let clock = FixedClock::at(start());
        let key = SigningKey::new([7; 32]);
        let builder = Desk::builder(wrapped, Arc::new(people.clone()), key.clone())
            .notifier(Arc::new(letters.clone()))
            .mail_reader(Arc::new(LineReader))
            .clock(Arc::new(clock.clone()))
            .ids(Arc::new(CountedIds::new()));
        let world = Self {
            desk: more(builder).build(),
            store,
            people,
            letters,
            clock,
            key,
        };
        world.change(settings).await;
        world
    }

    /// Puts other settings in force.
    pub(crate) async fn change(&self, settings: Settings) {
        let operator = self.desk.operating();
        let store = self.desk.store();
        let seen = store.settings_generation().await.expect("a generation");
        operator.save_settings(seen, settings).await.expect("saved");
    }

    pub(crate) async fn as_(&self, name: &str) -> Caller {
        self.desk.acting(&id(name)).await.expect("somebody")
    }

    /// A ticket in `support` that this person asks.
    pub(crate) async fn opened(&self, by: &str) -> Receipt {
        self.open(by, open("Printer jam", "It is stuck."))
            .await
            .expect("opened")
    }

    pub(crate) async fn open(&self, by: &str, open: Open) -> Result<Receipt, DeskError> {
        self.as_(by).await.open(open).await
    }

    pub(crate) async fn reply(&self, by: &str, on: TicketId, text: &str) -> Receipt {
        let reply = Reply::from(body(text));
        self.as_(by).await.reply(on, reply).await.expect("a reply")
    }

    pub(crate) async fn note(&self, by: &str, on: TicketId, text: &str) -> Receipt {
        let note = Note::from(body(text));
        self.as_(by).await.note(on, note).await.expect("a note")
    }

    pub(crate) async fn does(&self, by: &str, on: TicketId, command: Command) -> Receipt {
        self.asks(by, on, command).await.expect("done")
    }

    pub(crate) async fn asks(
        &self,
        by: &str,
        on: TicketId,
        command: Command,
    ) -> Result<Receipt, DeskError> {
        self.as_(by).await.perform(Request::new(on, command)).await
    }

    pub(crate) async fn ticket(&self, id: TicketId) -> Ticket {
        let found = self.store.load(&[Reference::Id(id)]).await;
        found.expect("loaded").remove(0).expect("a ticket")
    }

    pub(crate) async fn notices(&self, on: TicketId) -> Vec<NoticeStatus> {
        self.store.notices(on).await.expect("notices")
    }

    pub(crate) async fn store_thread(&self, of: TicketId) -> ticket_core::ticket::Thread {
        self.store.thread(of).await.expect("a thread")
    }

    /// Delivers until nothing is left, and gives the letters that came.
    pub(crate) async fn post(&self) -> Vec<ticket_core::notice::Letter> {
        while !self.desk.deliver(100).await.expect("delivered").is_idle() {}
        self.letters.take_letters()
    }

    /// Takes a mail in and processes what is due.
    pub(crate) async fn receive(&self, mail: &Mail) -> ticket_core::port::SpoolState {
        let id = self.spool(mail).await;
        self.desk.process_mail(100).await.expect("processed");
        self.spooled(id).await
    }

    pub(crate) async fn spool(&self, mail: &Mail) -> ticket_core::value::SpoolId {
        let accepted = self.desk.accept_mail(read("support"), mail.raw()).await;
        accepted.expect("accepted")
    }

    pub(crate) async fn spooled(
        &self,
        id: ticket_core::value::SpoolId,
    ) -> ticket_core::port::SpoolState {
        use ticket_core::port::MailSpool;
        let status = self.store.mail_status(id).await.expect("a status");
        status.expect("a mail").state
    }

    /// Everything that must stay true is true.
    pub(crate) async fn verify(&self) {
        let report = self.desk.verify().await.expect("a report");
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

pub(crate) fn open(subject: &str, text: &str) -> Open {
    Open::new(read("support"), read(subject), body(text))
}

/// The refusal that came, or the panic that tells what came instead.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, DeskError>) -> Refusal {
    match result {
        Err(DeskError::Refused(refusal)) => refusal,
        other => panic!("it should have been refused: {other:?}"),
    }
}
