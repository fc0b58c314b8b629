//! The one function that answers who may do what.

use super::{Actor, Level, Scope, TokenScope, TokenScopes};
use crate::person::Role;
use crate::ticket::Ticket;
use crate::value::{PersonId, QueueKey};
use crate::workflow::TransitionRight;

/// What somebody wants to do with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See what customers may know of it.
    View,
    /// See everything in it: notes, history, who works on it.
    ViewAll,
    /// See who of the team is at it, and be seen there.
    Attend,
    /// Write a public message.
    Reply,
    /// Write an internal note.
    Note,
    /// Begin or end to follow it oneself.
    Follow,
    /// Take oneself out of Cc.
    LeaveCc,
    /// Change it: assignee, priority, queue, subject, requester, tags, fields, people, links.
    Change,
    /// Take a step of the workflow that needs this right.
    Transition(TransitionRight),
    /// Erase the content of a message or note.
    Redact,
    /// Do what only the desk itself does: its clock and its mail intake.
    Operate,
}

impl Action {
    /// What a token must be good for.
    const fn scope(self) -> TokenScope {
        match self {
            Self::View | Self::ViewAll | Self::Attend => TokenScope::TicketsRead,
            Self::Reply
            | Self::Note
            | Self::Follow
            | Self::LeaveCc
            | Self::Change
            | Self::Transition(_)
            | Self::Redact
            | Self::Operate => TokenScope::TicketsWrite,
        }
    }
}

/// Why something is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The ticket is not visible: whoever asks must not learn that it exists.
    #[error("the ticket is not visible")]
    NotVisible,
    /// Only the team may do this.
    #[error("only members of the team who work on this queue may do this")]
    TeamOnly,
    /// Only the requester and people in Cc may do this on the customers' side.
    #[error("only the requester and people in Cc may do this")]
    ParticipantsOnly,
    /// Only the requester may do this on the customers' side.
    #[error("only the requester may do this")]
    RequesterOnly,
    /// Only the assignee may do this.
    #[error("only the assignee or an admin may do this")]
    AssigneeOnly,
    /// Only admins may do this.
    #[error("only an admin may do this")]
    AdminsOnly,
    /// Light agents read and write notes.
    #[error("light agents may only read and write notes")]
    LightAgent,
    /// Nobody but the desk itself may do this.
    #[error("only the desk itself does this")]
    DeskOnly,
    /// The token is not good for this, whatever its owner may do.
    #[error("the token lacks the scope {scope}")]
    ScopeMissing {
        /// What it would have to be good for.
        scope: TokenScope,
    },
}

impl Denial {
    /// The stable code of this kind of denial; part of the interface.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotVisible => "not_visible",
            Self::TeamOnly => "team_only",
            Self::ParticipantsOnly => "participants_only",
            Self::RequesterOnly => "requester_only",
            Self::AssigneeOnly => "assignee_only",
            Self::AdminsOnly => "admins_only",
            Self::LightAgent => "light_agent",
            Self::DeskOnly => "desk_only",
            Self::ScopeMissing { .. } => "scope_missing",
        }
    }
}

/// Whether the actor may do this with the ticket, or why not.
///
/// Rules and the desk itself may do everything. For people the answer rests on how much of the
/// ticket their [`Scope`] shows, so a list never shows what this denies, nor hides what it allows;
/// and on what the token is good for by which they came.
///
/// # Errors
/// The reason why not.
pub fn permit(actor: &Actor, action: Action, ticket: &Ticket) -> Result<(), Denial> {
    let person = match actor {
        Actor::Person(person) => person,
        Actor::Rule(_) | Actor::System => return Ok(()),
    };
    let level = Scope::of(actor).level(ticket).ok_or(Denial::NotVisible)?;
    actor.may(action.scope())?;
    match level {
        Level::Customer => customer_may(&person.id, action, ticket),
        Level::Team => team_may(&person.role, &person.id, action, ticket),
    }
}

