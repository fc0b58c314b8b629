//! The domain's no: comparable, cloneable, with a stable code.

use std::collections::BTreeSet;

use crate::authority::Denial;
use crate::value::{FieldKey, Invalid, PersonId, QueueKey, StatusKey, TicketId, Version};

/// Why the desk does not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such thing, or the caller may not know of it.
    #[error("there is no such {what}, or you may not see it")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// The caller may see the ticket, but not do this.
    #[error("{0}")]
    Denied(Denial),
    /// A value is wrong.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// Somebody else changed the ticket since the caller saw it.
    #[error("the ticket changed: you saw version {seen}, it has version {current}")]
    Stale {
        /// The version that the caller saw.
        seen: Version,
        /// The version that it has.
        current: Version,
    },
    /// The workflow has no such step.
    #[error(
        "from status {from} a ticket can't go to {to}; possible are: {}",
        list(allowed)
    )]
    NoTransition {
        /// The status now.
        from: StatusKey,
        /// The status asked for.
        to: StatusKey,
        /// The statuses that may follow.
        allowed: BTreeSet<StatusKey>,
    },
    /// Fields must be set first.
    #[error("status {to} needs these fields set first: {}", list(fields))]
    FieldsMissing {
        /// The status asked for.
        to: StatusKey,
        /// The fields.
        fields: BTreeSet<FieldKey>,
    },
    /// The status has no counterpart in the other queue's workflow.
    #[error(
        "status {status} has no counterpart in the workflow of queue {queue}; change the status first or map it"
    )]
    NoCounterpart {
        /// The status now.
        status: StatusKey,
        /// The queue asked for.
        queue: QueueKey,
    },
    /// The person can't be made responsible for tickets of the queue.
    #[error("{person} does not work on queue {queue}")]
    NotInQueue {
        /// Who.
        person: PersonId,
        /// The queue.
        queue: QueueKey,
    },
    /// Nothing public is written into a closed ticket.
    #[error("the ticket is closed; open a new one that is linked to it")]
    Closed,
    /// The link would lead back to its beginning.
    #[error("the link would lead from {ticket} back to itself")]
    LinkCycle {
        /// The ticket.
        ticket: TicketId,
    },
    /// People without an account are not admitted.
    #[error("people without an account are not admitted here")]
    GuestsNotAdmitted,
    /// A guest has to prove the mailbox first.
    #[error("prove that the mailbox is yours first, by the code that was sent to it")]
    ProofRequired,
    /// Too many requests of this kind.
    #[error("too often; try again in {retry_after_seconds} s")]
    TooOften {
        /// When to try again, in seconds from now.
        retry_after_seconds: u64,
    },
    /// The same idempotency key came with another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
}

/// Of what is not visible nobody is told that it exists.
impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::NotVisible => Self::NotFound { what: "ticket" },
            denial => Self::Denied(denial),
        }
    }
}

impl Refusal {
    /// The stable code of this kind of refusal; part of the interface.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Denied(_) => "denied",
            Self::Invalid(_) => "invalid",
            Self::Stale { .. } => "stale",
            Self::NoTransition { .. } => "no_transition",
            Self::FieldsMissing { .. } => "fields_missing",
            Self::NoCounterpart { .. } => "no_counterpart",
            Self::NotInQueue { .. } => "not_in_queue",
            Self::Closed => "closed",
            Self::LinkCycle { .. } => "link_cycle",
            Self::GuestsNotAdmitted => "guests_not_admitted",
            Self::ProofRequired => "proof_required",
            Self::TooOften { .. } => "too_often",
            Self::KeyReused => "key_reused",
        }
    }
}

fn list<T: std::fmt::Display>(items: &BTreeSet<T>) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
