//! Plans that the tests commit.

use std::collections::{BTreeMap, BTreeSet};

use ticket_core::decide::apply;
use ticket_core::plan::Plan;
use ticket_core::ticket::{
    ActorRef, Cause, Channel, Event, EventRecord, Opening, Priority, PublicMessage, Side, Ticket,
};
use ticket_core::value::{Body, MessageId, TicketId, TicketNumber, Timestamp, Version};
use ticket_core::workflow::Category;
use uuid::Uuid;

/// Any instant.
pub(crate) const NOON: Timestamp = Timestamp::from_micros(1_790_000_000_123_456);

/// A plan that opens a ticket with this text.
pub(crate) fn open(number: TicketNumber, text: &str) -> Plan {
    let message = MessageId::new(Uuid::now_v7());
    let opening = Opening {
        number,
        subject: "Printer jam".parse().expect("a subject"),
        queue: "support".parse().expect("a queue"),
        status: "new".parse().expect("a status"),
        category: Category::New,
        priority: Priority::Normal,
        requester: "ada".parse().expect("an id"),
        organization: None,
        tags: BTreeSet::from(["vip".parse().expect("a tag")]),
        fields: BTreeMap::new(),
        cc: BTreeSet::new(),
        links: BTreeSet::new(),
        about: BTreeSet::new(),
        channel: Channel::Web,
        message,
        mail: None,
        side: Side::Customer,
    };
    let ticket = TicketId::new(Uuid::now_v7());
    let event = record(ticket, Version::FIRST, Event::Opened(Box::new(opening)));
    let after = apply(None, &event).expect("a ticket");
    plan(after, None, event, written(ticket, message, text))
}

/// A plan that writes a message with this text.
pub(crate) fn reply(ticket: &Ticket, text: &str) -> Plan {
    let message = MessageId::new(Uuid::now_v7());
    let replied = Event::Replied {
        message,
        mail: None,
        side: Side::Customer,
    };
    let event = record(ticket.id, ticket.version.next(), replied);
    let after = apply(Some(ticket.clone()), &event).expect("a ticket");
    let written = written(ticket.id, message, text);
    plan(after, Some(ticket.version), event, written)
}

fn record(ticket: TicketId, version: Version, event: Event) -> EventRecord {
    EventRecord {
        ticket,
        version,
        index: 0,
        at: NOON,
        actor: ActorRef::System,
        cause: Cause::Clock,
        event,
    }
}

fn written(ticket: TicketId, id: MessageId, text: &str) -> PublicMessage {
    PublicMessage {
        id,
        ticket,
        at: NOON,
        author: "ada".parse().expect("an id"),
        side: Side::Customer,
        channel: Channel::Web,
        body: Body::new(text).expect("a body"),
        attachments: Vec::new(),
        mail: None,
        redacted: None,
    }
}

fn plan(
    ticket: Ticket,
    expected: Option<Version>,
    event: EventRecord,
    message: PublicMessage,
) -> Plan {
    Plan {
        ticket,
        expected,
        events: vec![event],
        messages: vec![message],
        notes: Vec::new(),
        redactions: Vec::new(),
        notices: Vec::new(),
        calls: Vec::new(),
        trace: Vec::new(),
    }
}
