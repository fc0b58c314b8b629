//! A plan as rows, column by column.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use ticket_core::notice::Notice;
use ticket_core::plan::{IdempotencyKey, Plan};
use ticket_core::ticket::{InternalNote, MailOrigin, Posting, PublicMessage, Redaction, Ticket};
use ticket_core::value::Version;
use uuid::Uuid;

use super::redaction::{Erasable, Erased};
use crate::calls::CallRows;
use crate::error::Error;
use crate::row::{Filing, links, number, terms, to_column, to_json};
use crate::text::Language;

/// Everything that a commit writes.
pub(super) struct Rows {
    pub(super) tenant: i64,
    pub(super) key: Option<KeyRow>,
    pub(super) expected: Option<i64>,
    pub(super) ticket: TicketRow,
    pub(super) found_by: FoundBy,
    pub(super) events: Events,
    pub(super) messages: Postings,
    pub(super) notes: Postings,
    /// What is left of earlier messages that the plan redacts.
    pub(super) erased_messages: Erased,
    /// The same of notes.
    pub(super) erased_notes: Erased,
    pub(super) mails: BTreeSet<String>,
    pub(super) notices: Notices,
    pub(super) calls: CallRows,
}

/// An idempotency key with its answer.
pub(super) struct KeyRow {
    pub(super) key: Vec<u8>,
    pub(super) fingerprint: Vec<u8>,
    pub(super) receipt: String,
}

/// A ticket.
pub(super) struct TicketRow {
    pub(super) id: Uuid,
    pub(super) number: i64,
    pub(super) version: i64,
    pub(super) updated_at: i64,
    pub(super) public_updated_at: i64,
    pub(super) filing: Filing,
    pub(super) json: String,
}

/// What a ticket is found by beside its columns, and a digest of it.
pub(super) struct FoundBy {
    pub(super) digest: Uuid,
    pub(super) subject: Option<String>,
    pub(super) term_kinds: Vec<i16>,
    pub(super) term_names: Vec<String>,
    pub(super) terms: Vec<String>,
    pub(super) link_targets: Vec<Uuid>,
    pub(super) link_kinds: Vec<i16>,
}

/// Events.
#[derive(Default)]
pub(super) struct Events {
    pub(super) versions: Vec<i64>,
    pub(super) places: Vec<i32>,
    pub(super) jsons: Vec<String>,
}

/// Messages or notes; the authors of notes are not asked for.
#[derive(Default)]
pub(super) struct Postings {
    pub(super) ids: Vec<Uuid>,
    pub(super) ats: Vec<i64>,
    pub(super) authors: Vec<String>,
    pub(super) jsons: Vec<String>,
    pub(super) words: Words,
}

/// The words of messages or notes.
#[derive(Default)]
pub(super) struct Words {
    pub(super) documents: Vec<Uuid>,
    pub(super) pieces: Vec<i32>,
    pub(super) overlaps: Vec<i32>,
    pub(super) texts: Vec<String>,
}

/// Notices.
#[derive(Default)]
pub(super) struct Notices {
    pub(super) ids: Vec<Uuid>,
    pub(super) versions: Vec<i64>,
    pub(super) persons: Vec<String>,
    pub(super) addresses: Vec<String>,
    pub(super) automatics: Vec<bool>,
    pub(super) created_ats: Vec<i64>,
    pub(super) jsons: Vec<String>,
    /// They were told before, somewhere else.
    pub(super) are_told: bool,
}

/// A key as the table `keys` names it: its parts may be long, and hold what columns can't.
pub(crate) fn key_digest(key: &IdempotencyKey) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update((key.scope.len() as u64).to_be_bytes());
    digest.update(key.scope.as_bytes());
    digest.update(key.key.as_bytes());
    digest.finalize().to_vec()
}

/// Half of a SHA-256, as wide as a UUID.
fn half_digest(bytes: &[u8]) -> Uuid {
    let digest = Sha256::digest(bytes);
    let mut half = [0; 16];
    half.iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    Uuid::from_bytes(half)
}

impl Rows {
    /// The rows of a plan for a tenant; what is left of the earlier messages and notes that it
    /// redacts is added by the caller, who reads them.
    pub(super) fn of(
        tenant: i64,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
        language: Language,
    ) -> Result<Self, Error> {
        let redacted: BTreeMap<Posting, Redaction> = plan.redacted().collect();
        let mut messages = Postings::default();
        for message in &plan.messages {
            let redaction = redacted.get(&Posting::Message(message.id));
            messages.add_message(message, redaction, language)?;
        }
        let mut notes = Postings::default();
        for note in &plan.notes {
            let redaction = redacted.get(&Posting::Note(note.id));
            notes.add_note(note, redaction, language)?;
        }
        Ok(Self {
            tenant,
            key: key.map(|key| KeyRow::of(key, plan)).transpose()?,
            expected: plan.expected.map(version).transpose()?,
            ticket: TicketRow::of(&plan.ticket)?,
            found_by: FoundBy::of(&plan.ticket, language)?,
            events: Events::of(plan)?,
            messages,
            notes,
            erased_messages: Erased::default(),
            erased_notes: Erased::default(),
            mails: mails(plan),
            notices: Notices::of(&plan.notices)?,
            calls: CallRows::of(&plan.calls)?,
        })
    }
}

