//! Deciding and applying: the pure heart of the desk.
//!
//! [`plan_open`] and [`plan`] turn commands into a [`Plan`](crate::plan::Plan): each command is
//! decided, its events are applied, rules react, and what remains is announced. Nothing here
//! knows a clock, chance or a store; equal inputs give equal plans.

mod apply;
mod clock;
mod context;
mod links;
mod open;
mod people;
mod planner;
mod properties;
mod public;
mod status;
mod write;

pub use apply::{apply, begin};
pub use context::{Context, Facts, FreshIds};
pub use planner::{plan, plan_open};
pub use public::public_news;
pub(crate) use public::{is_public_since, public_changes};
pub use write::{Route, route};

use crate::authority::{Action, permit};
use crate::command::Command;
use crate::refusal::Refusal;
use crate::ticket::{Event, InternalNote, Posting, PublicMessage, Ticket};

/// What a command comes to: events, and the posting that it writes or erases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decided {
    /// What happens; nothing, when the ticket is already as wanted.
    pub events: Vec<Event>,
    /// The public message that is written.
    pub message: Option<PublicMessage>,
    /// The internal note that is written.
    pub note: Option<InternalNote>,
    /// The message or note that is erased.
    pub redaction: Option<Posting>,
}

impl From<Vec<Event>> for Decided {
    fn from(events: Vec<Event>) -> Self {
        Self {
            events,
            ..Self::default()
        }
    }
}

impl From<Option<Event>> for Decided {
    fn from(event: Option<Event>) -> Self {
        event.into_iter().collect::<Vec<_>>().into()
    }
}

/// Decides what a command comes to.
///
/// # Errors
/// The refusal, if the command is not allowed or makes no sense for the ticket.
pub fn decide(
    ticket: &Ticket,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decided, Refusal> {
    match permit(context.actor, action(command, context), ticket) {
        Err(crate::authority::Denial::NotVisible) => {
            return Err(Refusal::NotFound { what: "ticket" });
        }
        permission => permission?,
    }
    match command {
        Command::Reply(reply) => write::reply(ticket, reply, context),
        Command::Note(note) => Ok(write::note(ticket, note, context)),
        Command::Redact(posting) => write::redact(*posting, context),
        Command::Assign { to } => people::assign(ticket, to, context).map(Decided::from),
        Command::Unassign => Ok(people::unassign(ticket).into()),
        Command::Take => people::take(ticket, context).map(Decided::from),
        Command::SetRequester { to } => {
            people::set_requester(ticket, to, context).map(Decided::from)
        }
        Command::AddFollower(person) => {
            people::add_follower(ticket, person, context).map(Decided::from)
        }
        Command::RemoveFollower(person) => Ok(people::remove_follower(ticket, person).into()),
        Command::AddCc(person) => people::add_cc(ticket, person, context).map(Decided::from),
        Command::RemoveCc(person) => Ok(people::remove_cc(ticket, person).into()),
        Command::SetStatus { to } => status::set_status(ticket, to, context).map(Decided::from),
        Command::Move { to } => status::move_to(ticket, to, context).map(Decided::from),
        Command::SetPriority { to } => Ok(properties::set_priority(ticket, *to).into()),
        Command::Retitle { to } => Ok(properties::retitle(ticket, to).into()),
        Command::Tag(tag) => Ok(properties::tag(ticket, tag).into()),
        Command::Untag(tag) => Ok(properties::untag(ticket, tag).into()),
        Command::SetField { field, value } => {
            properties::set_field(ticket, field, value.as_ref(), context).map(Decided::from)
        }
        Command::SetDue { to } => Ok(properties::set_due(ticket, *to).into()),
        Command::AddAbout(subject) => Ok(properties::add_about(ticket, subject).into()),
        Command::RemoveAbout(subject) => Ok(properties::remove_about(ticket, subject).into()),
        Command::RecordAction { action, outcome } => {
            Ok(vec![properties::record_action(action, outcome)].into())
        }
        Command::Link(link) => links::link(ticket, *link, context).map(Decided::from),
        Command::Unlink(link) => Ok(links::unlink(ticket, *link).into()),
        Command::Snooze { until } => clock::snooze(ticket, *until, context).map(Decided::from),
        Command::Wake => clock::wake(ticket, context).map(Decided::from),
        Command::Tick => clock::tick(ticket, context).map(Decided::from),
        Command::RecordBounce {
            notice,
            person,
            note,
        } => Ok(write::bounce(ticket, *notice, person, note, context)),
    }
}

/// Which right a command needs; steps of the workflow check theirs themselves.
fn action(command: &Command, context: &Context<'_>) -> Action {
    let is_self = |person: &crate::value::PersonId| context.actor.id() == Some(person);
    match command {
        Command::Reply(_) => Action::Reply,
        Command::Note(_) => Action::Note,
        Command::SetStatus { .. } => Action::View,
        Command::Redact(_) => Action::Redact,
        Command::AddFollower(person) | Command::RemoveFollower(person) if is_self(person) => {
            Action::Follow
        }
        Command::RemoveCc(person) if is_self(person) => Action::LeaveCc,
        Command::Tick | Command::RecordBounce { .. } => Action::Operate,
        Command::Assign { .. }
        | Command::Unassign
        | Command::Take
        | Command::SetPriority { .. }
        | Command::Move { .. }
        | Command::Retitle { .. }
        | Command::SetRequester { .. }
        | Command::Tag(_)
        | Command::Untag(_)
        | Command::SetField { .. }
        | Command::AddFollower(_)
        | Command::RemoveFollower(_)
        | Command::AddCc(_)
        | Command::RemoveCc(_)
        | Command::Snooze { .. }
        | Command::Wake
        | Command::SetDue { .. }
        | Command::Link(_)
        | Command::Unlink(_)
        | Command::AddAbout(_)
        | Command::RemoveAbout(_)
        | Command::RecordAction { .. } => Action::Change,
    }
}
