//! The state of a ticket.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{HostSubject, Link};
use crate::field::FieldValue;
use crate::mail::MailMessageId;
use crate::value::{
    FieldKey, MessageId, OrganizationId, PersonId, QueueKey, StatusKey, Subject, Tag, TicketId,
    TicketNumber, Timestamp, Version,
};
use crate::workflow::Category;

/// How urgent a ticket is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Before the others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// All priorities, the least urgent first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// The word used in queries, files and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

/// Over which channel something reached the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A mail.
    Mail,
    /// The REST API.
    Api,
    /// A page of ours.
    Web,
    /// The program that embeds the desk.
    Host,
}

/// A ticket: the sum of its events.
///
/// Only [`apply`](crate::decide::apply) changes one; folding all events gives exactly this value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Identity.
    pub id: TicketId,
    /// The number by which people know it.
    pub number: TicketNumber,
    /// Grows by one with each commit.
    pub version: Version,
    /// What it is about, in one line.
    pub subject: Subject,
    /// The queue that it is in.
    pub queue: QueueKey,
    /// Its status in the queue's workflow.
    pub status: StatusKey,
    /// The category of that status.
    pub category: Category,
    /// How urgent it is.
    pub priority: Priority,
    /// Who asks.
    pub requester: PersonId,
    /// The organization on whose account it is asked.
    pub organization: Option<OrganizationId>,
    /// Who works on it.
    pub assignee: Option<PersonId>,
    /// Tags.
    pub tags: BTreeSet<Tag>,
    /// Values of custom fields.
    pub fields: BTreeMap<FieldKey, FieldValue>,
    /// Members of the team who hear of everything.
    pub followers: BTreeSet<PersonId>,
    /// People besides the requester who take part: they read and write public messages.
    pub cc: BTreeSet<PersonId>,
    /// Links that start from this ticket.
    pub links: BTreeSet<Link>,
    /// Things of the host that it is about.
    pub about: BTreeSet<HostSubject>,
    /// Over which channel it was opened.
    pub channel: Channel,
    /// Asleep until then.
    pub snoozed_until: Option<Timestamp>,
    /// When it should be done, as set by an agent.
    pub due: Option<Timestamp>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Last change of any kind.
    pub updated_at: Timestamp,
    /// Last change that customers may know of.
    pub public_updated_at: Timestamp,
    /// Since when it is in its status.
    pub status_since: Timestamp,
    /// When it was last solved; none while it is not solved or closed.
    pub solved_at: Option<Timestamp>,
    /// Last public message of a customer.
    pub last_customer_message_at: Option<Timestamp>,
    /// Last public message of the team.
    pub last_agent_message_at: Option<Timestamp>,
    /// The last public messages, the oldest first, at most [`Self::RECENT`].
    pub recent: Vec<RecentMessage>,
    /// How many public messages it has.
    pub message_count: u32,
    /// How many internal notes it has.
    pub note_count: u32,
}

/// A public message as the ticket remembers it, for quoting and threading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentMessage {
    /// The message.
    pub id: MessageId,
    /// The Message-ID of the mail that it came from.
    pub mail: Option<MailMessageId>,
}

impl Ticket {
    /// How many public messages a ticket remembers.
    pub const RECENT: usize = 10;

    /// The people whom the ticket names: requester, assignee, followers and Cc; some more than
    /// once.
    pub fn names(&self) -> impl Iterator<Item = &PersonId> {
        std::iter::once(&self.requester)
            .chain(&self.assignee)
            .chain(&self.followers)
            .chain(&self.cc)
    }

    /// Whether the person takes part on the customers' side: as requester or in Cc.
    pub fn has_participant(&self, person: &PersonId) -> bool {
        self.requester == *person || self.cc.contains(person)
    }
}
