//! What happened to a ticket, in the past tense.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Channel, HostSubject, Link, Posting, Priority};
use crate::field::FieldValue;
use crate::mail::MailMessageId;
use crate::value::{
    ActionKey, FieldKey, MessageId, NoteId, NoticeId, OrganizationId, PersonId, QueueKey, RuleKey,
    SpoolId, StatusKey, Subject, Tag, TicketId, TicketNumber, Timestamp, Version,
};
use crate::workflow::Category;

/// On which side of the desk somebody stood when they did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Asking.
    Customer,
    /// Answering.
    Team,
}

/// Who did something, as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ActorRef {
    /// A person, perhaps on behalf of another.
    Person {
        /// Who acted.
        id: PersonId,
        /// On whose behalf.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<PersonId>,
    },
    /// A rule of the settings.
    Rule {
        /// Which one.
        key: RuleKey,
    },
    /// The desk itself: its clock, its mail intake.
    System,
}

/// Through what somebody did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// A request over some channel other than mail.
    Request {
        /// Which channel.
        channel: Channel,
    },
    /// A mail.
    Mail {
        /// The raw mail.
        spool: SpoolId,
    },
    /// A rule reacted to an earlier event of the same commit.
    Rule,
    /// Time passed.
    Clock,
}

/// One event in a ticket's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The ticket.
    pub ticket: TicketId,
    /// The version that the ticket had after the commit of this event.
    pub version: Version,
    /// Place within the commit, from 0.
    pub index: u16,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: ActorRef,
    /// Through what.
    pub cause: Cause,
    /// What happened.
    pub event: Event,
}

