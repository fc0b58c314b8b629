//! Everything that a store answers, to compare two of them or one at two times.

use crate::mail::MailMessageId;
use crate::plan::{IdempotencyKey, Receipt};
use crate::port::{
    Credential, NoticeStatus, Reference, SpooledMail, SpooledStatus, Store, StoredSettings, Stray,
};
use crate::ticket::{Digest, EventRecord, LinkKind, Thread, Ticket};
use crate::value::{PersonId, SpoolId, TicketId, Timestamp};

/// What to ask for besides what the store lists by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) tickets: Vec<TicketId>,
    pub(super) mail_ids: Vec<MailMessageId>,
    pub(super) keys: Vec<IdempotencyKey>,
    pub(super) mails: Vec<SpoolId>,
    pub(super) blobs: Vec<Digest>,
    pub(super) people: Vec<PersonId>,
    pub(super) now: Option<Timestamp>,
}

/// What a store knows of a ticket.
#[derive(Debug, PartialEq)]
struct Told {
    ticket: Vec<Option<Ticket>>,
    thread: Thread,
    history: Vec<EventRecord>,
    linking: Vec<TicketId>,
    links: Vec<LinkKind>,
    notices: Vec<NoticeStatus>,
}

/// What a store answers.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    ids: Vec<TicketId>,
    tickets: Vec<Told>,
    by_mail: Vec<Option<Ticket>>,
    receipts: Vec<Option<Receipt>>,
    settings: Option<StoredSettings>,
    generation: u64,
    mails: Vec<(Option<SpooledMail>, Option<SpooledStatus>)>,
    quarantine: Vec<SpooledStatus>,
    blobs: Vec<(Option<u64>, Option<Vec<u8>>)>,
    credentials: Vec<Vec<Credential>>,
    strays: Vec<Stray>,
}

impl Snapshot {
    /// Asks a store for everything.
    pub(super) async fn of(store: &dyn Store, asked: &Asked) -> Self {
        let mut tickets = Vec::new();
        for id in &asked.tickets {
            tickets.push(Told::by(store, *id).await);
        }
        let mut receipts = Vec::new();
        for key in &asked.keys {
            receipts.push(store.receipt(key).await.expect("read"));
        }
        let mut mails = Vec::new();
        for id in &asked.mails {
            let mail = store.mail(*id).await.expect("read");
            mails.push((mail, store.mail_status(*id).await.expect("read")));
        }
        let mut blobs = Vec::new();
        for digest in &asked.blobs {
            let size = store.blob_size(digest).await.expect("read");
            let bytes = store.read_blob(digest, 0, 1000).await.expect("read");
            blobs.push((size, bytes));
        }
        let now = asked.now.unwrap_or(Timestamp::MIN);
        let mut credentials = Vec::new();
        for person in &asked.people {
            credentials.push(store.credentials(person, now).await.expect("read"));
        }
        let by_mail = asked.mail_ids.iter().cloned().map(Reference::Mail);
        let by_mail: Vec<Reference> = by_mail.collect();
        Self {
            ids: store.tickets_after(None, 1000).await.expect("read"),
            tickets,
            by_mail: store.load(&by_mail).await.expect("read"),
            receipts,
            settings: store.settings().await.expect("read"),
            generation: store.settings_generation().await.expect("read"),
            mails,
            quarantine: store.quarantined_mail(None, 1000).await.expect("read"),
            blobs,
            credentials,
            strays: store.strays().await.expect("read"),
        }
    }
}

impl Told {
    async fn by(store: &dyn Store, id: TicketId) -> Self {
        let mut linking = store.linking_to(id).await.expect("read");
        let by_number = linking.iter().map(|(from, _)| *from).collect();
        linking.sort_by_key(|(from, kind)| (*from, *kind));
        let mut references = vec![Reference::Id(id)];
        let ticket = store.load(&references).await.expect("read");
        let number = ticket.iter().flatten().map(|own| own.number);
        references.extend(number.map(Reference::Number));
        Self {
            ticket: store.load(&references).await.expect("read"),
            thread: store.thread(id).await.expect("read"),
            history: store.history(id, None).await.expect("read"),
            linking: by_number,
            links: linking.into_iter().map(|(_, kind)| kind).collect(),
            notices: store.notices(id).await.expect("read"),
        }
    }
}