impl KeyRow {
    fn of(key: &IdempotencyKey, plan: &Plan) -> Result<Self, Error> {
        Ok(Self {
            key: key_digest(key),
            fingerprint: key.fingerprint.bytes().to_vec(),
            receipt: to_json("a receipt", &plan.receipt())?,
        })
    }
}

impl TicketRow {
    fn of(ticket: &Ticket) -> Result<Self, Error> {
        Ok(Self {
            id: ticket.id.uuid(),
            number: number(ticket.number),
            version: version(ticket.version)?,
            updated_at: ticket.updated_at.micros(),
            public_updated_at: ticket.public_updated_at.micros(),
            filing: Filing::of(ticket),
            json: to_json("a ticket", ticket)?,
        })
    }
}

impl FoundBy {
    fn of(ticket: &Ticket, language: Language) -> Result<Self, Error> {
        let (terms, links) = (terms(ticket), links(ticket));
        // A subject is one line, far from too long for one piece.
        let subject = language.pieces(ticket.subject.as_str()).into_iter().next();
        let subject = subject.map(|piece| piece.words);
        let all = to_json("what a ticket is found by", &(&terms, &links, &subject))?;
        let mut own = Self {
            digest: half_digest(all.as_bytes()),
            subject,
            term_kinds: Vec::new(),
            term_names: Vec::new(),
            terms: Vec::new(),
            link_targets: Vec::new(),
            link_kinds: Vec::new(),
        };
        for (kind, name, term) in terms {
            own.term_kinds.push(kind);
            own.term_names.push(name);
            own.terms.push(term);
        }
        (own.link_targets, own.link_kinds) = links.into_iter().unzip();
        Ok(own)
    }
}

impl Events {
    fn of(plan: &Plan) -> Result<Self, Error> {
        let mut own = Self::default();
        for record in &plan.events {
            own.versions.push(version(record.version)?);
            own.places.push(i32::from(record.index));
            own.jsons.push(to_json("an event", record)?);
        }
        Ok(own)
    }
}

impl Postings {
    fn add_message(
        &mut self,
        message: &PublicMessage,
        redaction: Option<&Redaction>,
        language: Language,
    ) -> Result<(), Error> {
        let json = match redaction {
            Some(redaction) => to_json("a message", &message.clone().erased(redaction))?,
            None => {
                self.words
                    .add(message.id.uuid(), message.body.text(), language);
                to_json("a message", message)?
            }
        };
        self.authors.push(message.author.as_str().to_owned());
        self.add(message.id.uuid(), message.at.micros(), json);
        Ok(())
    }

    fn add_note(
        &mut self,
        note: &InternalNote,
        redaction: Option<&Redaction>,
        language: Language,
    ) -> Result<(), Error> {
        let json = match redaction {
            Some(redaction) => to_json("a note", &note.clone().erased(redaction))?,
            None => {
                self.words.add(note.id.uuid(), note.body.text(), language);
                to_json("a note", note)?
            }
        };
        self.add(note.id.uuid(), note.at.micros(), json);
        Ok(())
    }

    fn add(&mut self, id: Uuid, at: i64, json: String) {
        self.ids.push(id);
        self.ats.push(at);
        self.jsons.push(json);
    }
}

impl Words {
    fn add(&mut self, document: Uuid, text: &str, language: Language) {
        for (place, piece) in (0..).zip(language.pieces(text)) {
            self.documents.push(document);
            self.pieces.push(place);
            self.overlaps.push(piece.overlap);
            self.texts.push(piece.words);
        }
    }
}

/// The Message-IDs of a plan, sorted: so two commits never wait for each other's.
fn mails(plan: &Plan) -> BTreeSet<String> {
    let messages = plan.messages.iter().map(|message| &message.mail);
    let origins = messages.chain(plan.notes.iter().map(|note| &note.mail));
    let id = |origin: &MailOrigin| Some(origin.message_id.as_ref()?.as_str().to_owned());
    origins.flatten().filter_map(id).collect()
}

impl Notices {
    fn of(notices: &[Notice]) -> Result<Self, Error> {
        let mut own = Self::default();
        for notice in notices {
            own.ids.push(notice.id.uuid());
            own.versions.push(version(notice.version)?);
            own.persons.push(notice.person.as_str().to_owned());
            own.addresses.push(notice.to.address.normal().to_owned());
            own.automatics.push(notice.automatic);
            own.created_ats.push(notice.created_at.micros());
            own.jsons.push(to_json("a notice", notice)?);
        }
        Ok(own)
    }
}

fn version(version: Version) -> Result<i64, Error> {
    to_column("a version", version.get())
}
