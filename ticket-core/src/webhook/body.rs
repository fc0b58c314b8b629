//! What a call says, as JSON.
//!
//! The envelope is that of Standard Webhooks: `type`, `timestamp` and `data`. What it tells the
//! team and what it tells customers have no type in common below that.

use serde::{Deserialize, Serialize};

use crate::settings::CheckedSettings;
use crate::ticket::{ActorRef, Cause, Event, EventRecord, Priority, Ticket};
use crate::value::{
    OrganizationId, PersonId, QueueKey, StatusKey, Subject, TicketId, TicketNumber, Timestamp,
    Version,
};
use crate::view::{CustomerChange, CustomerTicket};
use crate::workflow::Category;

/// What a call is about, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CallType {
    /// A ticket was opened.
    #[serde(rename = "ticket.opened")]
    Opened,
    /// Something happened to a ticket.
    #[serde(rename = "ticket.changed")]
    Changed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    #[serde(rename = "type")]
    call_type: CallType,
    timestamp: Timestamp,
    data: T,
}

#[derive(Serialize)]
struct TeamData<'a> {
    ticket: TeamTicket<'a>,
    events: Vec<Happened<'a>>,
}

/// What the ticket is now, by names.
#[derive(Serialize)]
struct TeamTicket<'a> {
    id: TicketId,
    number: TicketNumber,
    version: Version,
    subject: &'a Subject,
    queue: &'a QueueKey,
    status: &'a StatusKey,
    category: Category,
    priority: Priority,
    requester: &'a PersonId,
    organization: Option<&'a OrganizationId>,
    assignee: Option<&'a PersonId>,
}

/// An event, as the history shows it.
#[derive(Serialize)]
struct Happened<'a> {
    version: Version,
    index: u16,
    at: Timestamp,
    actor: &'a ActorRef,
    cause: &'a Cause,
    #[serde(flatten)]
    event: &'a Event,
}

impl<'a> From<&'a EventRecord> for Happened<'a> {
    fn from(record: &'a EventRecord) -> Self {
        Self {
            version: record.version,
            index: record.index,
            at: record.at,
            actor: &record.actor,
            cause: &record.cause,
            event: &record.event,
        }
    }
}

/// By its types it can't hold a note, nor what only the team knows.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerData {
    ticket: CustomerTicket,
    changes: Vec<CustomerChange>,
}

/// What the team is told of some events of a commit.
pub(super) fn for_team(
    call_type: CallType,
    at: Timestamp,
    ticket: &Ticket,
    events: &[&EventRecord],
) -> String {
    let data = TeamData {
        ticket: TeamTicket {
            id: ticket.id,
            number: ticket.number,
            version: ticket.version,
            subject: &ticket.subject,
            queue: &ticket.queue,
            status: &ticket.status,
            category: ticket.category,
            priority: ticket.priority,
            requester: &ticket.requester,
            organization: ticket.organization.as_ref(),
            assignee: ticket.assignee.as_ref(),
        },
        events: events.iter().copied().map(Happened::from).collect(),
    };
    written(call_type, at, data)
}

/// What customers are told of some changes of a commit.
pub(super) fn for_customers(
    call_type: CallType,
    at: Timestamp,
    (ticket, settings): (&Ticket, &CheckedSettings),
    changes: Vec<CustomerChange>,
) -> String {
    let ticket = CustomerTicket::of(ticket, settings);
    written(call_type, at, CustomerData { ticket, changes })
}

/// Whether a body says nothing but what customers may be told, in this very form.
pub(crate) fn is_for_customers(body: &str) -> bool {
    let envelope = serde_json::from_str::<Envelope<CustomerData>>(body);
    envelope.is_ok_and(|envelope| {
        written(envelope.call_type, envelope.timestamp, envelope.data) == body
    })
}

fn written(call_type: CallType, timestamp: Timestamp, data: impl Serialize) -> String {
    let envelope = Envelope {
        call_type,
        timestamp,
        data,
    };
    // Keys are texts and all parts can be written, so there is always a text.
    serde_json::to_string(&envelope).unwrap_or_default()
}
