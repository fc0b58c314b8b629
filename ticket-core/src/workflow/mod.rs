//! Workflows as data: which status may follow which, with which right and required fields.

mod check;
mod lookup;
mod reach;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::value::{FieldKey, StatusKey, WorkflowKey};

pub use check::WorkflowProblem;
pub(crate) use reach::unreachable;

/// The fixed categories that every status belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Nobody has looked yet.
    New,
    /// The team has to act.
    Open,
    /// Waits for the requester.
    Pending,
    /// Waits for a third party; customers see it as open.
    OnHold,
    /// Answered; the requester may come back.
    Solved,
    /// Finished for good.
    Closed,
}

impl Category {
    /// All categories, in the order of a ticket's life.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::Open,
        Self::Pending,
        Self::OnHold,
        Self::Solved,
        Self::Closed,
    ];

    /// The category as customers see it: waiting for a third party is nobody else's business.
    #[must_use]
    pub const fn shown_to_customers(self) -> Self {
        match self {
            Self::OnHold => Self::Open,
            Self::New | Self::Open | Self::Pending | Self::Solved | Self::Closed => self,
        }
    }

    /// Whether work on the ticket is over.
    pub const fn is_done(self) -> bool {
        match self {
            Self::Solved | Self::Closed => true,
            Self::New | Self::Open | Self::Pending | Self::OnHold => false,
        }
    }

    /// The word used in queries, files and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Pending => "pending",
            Self::OnHold => "on_hold",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }
}

/// One status of a workflow: free in name, in one of the fixed categories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Key by which commands and queries name it.
    pub key: StatusKey,
    /// Name as agents see it.
    pub name: String,
    /// Name as customers see it; without one they see the name of the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_name: Option<String>,
    /// The fixed category.
    pub category: Category,
}

/// Who may take a transition.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransitionRight {
    /// Whoever may work on the ticket, and the system.
    #[default]
    Agents,
    /// The assignee and admins only.
    Assignee,
    /// Admins only.
    Admins,
    /// Like `agents`, and the requester too.
    Requester,
}

/// An allowed step from one status to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Statuses from which the step may be taken; empty means from any other.
    #[serde(default)]
    pub from: BTreeSet<StatusKey>,
    /// The status that it leads to.
    pub to: StatusKey,
    /// Who may take it.
    #[serde(default)]
    pub right: TransitionRight,
    /// Fields that must be set first.
    #[serde(default)]
    pub requires: BTreeSet<FieldKey>,
}

/// What a public reply of a customer does to a ticket in some category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "does", rename_all = "snake_case", deny_unknown_fields)]
pub enum OnReply {
    /// The status stays.
    Keep,
    /// The ticket goes to this status.
    Reopen {
        /// The status to go to.
        to: StatusKey,
    },
    /// The reply opens a new ticket that is linked to this one; before that, it reopens.
    FollowUp {
        /// Time in that status after which a reply opens a new ticket, in seconds; 0: always.
        after_seconds: u64,
        /// The status to go to while the time has not passed.
        reopen_to: StatusKey,
    },
}

/// A step that the clock takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Timed {
    /// The status in which time passes.
    pub from: StatusKey,
    /// How long the ticket stays there, in seconds.
    pub after_seconds: u64,
    /// The status that follows.
    pub to: StatusKey,
}

impl Timed {
    /// How long the ticket stays in the first status.
    pub const fn after(&self) -> Duration {
        Duration::from_secs(self.after_seconds)
    }
}

/// A workflow; a queue has one, several queues may share one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// Key by which queues name it.
    pub key: WorkflowKey,
    /// Its statuses, in the order shown.
    pub statuses: Vec<Status>,
    /// The status of a ticket that was just opened.
    pub initial: StatusKey,
    /// The steps that people and rules may take.
    pub transitions: Vec<Transition>,
    /// What a customer's reply does, by the category that the ticket is in; default: keep.
    #[serde(default)]
    pub on_customer_reply: BTreeMap<Category, OnReply>,
    /// The status that an agent's public reply leads to, by category; default: keep.
    #[serde(default)]
    pub on_agent_reply: BTreeMap<Category, StatusKey>,
    /// The status of a ticket that wakes from snooze; without one it keeps its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_wake: Option<StatusKey>,
    /// The steps that the clock takes.
    #[serde(default)]
    pub timed: Vec<Timed>,
    /// For tickets that come from another workflow: their status there and its counterpart here.
    ///
    /// Without an entry, a status of the same key and category is its own counterpart; otherwise
    /// the move is refused.
    #[serde(default)]
    pub counterparts: BTreeMap<WorkflowKey, BTreeMap<StatusKey, StatusKey>>,
}
