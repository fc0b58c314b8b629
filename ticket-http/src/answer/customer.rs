//! What customers are shown. Nothing here can hold a note, a version or who works on a ticket.

use std::collections::BTreeMap;

use serde::Serialize;
use ticket_core::field::FieldValue;
use ticket_core::query::{Cursor, Page};
use ticket_core::ticket::Side;
use ticket_core::value::{FieldKey, MessageId, PersonId, TicketNumber, Timestamp};
use ticket_core::view::{CustomerMessage, CustomerTicket, CustomerView};
use ticket_core::workflow::Category;
use utoipa::ToSchema;

use super::FileAnswer;

/// A ticket as customers see it; in a list, without its messages.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerTicket)]
pub(crate) struct Ticket {
    number: TicketNumber,
    subject: String,
    status: String,
    category: Category,
    requester: PersonId,
    created_at: Timestamp,
    updated_at: Timestamp,
    message_count: u32,
    fields: BTreeMap<FieldKey, FieldValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
}

/// A public message.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerMessage)]
struct Message {
    id: MessageId,
    at: Timestamp,
    author: String,
    side: Side,
    text: String,
    /// What is new in the text: without quotes and signature, if it came by mail.
    shown: String,
    attachments: Vec<FileAnswer>,
    redacted: bool,
}

/// A page of tickets as customers see them.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerTickets)]
pub(crate) struct Tickets {
    tickets: Vec<Ticket>,
    /// The cursor of the next page; null on the last one.
    #[schema(required)]
    next: Option<Cursor>,
}

impl From<Page<CustomerTicket>> for Tickets {
    fn from(page: Page<CustomerTicket>) -> Self {
        Self {
            tickets: page.rows.into_iter().map(Ticket::row).collect(),
            next: page.next,
        }
    }
}

impl Ticket {
    pub(super) fn shown(view: CustomerView) -> Self {
        let messages = view.messages.into_iter().map(Message::from).collect();
        Self {
            messages: Some(messages),
            ..Self::row(view.ticket)
        }
    }

    pub(super) fn row(ticket: CustomerTicket) -> Self {
        Self {
            number: ticket.number,
            subject: ticket.subject,
            status: ticket.status,
            category: ticket.category,
            requester: ticket.requester,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            message_count: ticket.message_count,
            fields: ticket.fields,
            messages: None,
        }
    }
}

impl From<CustomerMessage> for Message {
    fn from(message: CustomerMessage) -> Self {
        Self {
            id: message.id,
            at: message.at,
            author: message.author,
            side: message.side,
            text: message.text,
            shown: message.shown,
            attachments: message.attachments.into_iter().map(Into::into).collect(),
            redacted: message.redacted,
        }
    }
}
