//! Rules: what follows from what happened, inside the same commit.

mod chain;

use serde::{Deserialize, Serialize};

use crate::query::Condition;
use crate::ticket::Priority;
use crate::value::{FieldKey, PersonId, QueueKey, RuleKey, StatusKey, Tag};

pub use chain::{Chain, Trace, command};

/// A trigger: when something of this kind happened to a ticket of this kind, do that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Key by which history names it.
    pub key: RuleKey,
    /// What it reacts to; any of them.
    pub on: Vec<Trigger>,
    /// What must hold for the ticket afterwards, all of it.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// What to do, in order.
    pub then: Vec<Action>,
}

/// What a rule reacts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A ticket was opened.
    Opened,
    /// A customer wrote.
    CustomerReplied,
    /// The team wrote publicly.
    TeamReplied,
    /// The status changed.
    StatusChanged,
    /// Somebody or nobody became responsible.
    AssigneeChanged,
    /// The queue changed.
    Moved,
    /// Anything else changed: priority, tags, fields, subject, requester.
    Changed,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", content = "with", rename_all = "snake_case")]
pub enum Action {
    /// Go to a status.
    SetStatus(StatusKey),
    /// Change the priority.
    SetPriority(Priority),
    /// Go to a queue.
    Move(QueueKey),
    /// Make somebody responsible.
    Assign(PersonId),
    /// Make nobody responsible.
    Unassign,
    /// Put a tag on.
    Tag(Tag),
    /// Take a tag off.
    Untag(Tag),
    /// Set a custom field to a value as typed by a person.
    SetField(FieldKey, String),
    /// Let somebody of the team follow.
    AddFollower(PersonId),
    /// Write an internal note.
    Note(String),
}
