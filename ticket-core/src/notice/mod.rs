//! Notices: one thing to tell one recipient, and the letter that is made of it.

mod announce;
mod compose;
mod kind;
mod template;

use serde::{Deserialize, Serialize};

use crate::mail::MailMessageId;
use crate::ticket::{Attachment, Posting};
use crate::value::{
    Mailbox, MessageId, NoticeId, PersonId, QueueKey, TicketId, TicketNumber, Timestamp, Version,
};

pub(crate) use announce::may_hear;
pub use announce::{Announcement, announce};
pub(crate) use compose::plain_letter;
pub use compose::{Sources, compose};
pub(crate) use template::Words;
pub use template::{PLACEHOLDERS, Template, TemplateError};

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// To the requester: your request has arrived.
    Received,
    /// To the requester: we opened this for you.
    OpenedForYou,
    /// To participants: somebody wrote a public message.
    Replied,
    /// To the requester: the ticket was solved.
    Solved,
    /// To a guest: a secret that proves that the mailbox is theirs.
    Access,
    /// To the team: there is a new ticket in your queue.
    NewTicket,
    /// To the team: a customer or colleague wrote a public message.
    TeamReplied,
    /// To the team: somebody wrote a note.
    Noted,
    /// To the team: a note mentions you.
    Mentioned,
    /// To the team: you are responsible now.
    AssignedToYou,
    /// To the team: a mail of ours came back.
    DeliveryFailed,
}

/// One thing to tell one recipient; it has a stable identity and never changes.
///
/// It names messages and never holds their text: the text is put in when the letter is
/// composed, so a message that was redacted in the meantime is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Identity; the Message-ID of the mail is made of it.
    pub id: NoticeId,
    /// The ticket that it is about.
    pub ticket: TicketId,
    /// The number of that ticket.
    pub number: TicketNumber,
    /// The version of the ticket whose commit made the notice.
    pub version: Version,
    /// What it tells.
    pub kind: NoticeKind,
    /// Whom it tells.
    pub person: PersonId,
    /// Where it goes.
    pub to: Mailbox,
    /// Under which name and address it is sent: those of the queue.
    pub from: Mailbox,
    /// The queue that it is sent for.
    pub queue: QueueKey,
    /// Whether nobody wrote it by hand (RFC 3834), so that caps apply.
    pub automatic: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The subject line.
    pub subject: String,
    /// Words before the message, from a template.
    pub intro: String,
    /// Words after the message, from a template.
    pub outro: String,
    /// Which messages it shows.
    pub content: Content,
    /// Mails that the recipient knows of, the oldest first, for `References`.
    pub references: Vec<MailMessageId>,
}

/// Which messages a notice shows, by who reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Content {
    /// For somebody on the customers' side.
    Customer(CustomerContent),
    /// For somebody of the team.
    Team(TeamContent),
}

/// What somebody on the customers' side is shown: by its types it can't be a note.
///
/// ```
/// use ticket_core::notice::CustomerContent;
/// use ticket_core::value::MessageId;
/// fn tell(message: MessageId) -> CustomerContent {
///     CustomerContent { message: Some(message), quoted: Vec::new() }
/// }
/// ```
/// ```compile_fail,E0308
/// use ticket_core::notice::CustomerContent;
/// use ticket_core::value::NoteId;
/// fn leak(note: NoteId) -> CustomerContent {
///     CustomerContent { message: Some(note), quoted: Vec::new() }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CustomerContent {
    /// The new message.
    pub message: Option<MessageId>,
    /// Earlier messages to quote, the newest first.
    pub quoted: Vec<MessageId>,
}

/// What somebody of the team is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TeamContent {
    /// The new message or note.
    pub posting: Option<Posting>,
    /// Earlier public messages to quote, the newest first.
    pub quoted: Vec<MessageId>,
}

/// A notice with its words, ready to be delivered.
///
/// Composing the same notice again gives the same letter, unless a message was redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The notice that it was made of.
    pub notice: NoticeId,
    /// The ticket that it is about; none for a code that proves a mailbox.
    pub ticket: Option<TicketId>,
    /// What it tells.
    pub kind: NoticeKind,
    /// Its Message-ID: stable, and signed so that a reply can be trusted to be one.
    pub message_id: MailMessageId,
    /// Who sends it.
    pub from: Mailbox,
    /// Where a reply goes: an address with a secret of this recipient and ticket.
    pub reply_to: Mailbox,
    /// Whom it goes to.
    pub to: Mailbox,
    /// The subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, made of the text.
    pub html: String,
    /// The mail that it answers.
    pub in_reply_to: Option<MailMessageId>,
    /// The mails before it in the recipient's thread, the oldest first.
    pub references: Vec<MailMessageId>,
    /// The instant for the Date field.
    pub date: Timestamp,
    /// Whether nobody wrote it by hand (RFC 3834).
    pub automatic: bool,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
    /// The value of the [loop header](crate::mail::LOOP_HEADER), by which the desk knows its own.
    pub loop_marker: String,
}
