//! People and organizations, as the desk needs to know them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};

/// A customer, agent or admin, with all addresses under which they write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Identity in the host's spelling.
    pub id: PersonId,
    /// Name as shown; empty when unknown.
    pub name: String,
    /// Addresses, the preferred one first; may be empty for people who are not written to.
    pub addresses: Vec<EmailAddress>,
    /// The organization that the person belongs to.
    pub organization: Option<OrganizationId>,
    /// What the person may do.
    pub role: Role,
    /// Inactive people keep their history; they can't act, hear of nothing and get no mail.
    pub active: bool,
}

impl Person {
    /// A customer with one address.
    pub fn customer(id: PersonId, name: &str, address: EmailAddress) -> Self {
        Self::new(id, name, address, Role::Customer)
    }

    /// Somebody with one address in a role.
    pub fn new(id: PersonId, name: &str, address: EmailAddress, role: Role) -> Self {
        let name = crate::value::one_line(name);
        Self {
            id,
            name,
            addresses: vec![address],
            organization: None,
            role,
            active: true,
        }
    }

    /// Where mail to this person goes; `None` without an address.
    pub fn mailbox(&self) -> Option<Mailbox> {
        let address = self.addresses.first()?.clone();
        Some(Mailbox::new(Some(&self.name), address))
    }

    /// Whether the person works on the given queue's tickets, reading notes there.
    pub fn works_on(&self, queue: &QueueKey) -> bool {
        self.active && self.role.works_on(queue)
    }
}

/// What a person may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Role {
    /// Asks: sees own tickets, and the organization's where it shares them.
    Customer,
    /// Works on the tickets of some queues.
    Agent {
        /// Queues of which the agent is a member.
        queues: BTreeSet<QueueKey>,
        /// Limited to tickets that are assigned to the agent.
        #[serde(default)]
        own_tickets_only: bool,
    },
    /// Reads the tickets of some queues and writes notes, nothing else.
    LightAgent {
        /// Queues of which the light agent is a member.
        queues: BTreeSet<QueueKey>,
    },
    /// May do everything, in all queues.
    Admin,
}

impl Role {
    /// Whether this role works on the given queue's tickets, reading notes there.
    pub fn works_on(&self, queue: &QueueKey) -> bool {
        match self {
            Self::Customer => false,
            Self::Agent { queues, .. } | Self::LightAgent { queues } => queues.contains(queue),
            Self::Admin => true,
        }
    }

    /// Whether somebody in this role can be made the assignee of a ticket in the queue.
    pub fn can_own(&self, queue: &QueueKey) -> bool {
        match self {
            Self::Customer | Self::LightAgent { .. } => false,
            Self::Agent { queues, .. } => queues.contains(queue),
            Self::Admin => true,
        }
    }

    /// Whether this is a role of the team rather than of a customer.
    pub const fn is_staff(&self) -> bool {
        match self {
            Self::Customer => false,
            Self::Agent { .. } | Self::LightAgent { .. } | Self::Admin => true,
        }
    }
}

/// An organization that customers belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Identity in the host's spelling.
    pub id: OrganizationId,
    /// Name as shown.
    pub name: String,
    /// What its members see of each other's tickets.
    pub sharing: Sharing,
}

/// What the members of an organization see of each other's tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Each sees only the own tickets.
    #[default]
    OwnTickets,
    /// Each sees all tickets of the organization.
    AllTickets,
}
