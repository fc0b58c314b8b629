//! A mail as the desk understands it, and what the desk made of it.

use serde::{Deserialize, Serialize};

use super::MailMessageId;
use crate::ticket::SenderProof;
use crate::value::{EmailAddress, Line, Mailbox, NoticeId, PersonId, TicketId, Timestamp};

/// A mail, parsed: no MIME is left in it.
///
/// An adapter makes it from raw bytes; what it can't understand is left out here and stays in
/// the raw mail. All texts are decoded; header values hold no line breaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InboundMail {
    /// The From field; the first, where there are several.
    pub from: Option<Mailbox>,
    /// The envelope sender, from Return-Path: `Some(None)` is the null sender `<>`.
    pub return_path: Option<Option<EmailAddress>>,
    /// The addresses of the Reply-To field.
    pub reply_to: Vec<Mailbox>,
    /// The addresses of the To field.
    pub to: Vec<Mailbox>,
    /// The addresses of the Cc field.
    pub cc: Vec<Mailbox>,
    /// Where it was delivered: Delivered-To, X-Original-To and the like.
    pub delivered_to: Vec<EmailAddress>,
    /// The Subject field, decoded; empty when there is none.
    pub subject: String,
    /// The Message-ID field.
    pub message_id: Option<MailMessageId>,
    /// The ids of the In-Reply-To field.
    pub in_reply_to: Vec<MailMessageId>,
    /// The ids of the References field, the oldest first.
    pub references: Vec<MailMessageId>,
    /// The Date field.
    pub date: Option<Timestamp>,
    /// All header fields in order, names as written, values decoded and unfolded.
    pub headers: Vec<(String, String)>,
    /// The text; made from the HTML when there is no text part.
    pub text: String,
    /// The HTML part as received.
    pub html: Option<String>,
    /// Attachments, inline images and attached messages.
    pub parts: Vec<InboundPart>,
    /// What a delivery report says (RFC 3464); one entry for each recipient.
    pub reports: Vec<DeliveryReport>,
    /// Ids of the mails that a delivery report returns, whole or headers only.
    pub returned_ids: Vec<MailMessageId>,
    /// What the reader left out because of its limits or could not decode, one phrase each; all
    /// of it is in the raw mail.
    pub left_out: Vec<String>,
}

impl InboundMail {
    /// All values of a header field, by its name in any case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A part of a mail besides its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundPart {
    /// Its name as given, decoded; empty when it has none.
    pub name: String,
    /// Its media type as given, in lower case.
    pub media_type: String,
    /// The Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Its bytes, decoded.
    pub bytes: Vec<u8>,
}

/// What a delivery report says of one recipient (RFC 3464, 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryReport {
    /// The Action field in lower case: failed, delayed, delivered, relayed or expanded.
    pub action: String,
    /// The recipient.
    pub recipient: Option<EmailAddress>,
    /// The status code, such as `5.1.1`.
    pub status: Option<String>,
    /// What the other host said.
    pub diagnostic: Option<String>,
}

/// What the desk made of a mail, with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who wrote it, if the desk knows or admits them.
    pub sender: Option<PersonId>,
    /// How far the sender is who the From field says.
    pub proof: SenderProof,
    /// Whether a machine wrote it (RFC 3834), with the header field that says so.
    pub machine: Option<String>,
    /// What it was taken for.
    pub outcome: Outcome,
    /// Everything that pointed at a ticket, the strongest first, whether believed or not.
    pub evidence: Vec<Evidence>,
}

/// What a mail was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A message in this ticket.
    Joins {
        /// The ticket.
        ticket: TicketId,
    },
    /// A new ticket, perhaps with something to do with others.
    Opens {
        /// Tickets that it points at without proof.
        related: Vec<TicketId>,
    },
    /// A report that a mail of ours was not delivered: a note in its ticket.
    Bounces {
        /// The ticket.
        ticket: TicketId,
        /// The notice that came back.
        notice: NoticeId,
        /// Whom it was for.
        person: PersonId,
    },
    /// Nothing: it is kept aside, and an admin may run it again.
    Quarantined {
        /// Why.
        reason: Quarantine,
    },
}

/// Why a mail is kept aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Quarantine {
    /// It can't be read as a mail, or has no usable sender.
    Unreadable {
        /// What is wrong.
        detail: Line,
    },
    /// It is a mail of our own that came back.
    OwnMail,
    /// The sender is unknown and guests are not admitted.
    GuestsNotAdmitted,
    /// The sender is known and inactive.
    SenderInactive,
    /// It is a delivery report for a mail that we did not send or can't name, or one that
    /// reports no failure.
    UnknownBounce,
    /// The queue that it was spooled for does not exist.
    NoSuchQueue,
    /// The desk refused it.
    Refused {
        /// The refusal's code and text.
        detail: Line,
    },
    /// Processing it failed again and again.
    Failed {
        /// The last failure.
        detail: Line,
    },
}

/// One thing in a mail that points at a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// It was sent to an address that carries a secret of this ticket.
    AddressToken {
        /// The ticket.
        ticket: TicketId,
        /// Whether the secret is the sender's own.
        holder: bool,
    },
    /// It refers to a signed Message-ID of ours.
    SignedId {
        /// The ticket.
        ticket: TicketId,
        /// Whether that mail was sent to this sender.
        holder: bool,
    },
    /// It refers to a mail that belongs to this ticket.
    KnownId {
        /// The ticket.
        ticket: TicketId,
        /// The Message-ID.
        id: MailMessageId,
    },
    /// Its subject names the number of this ticket.
    SubjectNumber {
        /// The ticket.
        ticket: TicketId,
    },
}