/// Whether the actor may open a ticket in a queue, for oneself or on behalf of somebody else.
///
/// # Errors
/// The reason why not.
pub fn permit_open(
    actor: &Actor,
    queue: &QueueKey,
    requester: Option<&PersonId>,
) -> Result<(), Denial> {
    let person = match actor {
        Actor::Person(person) => person,
        Actor::Rule(_) | Actor::System => return Ok(()),
    };
    actor.may(TokenScope::TicketsWrite)?;
    if requester.is_none_or(|requester| *requester == person.id) {
        return Ok(());
    }
    match &person.role {
        Role::LightAgent { .. } => Err(Denial::LightAgent),
        Role::Customer | Role::Agent { .. } | Role::Admin => {
            if person.role.works_on(queue) {
                Ok(())
            } else {
                Err(Denial::TeamOnly)
            }
        }
    }
}

/// Whether the actor may change the settings: admins, and the desk itself.
///
/// # Errors
/// The reason why not.
pub fn permit_settings(actor: &Actor) -> Result<(), Denial> {
    administer(actor, TokenScope::SettingsWrite)
}

/// Whether the actor may make, see and revoke the credentials of a person: everybody their own,
/// admins those of all.
///
/// # Errors
/// The reason why not.
pub fn permit_credentials(actor: &Actor, owner: &PersonId) -> Result<(), Denial> {
    if actor.id() == Some(owner) {
        return actor.may(TokenScope::Credentials);
    }
    administer(actor, TokenScope::Credentials)
}

/// Whether the actor may make a token of a person that is good for this: no token makes one that
/// is good for more than itself.
///
/// # Errors
/// The reason why not.
pub fn permit_token(actor: &Actor, owner: &PersonId, scopes: &TokenScopes) -> Result<(), Denial> {
    permit_credentials(actor, owner)?;
    scopes.iter().try_for_each(|scope| actor.may(scope))
}

/// Whether the actor may do what is left to admins and to the desk itself.
fn administer(actor: &Actor, scope: TokenScope) -> Result<(), Denial> {
    let may = match actor {
        Actor::Person(person) => matches!(person.role, Role::Admin),
        Actor::System => true,
        Actor::Rule(_) => false,
    };
    if !may {
        return Err(Denial::AdminsOnly);
    }
    actor.may(scope)
}

fn customer_may(person: &PersonId, action: Action, ticket: &Ticket) -> Result<(), Denial> {
    let is_requester = ticket.requester == *person;
    match action {
        Action::View => Ok(()),
        Action::Reply | Action::LeaveCc => {
            if ticket.has_participant(person) {
                Ok(())
            } else {
                Err(Denial::ParticipantsOnly)
            }
        }
        Action::Transition(TransitionRight::Requester) => {
            if is_requester {
                Ok(())
            } else {
                Err(Denial::RequesterOnly)
            }
        }
        Action::Transition(TransitionRight::Agents | TransitionRight::Assignee)
        | Action::ViewAll
        | Action::Attend
        | Action::Note
        | Action::Follow
        | Action::Change => Err(Denial::TeamOnly),
        Action::Transition(TransitionRight::Admins) | Action::Redact => Err(Denial::AdminsOnly),
        Action::Operate => Err(Denial::DeskOnly),
    }
}

fn team_may(role: &Role, person: &PersonId, action: Action, ticket: &Ticket) -> Result<(), Denial> {
    let is_admin = matches!(role, Role::Admin);
    let is_light = matches!(role, Role::LightAgent { .. });
    match action {
        Action::View | Action::ViewAll | Action::Attend | Action::Note | Action::Follow => Ok(()),
        Action::Operate => Err(Denial::DeskOnly),
        // A light agent who asks or is in Cc keeps what a customer may do.
        Action::Reply | Action::LeaveCc if ticket.has_participant(person) => Ok(()),
        Action::Transition(TransitionRight::Requester) if ticket.requester == *person => Ok(()),
        Action::Reply | Action::LeaveCc | Action::Change | Action::Transition(_) if is_light => {
            Err(Denial::LightAgent)
        }
        Action::Reply | Action::LeaveCc | Action::Change => Ok(()),
        Action::Transition(TransitionRight::Agents | TransitionRight::Requester) => Ok(()),
        Action::Transition(TransitionRight::Assignee) => {
            let owns = ticket.assignee.as_ref() == Some(person);
            if owns || is_admin {
                Ok(())
            } else {
                Err(Denial::AssigneeOnly)
            }
        }
        Action::Transition(TransitionRight::Admins) | Action::Redact => {
            if is_admin {
                Ok(())
            } else {
                Err(Denial::AdminsOnly)
            }
        }
    }
}
