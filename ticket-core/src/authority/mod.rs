//! Authority: who may do what, answered by one pure function, and as a filter for lists.

mod permit;
mod scope;
mod token_scope;

use serde::{Deserialize, Serialize};

use crate::person::{Organization, Person, Role, Sharing};
use crate::ticket::ActorRef;
use crate::value::{OrganizationId, PersonId, RuleKey};

pub use permit::{
    Action, Denial, permit, permit_credentials, permit_open, permit_settings, permit_token,
};
pub use scope::{CustomerReach, Level, Reach, Scope, TeamReach};
pub use token_scope::{TokenScope, TokenScopes};

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Person(ActingPerson),
    /// A rule of the settings.
    Rule(RuleKey),
    /// The desk itself: its clock, its mail intake.
    System,
}

/// A person who does something, with what their rights rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActingPerson {
    /// Who.
    pub id: PersonId,
    /// In which role.
    pub role: Role,
    /// The organization that the person belongs to.
    pub organization: Option<OrganizationId>,
    /// Whether that organization lets its members see all its tickets.
    pub shares: bool,
    /// What the credential is good for by which the person came: never more than the role allows.
    #[serde(default = "TokenScopes::all")]
    pub scopes: TokenScopes,
}

impl Actor {
    /// A person who acts with the rights that the directory gives; none for an inactive one.
    pub fn person(person: &Person, organization: Option<&Organization>) -> Option<Self> {
        let shares = organization.is_some_and(|organization| {
            organization.sharing == Sharing::AllTickets
                && person.organization.as_ref() == Some(&organization.id)
        });
        person.active.then(|| {
            Self::Person(ActingPerson {
                id: person.id.clone(),
                role: person.role.clone(),
                organization: person.organization.clone(),
                shares,
                scopes: TokenScopes::all(),
            })
        })
    }

    /// The same, with no more rights than these scopes allow.
    #[must_use]
    pub fn within(mut self, scopes: TokenScopes) -> Self {
        if let Self::Person(person) = &mut self {
            person.scopes = scopes;
        }
        self
    }

    /// Whether what the actor came by is good for this.
    ///
    /// # Errors
    /// [`Denial::ScopeMissing`], when a token is not. Rules and the desk itself need none.
    pub fn may(&self, scope: TokenScope) -> Result<(), Denial> {
        match self {
            Self::Person(person) if !person.scopes.allow(scope) => {
                Err(Denial::ScopeMissing { scope })
            }
            Self::Person(_) | Self::Rule(_) | Self::System => Ok(()),
        }
    }

    /// The person, if it is one.
    pub const fn as_person(&self) -> Option<&ActingPerson> {
        match self {
            Self::Person(person) => Some(person),
            Self::Rule(_) | Self::System => None,
        }
    }

    /// The person's id, if it is one.
    pub fn id(&self) -> Option<&PersonId> {
        self.as_person().map(|person| &person.id)
    }

    /// Who it is, as history keeps it.
    pub fn reference(&self) -> ActorRef {
        match self {
            Self::Person(person) => ActorRef::Person {
                id: person.id.clone(),
                on_behalf_of: None,
            },
            Self::Rule(key) => ActorRef::Rule { key: key.clone() },
            Self::System => ActorRef::System,
        }
    }
}
