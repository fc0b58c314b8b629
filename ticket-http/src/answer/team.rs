//! What the team is shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use ticket_core::field::FieldValue;
use ticket_core::notice::NoticeKind;
use ticket_core::port::{NoticeState, NoticeStatus, Present};
use ticket_core::query::{Cursor, Page};
use ticket_core::ticket::{
    ActorRef, Cause, Channel, Entry, Event, EventRecord, HostSubject, InternalNote, Link, LinkKind,
    Priority, PublicMessage, Side,
};
use ticket_core::value::{
    EmailAddress, FieldKey, MessageId, NoteId, NoticeId, OrganizationId, PersonId, QueueKey,
    StatusKey, Subject, Tag, TicketId, TicketNumber, Timestamp, Version,
};
use ticket_core::view::TeamView;
use ticket_core::workflow::Category;
use utoipa::ToSchema;

use super::FileAnswer;

/// A ticket as the team sees it; in a list, without its thread.
#[derive(Serialize, ToSchema)]
#[schema(as = TeamTicket)]
pub(crate) struct Ticket {
    id: TicketId,
    number: TicketNumber,
    version: Version,
    subject: Subject,
    queue: QueueKey,
    status: StatusKey,
    category: Category,
    priority: Priority,
    requester: PersonId,
    #[schema(required)]
    organization: Option<OrganizationId>,
    #[schema(required)]
    assignee: Option<PersonId>,
    tags: BTreeSet<Tag>,
    fields: BTreeMap<FieldKey, FieldValue>,
    followers: BTreeSet<PersonId>,
    cc: BTreeSet<PersonId>,
    links: BTreeSet<Link>,
    about: BTreeSet<HostSubject>,
    channel: Channel,
    #[schema(required)]
    snoozed_until: Option<Timestamp>,
    #[schema(required)]
    due: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(required)]
    solved_at: Option<Timestamp>,
    message_count: u32,
    note_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<Thread>,
}

/// Messages and notes.
#[derive(Serialize, ToSchema)]
struct Thread {
    /// In the order written.
    entries: Vec<Posted>,
    /// Links that start from other tickets.
    linked_from: Vec<LinkedFrom>,
}

/// A link that starts from another ticket.
#[derive(Serialize, ToSchema)]
struct LinkedFrom {
    kind: LinkKind,
    from: TicketId,
}

/// A message or a note.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = Entry)]
enum Posted {
    /// A public message.
    Message {
        id: MessageId,
        author: PersonId,
        side: Side,
        channel: Channel,
        #[serde(flatten)]
        content: Content,
    },
    /// An internal note.
    Note {
        id: NoteId,
        author: ActorRef,
        mentions: Vec<PersonId>,
        #[serde(flatten)]
        content: Content,
    },
}

/// What was written.
#[derive(Serialize, ToSchema)]
struct Content {
    at: Timestamp,
    text: String,
    /// What is new in the text: without quotes and signature, if it came by mail.
    shown: String,
    attachments: Vec<FileAnswer>,
    redacted: bool,
}

impl Ticket {
    pub(super) fn shown(view: TeamView) -> Self {
        let linked = |(from, kind)| LinkedFrom { kind, from };
        let thread = Thread {
            entries: view.entries.into_iter().map(Posted::from).collect(),
            linked_from: view.linked_from.into_iter().map(linked).collect(),
        };
        Self {
            thread: Some(thread),
            ..Self::row(view.ticket)
        }
    }

    pub(super) fn row(ticket: ticket_core::ticket::Ticket) -> Self {
        Self {
            id: ticket.id,
            number: ticket.number,
            version: ticket.version,
            subject: ticket.subject,
            queue: ticket.queue,
            status: ticket.status,
            category: ticket.category,
            priority: ticket.priority,
            requester: ticket.requester,
            organization: ticket.organization,
            assignee: ticket.assignee,
            tags: ticket.tags,
            fields: ticket.fields,
            followers: ticket.followers,
            cc: ticket.cc,
            links: ticket.links,
            about: ticket.about,
            channel: ticket.channel,
            snoozed_until: ticket.snoozed_until,
            due: ticket.due,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            solved_at: ticket.solved_at,
            message_count: ticket.message_count,
            note_count: ticket.note_count,
            thread: None,
        }
    }
}