/// How a ticket began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Opening {
    /// The number by which people know it.
    pub number: TicketNumber,
    /// What it is about, in one line.
    pub subject: Subject,
    /// The queue that it was opened in.
    pub queue: QueueKey,
    /// Its first status.
    pub status: StatusKey,
    /// The category of that status.
    pub category: Category,
    /// How urgent it is.
    pub priority: Priority,
    /// Who asks.
    pub requester: PersonId,
    /// The organization on whose account it is asked.
    pub organization: Option<OrganizationId>,
    /// Tags.
    pub tags: BTreeSet<Tag>,
    /// Values of custom fields.
    pub fields: BTreeMap<FieldKey, FieldValue>,
    /// People besides the requester who take part.
    pub cc: BTreeSet<PersonId>,
    /// Links to other tickets.
    pub links: BTreeSet<Link>,
    /// Things of the host that it is about.
    pub about: BTreeSet<HostSubject>,
    /// Over which channel it was opened.
    pub channel: Channel,
    /// The first message.
    pub message: MessageId,
    /// The Message-ID of the mail that it came from.
    pub mail: Option<MailMessageId>,
    /// On which side its author stood.
    pub side: Side,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The ticket was opened.
    Opened(Box<Opening>),
    /// Somebody wrote a public message.
    Replied {
        /// The message.
        message: MessageId,
        /// The Message-ID of the mail that it came from.
        mail: Option<MailMessageId>,
        /// On which side its author stood.
        side: Side,
    },
    /// Somebody wrote an internal note.
    Noted {
        /// The note.
        note: NoteId,
    },
    /// Somebody was made responsible.
    Assigned {
        /// Who was responsible before.
        from: Option<PersonId>,
        /// Who is now.
        to: PersonId,
    },
    /// Nobody is responsible any more.
    Unassigned {
        /// Who was responsible before.
        from: PersonId,
    },
    /// The status changed.
    StatusChanged {
        /// The status before.
        from: StatusKey,
        /// The status now.
        to: StatusKey,
        /// The category of the status now.
        category: Category,
    },
    /// The priority changed.
    PriorityChanged {
        /// The priority before.
        from: Priority,
        /// The priority now.
        to: Priority,
    },
    /// The ticket went to another queue.
    Moved {
        /// The queue before.
        from: QueueKey,
        /// The queue now.
        to: QueueKey,
    },
    /// The subject changed.
    Retitled {
        /// The subject before.
        from: Subject,
        /// The subject now.
        to: Subject,
    },
    /// Somebody else asks now.
    RequesterChanged {
        /// The requester before.
        from: PersonId,
        /// The requester now.
        to: PersonId,
        /// The organization on whose account it is asked now.
        organization: Option<OrganizationId>,
    },
    /// A tag was put on.
    Tagged {
        /// The tag.
        tag: Tag,
    },
    /// A tag was taken off.
    Untagged {
        /// The tag.
        tag: Tag,
    },
    /// A custom field changed.
    FieldChanged {
        /// The field.
        field: FieldKey,
        /// The value before.
        from: Option<FieldValue>,
        /// The value now.
        to: Option<FieldValue>,
    },
    /// Somebody of the team follows.
    FollowerAdded {
        /// Who.
        person: PersonId,
    },
    /// Somebody of the team follows no more.
    FollowerRemoved {
        /// Who.
        person: PersonId,
    },
    /// Somebody takes part besides the requester.
    CcAdded {
        /// Who.
        person: PersonId,
    },
    /// Somebody takes part no more.
    CcRemoved {
        /// Who.
        person: PersonId,
    },
    /// The ticket was put to sleep.
    Snoozed {
        /// Until when.
        until: Timestamp,
    },
    /// The ticket woke up.
    Woke,
    /// The date by which it should be done changed.
    DueChanged {
        /// The date before.
        from: Option<Timestamp>,
        /// The date now.
        to: Option<Timestamp>,
    },
    /// The content of a message or note was erased.
    Redacted {
        /// Which one.
        posting: Posting,
    },
    /// A link to another ticket was made.
    Linked {
        /// The link.
        link: Link,
    },
    /// A link to another ticket was removed.
    Unlinked {
        /// The link.
        link: Link,
    },
    /// The ticket is about a thing of the host.
    AboutAdded {
        /// The thing.
        subject: HostSubject,
    },
    /// The ticket is not about a thing of the host any more.
    AboutRemoved {
        /// The thing.
        subject: HostSubject,
    },
    /// An action of the host was taken.
    ActionTaken {
        /// Which one.
        action: ActionKey,
        /// What the host says of its outcome, in one line.
        outcome: String,
    },
    /// A mail of ours could not be delivered.
    DeliveryFailed {
        /// The notice that came back.
        notice: NoticeId,
        /// Whom it was for.
        person: PersonId,
        /// The note that holds the report.
        note: NoteId,
    },
}

impl Event {
    /// Whether customers may know of it.
    pub const fn is_public(&self) -> bool {
        match self {
            Self::Opened(_)
            | Self::Replied { .. }
            | Self::StatusChanged { .. }
            | Self::Retitled { .. }
            | Self::RequesterChanged { .. }
            | Self::CcAdded { .. }
            | Self::CcRemoved { .. }
            | Self::Redacted {
                posting: Posting::Message(_),
            } => true,
            Self::Noted { .. }
            | Self::Assigned { .. }
            | Self::Unassigned { .. }
            | Self::PriorityChanged { .. }
            | Self::Moved { .. }
            | Self::Tagged { .. }
            | Self::Untagged { .. }
            | Self::FieldChanged { .. }
            | Self::FollowerAdded { .. }
            | Self::FollowerRemoved { .. }
            | Self::Snoozed { .. }
            | Self::Woke
            | Self::DueChanged { .. }
            | Self::Redacted {
                posting: Posting::Note(_),
            }
            | Self::Linked { .. }
            | Self::Unlinked { .. }
            | Self::AboutAdded { .. }
            | Self::AboutRemoved { .. }
            | Self::ActionTaken { .. }
            | Self::DeliveryFailed { .. } => false,
        }
    }
}
