//! Public messages and internal notes: two types, so that one can't pass for the other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::mail::{MailMessageId, separate};
use crate::ticket::{ActorRef, Channel, Side};
use crate::value::{Body, Invalid, MessageId, NoteId, PersonId, SpoolId, TicketId, Timestamp};

/// A message that the requester and everybody in Cc may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicMessage {
    /// Identity.
    pub id: MessageId,
    /// The ticket that it belongs to.
    pub ticket: TicketId,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub author: PersonId,
    /// On which side the author stood.
    pub side: Side,
    /// Over which channel it came.
    pub channel: Channel,
    /// What was written; empty after a redaction.
    pub body: Body,
    /// Files that came with it.
    pub attachments: Vec<Attachment>,
    /// The mail that it came from.
    pub mail: Option<MailOrigin>,
    /// Set when the message was redacted.
    pub redacted: Option<Redaction>,
}

impl PublicMessage {
    /// What is new in the message: of one that came by mail, the part without quotes and
    /// signature; all of it where nothing else would be left.
    pub fn shown_text(&self) -> String {
        let text = self.body.text();
        match self.channel {
            Channel::Mail => {
                let shown = separate(text).shown();
                if shown.is_empty() {
                    text.to_owned()
                } else {
                    shown
                }
            }
            Channel::Api | Channel::Web | Channel::Host => text.to_owned(),
        }
    }
}

/// A note that only the team may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalNote {
    /// Identity.
    pub id: NoteId,
    /// The ticket that it belongs to.
    pub ticket: TicketId,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it: a person, a rule, or the system.
    pub author: ActorRef,
    /// What was written; empty after a redaction.
    pub body: Body,
    /// Files that came with it.
    pub attachments: Vec<Attachment>,
    /// The people whom the note mentions.
    pub mentions: Vec<PersonId>,
    /// The mail that it came from, such as a delivery report.
    pub mail: Option<MailOrigin>,
    /// Set when the note was redacted.
    pub redacted: Option<Redaction>,
}

/// The mail that a message came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailOrigin {
    /// The raw mail in the spool.
    pub spool: SpoolId,
    /// Its Message-ID, if it had one.
    pub message_id: Option<MailMessageId>,
    /// How far the sender is who the From field says.
    pub proof: SenderProof,
}

/// How far the sender of a mail is who its From field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderProof {
    /// Our own trusted host saw an aligned DKIM or SPF pass (RFC 8601).
    Authenticated,
    /// The mail carries a secret that only this sender was sent.
    Token,
    /// Nothing but the From field.
    Unproven,
}

/// When and by whom a message was redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: ActorRef,
}

/// A public message or an internal note, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Posting {
    /// A public message.
    Message(MessageId),
    /// An internal note.
    Note(NoteId),
}

/// A file that came with a message; its bytes are in the blob store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Name as given by the sender: data, never a path.
    pub name: String,
    /// Media type as given by the sender: never believed when served.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// Where the bytes are.
    pub digest: Digest,
    /// The Content-ID by which an HTML body refers to it (RFC 2392).
    pub content_id: Option<String>,
}

/// The SHA-256 of some bytes, which is also their name in the blob store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes a digest that was computed.
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Computes the digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| Invalid::new("digest", text, "64 hexadecimal digits are"))
    }
}

impl TryFrom<String> for Digest {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// All messages and notes of a ticket, each in the order written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Thread {
    /// The public messages.
    pub messages: Vec<PublicMessage>,
    /// The internal notes.
    pub notes: Vec<InternalNote>,
}

/// One entry of a thread as the team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// A public message.
    Message(PublicMessage),
    /// An internal note.
    Note(InternalNote),
}

impl Thread {
    /// Messages and notes together, in the order written.
    pub fn entries(self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.messages.into_iter().map(Entry::Message).collect();
        entries.extend(self.notes.into_iter().map(Entry::Note));
        entries.sort_by_key(|entry| match entry {
            Entry::Message(message) => (message.at, message.id.uuid()),
            Entry::Note(note) => (note.at, note.id.uuid()),
        });
        entries
    }
}
