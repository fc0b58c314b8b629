//! A plan as rows, ready to be written.

use std::collections::BTreeSet;

use ticket_core::notice::Notice;
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::ticket::{EventRecord, InternalNote, Posting, PublicMessage, Redaction};
use ticket_core::value::{Subject, Version};

use crate::calls::CallRow;
use crate::error::Error;
use crate::row::{Filing, LinkRow, Term, id_bytes, links, number, terms, to_column, to_json};
use crate::words;

/// Everything that a commit writes.
pub(super) struct Rows {
    pub(super) tenant: i64,
    pub(super) key: Option<KeyRow>,
    pub(super) receipt: Receipt,
    pub(super) expected: Option<Version>,
    pub(super) ticket: TicketRow,
    pub(super) events: Vec<EventRow>,
    pub(super) messages: Vec<PostingRow>,
    pub(super) notes: Vec<PostingRow>,
    pub(super) redactions: Vec<(Posting, Redaction)>,
    pub(super) notices: Vec<NoticeRow>,
    pub(super) calls: Vec<CallRow>,
}

/// An idempotency key with its answer.
pub(super) struct KeyRow {
    pub(super) key: IdempotencyKey,
    pub(super) used_at: i64,
    pub(super) receipt: String,
}

/// A ticket with what it is found by.
pub(super) struct TicketRow {
    pub(super) id: Vec<u8>,
    pub(super) number: i64,
    pub(super) version: i64,
    pub(super) updated_at: i64,
    pub(super) public_updated_at: i64,
    pub(super) filing: Filing,
    pub(super) terms: BTreeSet<Term>,
    pub(super) links: BTreeSet<LinkRow>,
    pub(super) subject: Subject,
    pub(super) words: String,
    pub(super) json: String,
}

/// An event by its version and place.
pub(super) struct EventRow {
    pub(super) version: i64,
    pub(super) place: i64,
    pub(super) json: String,
}

/// A public message or an internal note.
pub(super) struct PostingRow {
    pub(super) id: Vec<u8>,
    pub(super) at: i64,
    pub(super) words: String,
    pub(super) mail: Option<String>,
    pub(super) json: String,
}

/// A notice with what it is claimed by.
pub(super) struct NoticeRow {
    pub(super) id: Vec<u8>,
    pub(super) version: i64,
    pub(super) person: String,
    pub(super) address: String,
    pub(super) automatic: bool,
    pub(super) created_at: i64,
    /// Whether it was told before, somewhere else.
    pub(super) told: bool,
    pub(super) json: String,
}

impl Rows {
    /// The rows of a plan for a tenant.
    pub(super) fn of(
        tenant: i64,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Self, Error> {
        let receipt = plan.receipt();
        let key_row = |key: &IdempotencyKey| {
            Ok::<_, Error>(KeyRow {
                key: key.clone(),
                used_at: plan.ticket.updated_at.micros(),
                receipt: to_json("a receipt", &receipt)?,
            })
        };
        Ok(Self {
            tenant,
            key: key.map(key_row).transpose()?,
            expected: plan.expected,
            ticket: TicketRow::of(plan)?,
            events: collect(&plan.events, EventRow::of)?,
            messages: collect(&plan.messages, PostingRow::of_message)?,
            notes: collect(&plan.notes, PostingRow::of_note)?,
            redactions: plan.redacted().collect(),
            notices: collect(&plan.notices, NoticeRow::of)?,
            calls: collect(&plan.calls, CallRow::of)?,
            receipt,
        })
    }

    /// The same, with its notices told already, and nobody called.
    pub(super) fn told(mut self) -> Self {
        self.calls.clear();
        for notice in &mut self.notices {
            notice.told = true;
        }
        self
    }

    /// How many messages and notes it adds.
    pub(super) fn texts(&self) -> i64 {
        i64::try_from(self.messages.len() + self.notes.len()).unwrap_or(i64::MAX)
    }
}

fn collect<T, R>(values: &[T], row: impl Fn(&T) -> Result<R, Error>) -> Result<Vec<R>, Error> {
    values.iter().map(row).collect()
}

impl TicketRow {
    fn of(plan: &Plan) -> Result<Self, Error> {
        let ticket = &plan.ticket;
        Ok(Self {
            id: id_bytes(ticket.id.uuid()),
            number: number(ticket.number),
            version: version(ticket.version)?,
            updated_at: ticket.updated_at.micros(),
            public_updated_at: ticket.public_updated_at.micros(),
            filing: Filing::of(ticket),
            terms: terms(ticket),
            links: links(ticket),
            subject: ticket.subject.clone(),
            words: words::indexed(ticket.subject.as_str()),
            json: to_json("a ticket", ticket)?,
        })
    }
}

impl EventRow {
    fn of(record: &EventRecord) -> Result<Self, Error> {
        Ok(Self {
            version: version(record.version)?,
            place: i64::from(record.index),
            json: to_json("an event", record)?,
        })
    }
}

impl PostingRow {
    fn of_message(message: &PublicMessage) -> Result<Self, Error> {
        let mail = message.mail.as_ref();
        Ok(Self {
            id: id_bytes(message.id.uuid()),
            at: message.at.micros(),
            words: words::indexed(message.body.text()),
            mail: mail.and_then(|mail| Some(mail.message_id.as_ref()?.as_str().to_owned())),
            json: to_json("a message", message)?,
        })
    }

    fn of_note(note: &InternalNote) -> Result<Self, Error> {
        let mail = note.mail.as_ref();
        Ok(Self {
            id: id_bytes(note.id.uuid()),
            at: note.at.micros(),
            words: words::indexed(note.body.text()),
            mail: mail.and_then(|mail| Some(mail.message_id.as_ref()?.as_str().to_owned())),
            json: to_json("a note", note)?,
        })
    }
}

impl NoticeRow {
    fn of(notice: &Notice) -> Result<Self, Error> {
        Ok(Self {
            id: id_bytes(notice.id.uuid()),
            version: version(notice.version)?,
            person: notice.person.as_str().to_owned(),
            address: notice.to.address.normal().to_owned(),
            automatic: notice.automatic,
            created_at: notice.created_at.micros(),
            told: false,
            json: to_json("a notice", notice)?,
        })
    }
}

fn version(version: Version) -> Result<i64, Error> {
    to_column("a version", version.get())
}
