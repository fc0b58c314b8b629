//! Commands: what somebody wants done to a ticket, one intention each.

use std::collections::{BTreeMap, BTreeSet};

use crate::field::FieldValue;
use crate::ticket::{Attachment, HostSubject, Link, MailOrigin, Posting, Priority};
use crate::value::{
    ActionKey, Body, FieldKey, Line, NoticeId, PersonId, QueueKey, StatusKey, Subject, Tag,
    TicketId, Timestamp,
};

/// Opens a ticket.
///
/// ```
/// use ticket_core::command::Open;
/// let open = Open::new("support".parse()?, "Printer jam".parse()?, "It is stuck.".parse()?);
/// assert!(open.requester.is_none(), "whoever opens it asks");
/// # Ok::<(), ticket_core::value::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The queue to open it in.
    pub queue: QueueKey,
    /// What it is about, in one line.
    pub subject: Subject,
    /// The first message.
    pub body: Body,
    /// On whose behalf; without one, whoever opens it asks.
    pub requester: Option<PersonId>,
    /// How urgent it is.
    pub priority: Priority,
    /// Tags.
    pub tags: BTreeSet<Tag>,
    /// Values of custom fields.
    pub fields: BTreeMap<FieldKey, FieldValue>,
    /// People besides the requester who take part; a customer names only those who took part in
    /// the ticket that this one follows up.
    pub cc: BTreeSet<PersonId>,
    /// Links to other tickets.
    pub links: BTreeSet<Link>,
    /// Things of the host that it is about.
    pub about: BTreeSet<HostSubject>,
    /// Files that come with the message.
    pub attachments: Vec<Attachment>,
    /// The mail that it comes from.
    pub mail: Option<MailOrigin>,
    /// Whether a machine wrote it, so that nothing answers it by itself.
    pub automatic: bool,
}

impl Open {
    /// A plain ticket of normal priority.
    pub fn new(queue: QueueKey, subject: Subject, body: Body) -> Self {
        Self {
            queue,
            subject,
            body,
            requester: None,
            priority: Priority::default(),
            tags: BTreeSet::new(),
            fields: BTreeMap::new(),
            cc: BTreeSet::new(),
            links: BTreeSet::new(),
            about: BTreeSet::new(),
            attachments: Vec::new(),
            mail: None,
            automatic: false,
        }
    }
}

/// Writes a public message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What to say.
    pub body: Body,
    /// Files that come with it.
    pub attachments: Vec<Attachment>,
    /// The mail that it comes from.
    pub mail: Option<MailOrigin>,
    /// Whether a machine wrote it, so that it reopens nothing.
    pub automatic: bool,
}

impl From<Body> for Reply {
    fn from(body: Body) -> Self {
        Self {
            body,
            attachments: Vec::new(),
            mail: None,
            automatic: false,
        }
    }
}

/// Writes an internal note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What to say.
    pub body: Body,
    /// Files that come with it.
    pub attachments: Vec<Attachment>,
    /// Whom it mentions; they are told if they may read it.
    pub mentions: BTreeSet<PersonId>,
    /// The mail that it comes from.
    pub mail: Option<MailOrigin>,
}

impl From<Body> for Note {
    fn from(body: Body) -> Self {
        Self {
            body,
            attachments: Vec::new(),
            mentions: BTreeSet::new(),
            mail: None,
        }
    }
}

