//! The result of deciding: everything that one commit writes.

use serde::{Deserialize, Serialize};

use crate::notice::Notice;
use crate::react::Trace;
use crate::ticket::{
    Digest, Event, EventRecord, InternalNote, Posting, PublicMessage, Redaction, Ticket,
};
use crate::value::{TicketId, TicketNumber, Version};
use crate::webhook::Call;

/// Everything that one commit writes, all of it or nothing.
///
/// It has at least one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The ticket as it is afterwards.
    pub ticket: Ticket,
    /// The version that it must have before; none when the plan opens it.
    pub expected: Option<Version>,
    /// What happened.
    pub events: Vec<EventRecord>,
    /// New public messages.
    pub messages: Vec<PublicMessage>,
    /// New internal notes.
    pub notes: Vec<InternalNote>,
    /// Messages and notes whose content is erased.
    pub redactions: Vec<Posting>,
    /// Whom to tell what.
    pub notices: Vec<Notice>,
    /// Which webhooks to tell what.
    pub calls: Vec<Call>,
    /// Which rules reacted, for a dry run to show; not stored, since history names them.
    pub trace: Vec<Trace>,
}

/// A key by which a repeated request has one effect (draft-ietf-httpapi-idempotency-key-header).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Whose key it is, so that two callers with equal keys don't meet.
    pub scope: String,
    /// The key as the caller chose it.
    pub key: String,
    /// What the request says: another request with the same key is refused.
    pub fingerprint: Digest,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number.
    pub number: TicketNumber,
    /// The version that it has now; it grows with notes too, so customers must not be shown it.
    pub version: Version,
    /// The message or note that was written, if one was: the first.
    pub posting: Option<Posting>,
    /// Whether the effect was there already, from an earlier request with the same key.
    pub replayed: bool,
}

impl Plan {
    /// What to answer when the plan was committed.
    pub fn receipt(&self) -> Receipt {
        let message = self
            .messages
            .first()
            .map(|message| Posting::Message(message.id));
        let note = self.notes.first().map(|note| Posting::Note(note.id));
        Receipt {
            ticket: self.ticket.id,
            number: self.ticket.number,
            version: self.ticket.version,
            posting: message.or(note),
            replayed: false,
        }
    }

    /// What is erased, with when and by whom: the event of the redaction says so.
    pub fn redacted(&self) -> impl Iterator<Item = (Posting, Redaction)> {
        let erased = |record: &EventRecord| match &record.event {
            Event::Redacted { posting } if self.redactions.contains(posting) => Some((
                *posting,
                Redaction {
                    at: record.at,
                    by: record.actor.clone(),
                },
            )),
            _ => None,
        };
        self.events.iter().filter_map(erased)
    }
}