impl From<Entry> for Posted {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Message(message) => message.into(),
            Entry::Note(note) => note.into(),
        }
    }
}

impl From<PublicMessage> for Posted {
    fn from(message: PublicMessage) -> Self {
        let shown = message.shown_text();
        Self::Message {
            id: message.id,
            author: message.author,
            side: message.side,
            channel: message.channel,
            content: Content {
                at: message.at,
                text: message.body.text().to_owned(),
                shown,
                attachments: message.attachments.into_iter().map(Into::into).collect(),
                redacted: message.redacted.is_some(),
            },
        }
    }
}

impl From<InternalNote> for Posted {
    fn from(note: InternalNote) -> Self {
        Self::Note {
            id: note.id,
            author: note.author,
            mentions: note.mentions,
            content: Content {
                at: note.at,
                text: note.body.text().to_owned(),
                shown: note.body.text().to_owned(),
                attachments: note.attachments.into_iter().map(Into::into).collect(),
                redacted: note.redacted.is_some(),
            },
        }
    }
}

/// A page of tickets as the team sees them.
#[derive(Serialize, ToSchema)]
#[schema(as = TeamTickets)]
pub(crate) struct Tickets {
    tickets: Vec<Ticket>,
    /// The cursor of the next page; null on the last one.
    #[schema(required)]
    next: Option<Cursor>,
}

impl From<Page<ticket_core::ticket::Ticket>> for Tickets {
    fn from(page: Page<ticket_core::ticket::Ticket>) -> Self {
        Self {
            tickets: page.rows.into_iter().map(Ticket::row).collect(),
            next: page.next,
        }
    }
}

/// Everything that happened to a ticket.
#[derive(Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryAnswer {
    events: Vec<Happened>,
}

/// One event of a history.
#[derive(Serialize, ToSchema)]
#[schema(as = HistoryEvent)]
pub(crate) struct Happened {
    version: Version,
    index: u16,
    at: Timestamp,
    actor: ActorRef,
    cause: Cause,
    #[serde(flatten)]
    event: Event,
}

impl From<EventRecord> for Happened {
    fn from(record: EventRecord) -> Self {
        Self {
            version: record.version,
            index: record.index,
            at: record.at,
            actor: record.actor,
            cause: record.cause,
            event: record.event,
        }
    }
}

impl From<Vec<EventRecord>> for HistoryAnswer {
    fn from(records: Vec<EventRecord>) -> Self {
        Self {
            events: records.into_iter().map(Happened::from).collect(),
        }
    }
}

/// Who was told what of a ticket, and whether it arrived.
#[derive(Serialize, ToSchema)]
#[schema(as = Notices)]
pub(crate) struct NoticesAnswer {
    notices: Vec<Told>,
}

/// A notice, and where it is on its way.
#[derive(Serialize, ToSchema)]
#[schema(as = Notice)]
struct Told {
    id: NoticeId,
    kind: NoticeKind,
    person: PersonId,
    to: EmailAddress,
    subject: String,
    created_at: Timestamp,
    attempts: u32,
    #[serde(flatten)]
    state: NoticeState,
}

impl From<Vec<NoticeStatus>> for NoticesAnswer {
    fn from(notices: Vec<NoticeStatus>) -> Self {
        let told = |status: NoticeStatus| Told {
            id: status.notice.id,
            kind: status.notice.kind,
            person: status.notice.person,
            to: status.notice.to.address,
            subject: status.notice.subject,
            created_at: status.notice.created_at,
            attempts: status.attempts,
            state: status.state,
        };
        Self {
            notices: notices.into_iter().map(told).collect(),
        }
    }
}

/// Who else of the team is at a ticket.
#[derive(Serialize, ToSchema)]
#[schema(as = Presence)]
pub(crate) struct PresenceAnswer {
    present: Vec<Present>,
}

impl From<Vec<Present>> for PresenceAnswer {
    fn from(present: Vec<Present>) -> Self {
        Self { present }
    }
}