/// What somebody wants done to an existing ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Write a public message.
    Reply(Reply),
    /// Write an internal note.
    Note(Note),
    /// Make somebody responsible.
    Assign {
        /// Who.
        to: PersonId,
    },
    /// Make nobody responsible.
    Unassign,
    /// Become responsible.
    Take,
    /// Go to another status.
    SetStatus {
        /// Which one.
        to: StatusKey,
    },
    /// Change how urgent it is.
    SetPriority {
        /// How urgent.
        to: Priority,
    },
    /// Go to another queue.
    Move {
        /// Which one.
        to: QueueKey,
    },
    /// Change the subject.
    Retitle {
        /// The new subject.
        to: Subject,
    },
    /// Change who asks.
    SetRequester {
        /// Who.
        to: PersonId,
    },
    /// Put a tag on.
    Tag(Tag),
    /// Take a tag off.
    Untag(Tag),
    /// Set or clear a custom field.
    SetField {
        /// The field.
        field: FieldKey,
        /// The value; none clears it.
        value: Option<FieldValue>,
    },
    /// Let somebody of the team follow.
    AddFollower(PersonId),
    /// Let somebody follow no more.
    RemoveFollower(PersonId),
    /// Let somebody take part besides the requester.
    AddCc(PersonId),
    /// Let somebody take part no more.
    RemoveCc(PersonId),
    /// Sleep.
    Snooze {
        /// Until when.
        until: Timestamp,
    },
    /// Wake before the time.
    Wake,
    /// Set or clear the date by which it should be done.
    SetDue {
        /// The date; none clears it.
        to: Option<Timestamp>,
    },
    /// Erase the content of a message or note.
    Redact(Posting),
    /// Link to another ticket.
    Link(Link),
    /// Remove a link to another ticket.
    Unlink(Link),
    /// Say that it is about a thing of the host.
    AddAbout(HostSubject),
    /// Say that it is not about a thing of the host.
    RemoveAbout(HostSubject),
    /// Keep that an action of the host was taken; the desk itself says so.
    RecordAction {
        /// Which one.
        action: ActionKey,
        /// What the host says of its outcome.
        outcome: Line,
    },
    /// Keep that a mail of ours came back; the mail intake says so.
    RecordBounce {
        /// The notice that came back.
        notice: NoticeId,
        /// Whom it was for.
        person: PersonId,
        /// The report.
        note: Note,
    },
    /// Do what the clock makes due; the desk's timers say so.
    Tick,
}

/// What a command names besides its own ticket, so that it can be looked up before deciding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// People.
    pub people: BTreeSet<PersonId>,
    /// Other tickets.
    pub tickets: BTreeSet<TicketId>,
}

impl Open {
    /// What the command names that has to be looked up.
    pub fn mentions(&self) -> Mentions {
        let mut people: BTreeSet<PersonId> = self.cc.clone();
        people.extend(self.requester.clone());
        people.extend(self.fields.values().filter_map(person_in));
        Mentions {
            people,
            tickets: self.links.iter().map(|link| link.to).collect(),
        }
    }
}

impl Command {
    /// The files that come with what the command writes.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            Self::Reply(reply) => &reply.attachments,
            Self::Note(note) | Self::RecordBounce { note, .. } => &note.attachments,
            _ => &[],
        }
    }

    /// What the command names that has to be looked up.
    pub fn mentions(&self) -> Mentions {
        let mut mentions = Mentions::default();
        match self {
            Self::Note(note) => mentions.people.extend(note.mentions.iter().cloned()),
            Self::Assign { to: person }
            | Self::SetRequester { to: person }
            | Self::AddFollower(person)
            | Self::RemoveFollower(person)
            | Self::AddCc(person)
            | Self::RemoveCc(person)
            | Self::RecordBounce { person, .. } => {
                mentions.people.insert(person.clone());
            }
            Self::SetField { value, .. } => {
                mentions.people.extend(value.as_ref().and_then(person_in));
            }
            Self::Link(link) => {
                mentions.tickets.insert(link.to);
            }
            Self::Reply(_)
            | Self::Unassign
            | Self::Take
            | Self::SetStatus { .. }
            | Self::SetPriority { .. }
            | Self::Move { .. }
            | Self::Retitle { .. }
            | Self::Tag(_)
            | Self::Untag(_)
            | Self::Snooze { .. }
            | Self::Wake
            | Self::SetDue { .. }
            | Self::Redact(_)
            | Self::Unlink(_)
            | Self::AddAbout(_)
            | Self::RemoveAbout(_)
            | Self::RecordAction { .. }
            | Self::Tick => {}
        }
        mentions
    }
}

fn person_in(value: &FieldValue) -> Option<PersonId> {
    match value {
        FieldValue::Person(person) => Some(person.clone()),
        FieldValue::Text(_)
        | FieldValue::Number(_)
        | FieldValue::Decimal(_)
        | FieldValue::YesNo(_)
        | FieldValue::Date(_)
        | FieldValue::Choice(_)
        | FieldValue::MultipleChoice(_)
        | FieldValue::Link(_) => None,
    }
}
