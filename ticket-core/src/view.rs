//! What people are shown: two views of a ticket that have no type in common.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::field::FieldValue;
use crate::person::Person;
use crate::settings::CheckedSettings;
use crate::ticket::{Attachment, Entry, LinkKind, PublicMessage, Side, Ticket};
use crate::value::{FieldKey, MessageId, PersonId, TicketId, TicketNumber, Timestamp};
use crate::workflow::Category;

/// A ticket as the team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamView {
    /// The ticket.
    pub ticket: Ticket,
    /// Messages and notes, in the order written.
    pub entries: Vec<Entry>,
    /// Tickets that link to this one.
    pub linked_from: Vec<(TicketId, LinkKind)>,
}

/// A ticket as customers see it, in a list.
///
/// Nothing in it comes from a note, or changes when one is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerTicket {
    /// The number by which people know it.
    pub number: TicketNumber,
    /// What it is about, in one line.
    pub subject: String,
    /// The name of its status, for customers.
    pub status: String,
    /// The category of that status, as customers see it.
    pub category: Category,
    /// Who asks.
    pub requester: PersonId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Last change that customers may know of.
    pub updated_at: Timestamp,
    /// How many messages it has.
    pub message_count: u32,
    /// Values of the custom fields that customers see.
    pub fields: BTreeMap<FieldKey, FieldValue>,
}

/// A ticket as customers see it, with its messages.
///
/// By its types it can't hold a note:
///
/// ```
/// use ticket_core::view::{CustomerMessage, CustomerTicket, CustomerView};
/// fn tell(ticket: CustomerTicket, message: CustomerMessage) -> CustomerView {
///     CustomerView { ticket, messages: vec![message] }
/// }
/// ```
/// ```compile_fail,E0308
/// use ticket_core::ticket::InternalNote;
/// use ticket_core::view::{CustomerTicket, CustomerView};
/// fn leak(ticket: CustomerTicket, note: InternalNote) -> CustomerView {
///     CustomerView { ticket, messages: vec![note] }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerView {
    /// The ticket.
    pub ticket: CustomerTicket,
    /// Its messages, in the order written.
    pub messages: Vec<CustomerMessage>,
}

/// A public message as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerMessage {
    /// Identity.
    pub id: MessageId,
    /// When it was written.
    pub at: Timestamp,
    /// The name of who wrote it.
    pub author: String,
    /// On which side the author stood.
    pub side: Side,
    /// The text; empty after a redaction.
    pub text: String,
    /// What is new in the text: without quotes and signature, if it came by mail.
    pub shown: String,
    /// The HTML as received, hostile until sanitized.
    #[serde(skip)]
    pub html: Option<String>,
    /// Files that came with it.
    pub attachments: Vec<Attachment>,
    /// Whether its content was erased.
    pub redacted: bool,
}

/// What customers are told of one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerNews {
    /// When it happened.
    pub at: Timestamp,
    /// What they can see of it, in order; never empty.
    pub changes: Vec<CustomerChange>,
}

/// A change that customers may know of; by its type it can't tell of a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum CustomerChange {
    /// The ticket was opened.
    Opened {
        /// Its first message.
        message: MessageId,
    },
    /// Somebody wrote a message.
    Replied {
        /// The message.
        message: MessageId,
    },
    /// The status changed.
    StatusChanged,
    /// The subject changed.
    Retitled,
    /// Somebody else asks now.
    RequesterChanged,
    /// Other people take part.
    CcChanged,
    /// The content of a message was erased.
    Redacted {
        /// The message.
        message: MessageId,
    },
}

impl CustomerTicket {
    /// What customers see of a ticket.
    pub fn of(ticket: &Ticket, settings: &CheckedSettings) -> Self {
        let workflow = settings.workflow_of(&ticket.queue);
        let status = workflow.and_then(|workflow| workflow.status(&ticket.status));
        let category = ticket.category.shown_to_customers();
        let name = status.map_or(category.as_str(), |status| status.name_for_customers());
        let public = |key: &FieldKey| settings.field(key).is_some_and(|field| field.public);
        let fields = ticket.fields.iter().filter(|(key, _)| public(key));
        Self {
            number: ticket.number,
            subject: ticket.subject.to_string(),
            status: name.to_owned(),
            category,
            requester: ticket.requester.clone(),
            created_at: ticket.created_at,
            updated_at: ticket.public_updated_at,
            message_count: ticket.message_count,
            fields: fields
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }
}

impl CustomerMessage {
    /// What customers see of a public message.
    pub fn of(message: PublicMessage, people: &BTreeMap<PersonId, Person>) -> Self {
        let author = people
            .get(&message.author)
            .map(|person| person.name.clone());
        Self {
            id: message.id,
            at: message.at,
            author: author.unwrap_or_default(),
            side: message.side,
            text: message.body.text().to_owned(),
            shown: message.shown_text(),
            html: message.body.html().map(str::to_owned),
            attachments: message.attachments,
            redacted: message.redacted.is_some(),
        }
    }
}
