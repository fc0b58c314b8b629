//! The rule of who sees which ticket, as a filter that stores can apply.

use std::collections::BTreeSet;

use super::Actor;
use crate::person::Role;
use crate::ticket::Ticket;
use crate::value::{OrganizationId, PersonId, QueueKey};

/// How much of a ticket somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Public messages and what customers may know.
    Customer,
    /// Everything, notes included.
    Team,
}

/// Which tickets somebody sees, and how much of them: the union of two sides.
///
/// [`permit`](super::permit) decides about single tickets by [`Scope::level`]; stores filter
/// lists, searches and counts by one side of the same value, its [`Reach`], so that both agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Tickets seen as a member of the team.
    pub team: TeamReach,
    /// Tickets seen as a customer: for people of the team, those that they asked themselves.
    pub customer: Option<CustomerReach>,
}

/// One side of a scope, by which a list is filtered.
///
/// A list has one side only: what a query may ask, and what its words and times mean, differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Tickets seen with everything in them.
    Team(TeamReach),
    /// Tickets seen with what customers may know.
    Customer(CustomerReach),
}

/// Which tickets somebody sees as a member of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamReach {
    /// None.
    Nothing,
    /// Those of some queues.
    Queues {
        /// The queues.
        queues: BTreeSet<QueueKey>,
        /// Only those for which this person is responsible.
        assigned_to: Option<PersonId>,
    },
    /// All.
    Everything,
}

/// Which tickets somebody sees as a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerReach {
    /// Those where this person asks or is in Cc.
    pub participant: PersonId,
    /// Those of this organization, which shares them among its members.
    pub organization: Option<OrganizationId>,
}

impl Scope {
    /// What the actor sees.
    pub fn of(actor: &Actor) -> Self {
        let Some(person) = actor.as_person() else {
            return Self {
                team: TeamReach::Everything,
                customer: None,
            };
        };
        let team = match &person.role {
            Role::Customer => TeamReach::Nothing,
            Role::Agent {
                queues,
                own_tickets_only,
            } => TeamReach::Queues {
                queues: queues.clone(),
                assigned_to: own_tickets_only.then(|| person.id.clone()),
            },
            Role::LightAgent { queues } => TeamReach::Queues {
                queues: queues.clone(),
                assigned_to: None,
            },
            Role::Admin => TeamReach::Everything,
        };
        let organization = if person.shares {
            person.organization.clone()
        } else {
            None
        };
        let customer = CustomerReach {
            participant: person.id.clone(),
            organization,
        };
        Self {
            team,
            customer: Some(customer),
        }
    }

    /// How much of the ticket is seen; none at all outside the scope.
    pub fn level(&self, ticket: &Ticket) -> Option<Level> {
        if self.team.admits(ticket) {
            return Some(Level::Team);
        }
        let customer = self.customer.as_ref()?;
        customer.admits(ticket).then_some(Level::Customer)
    }
}

impl Reach {
    /// Whether the ticket is seen.
    pub fn admits(&self, ticket: &Ticket) -> bool {
        match self {
            Self::Team(team) => team.admits(ticket),
            Self::Customer(customer) => customer.admits(ticket),
        }
    }

    /// How much of its tickets is seen.
    pub const fn level(&self) -> Level {
        match self {
            Self::Team(_) => Level::Team,
            Self::Customer(_) => Level::Customer,
        }
    }
}

impl TeamReach {
    /// Whether the ticket is seen.
    pub fn admits(&self, ticket: &Ticket) -> bool {
        match self {
            Self::Nothing => false,
            Self::Queues {
                queues,
                assigned_to,
            } => {
                queues.contains(&ticket.queue)
                    && assigned_to
                        .as_ref()
                        .is_none_or(|owner| ticket.assignee.as_ref() == Some(owner))
            }
            Self::Everything => true,
        }
    }
}

impl CustomerReach {
    /// Whether the ticket is seen.
    pub fn admits(&self, ticket: &Ticket) -> bool {
        let shared = self.organization.is_some() && self.organization == ticket.organization;
        shared || ticket.has_participant(&self.participant)
    }
}
