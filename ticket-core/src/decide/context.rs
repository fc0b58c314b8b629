//! What a decision rests on besides the ticket and the command.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::authority::{Actor, Level, Scope};
use crate::person::Person;
use crate::refusal::Refusal;
use crate::settings::CheckedSettings;
use crate::ticket::{Cause, Channel, Posting, Side, Ticket};
use crate::value::{Invalid, PersonId, QueueKey, TicketId, Timestamp};
use crate::workflow::Workflow;

/// Who acts, when, under which settings, knowing what.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Who acts.
    pub actor: &'a Actor,
    /// Through what.
    pub cause: Cause,
    /// When.
    pub now: Timestamp,
    /// The settings in force.
    pub settings: &'a CheckedSettings,
    /// What was looked up.
    pub facts: &'a Facts,
    /// Where identities come from.
    pub fresh: FreshIds,
}

/// What was looked up before deciding.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// People whom the ticket or the commands name, and who acts.
    pub people: BTreeMap<PersonId, Person>,
    /// The members of queues that the ticket is in or may go to.
    pub members: BTreeMap<QueueKey, Vec<Person>>,
    /// Other tickets that the commands name.
    pub tickets: BTreeMap<TicketId, Ticket>,
    /// Tickets that are reached from those by links of the kind that the command makes.
    pub reachable: BTreeSet<TicketId>,
    /// Messages and notes that the ticket has, and whether they are redacted; looked up only for
    /// redactions.
    pub postings: BTreeMap<Posting, bool>,
}

/// A supply of identities that depends on nothing but its seed.
///
/// Each is the seed, a random UUID of version 7, counted up in its last bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshIds {
    seed: Uuid,
    used: u32,
}

impl FreshIds {
    /// A supply from a seed that nothing else has.
    pub const fn new(seed: Uuid) -> Self {
        Self { seed, used: 0 }
    }

    /// The next identity.
    pub fn draw(&mut self) -> Uuid {
        let low = 0xffff_ffff_u128;
        let seed = self.seed.as_u128();
        let next = (seed as u32).wrapping_add(self.used);
        self.used = self.used.wrapping_add(1);
        Uuid::from_u128((seed & !low) | u128::from(next))
    }
}

impl Context<'_> {
    /// Over which channel the actor acts.
    pub(crate) const fn channel(&self) -> Channel {
        match &self.cause {
            Cause::Request { channel } => *channel,
            Cause::Mail { .. } => Channel::Mail,
            Cause::Rule | Cause::Clock => Channel::Host,
        }
    }

    /// Somebody active in the directory.
    pub(crate) fn active_person(&self, id: &PersonId, field: &str) -> Result<&Person, Refusal> {
        self.facts
            .people
            .get(id)
            .filter(|person| person.active)
            .ok_or_else(|| {
                Invalid::new(field, id.as_str(), "somebody active in the directory is").into()
            })
    }

    /// The workflow of a queue.
    pub(crate) fn workflow(&self, queue: &QueueKey) -> Result<&Workflow, Refusal> {
        self.settings.workflow_of(queue).ok_or_else(|| {
            let queues = &self.settings.settings().queues;
            let keys: Vec<&str> = queues.iter().map(|queue| queue.key.as_str()).collect();
            let allowed = format!("one of these queues is: {}", keys.join(", "));
            Invalid::new("queue", queue.as_str(), allowed).into()
        })
    }

    /// On which side of the ticket the actor stands.
    ///
    /// Whoever asks stands on the customers' side, whatever their role, and so does everybody who
    /// sees the ticket as a customer, and a light agent, who takes part only as one. An agent in
    /// Cc of a ticket that they work on answers for the team.
    pub(crate) fn side(&self, ticket: &Ticket) -> Side {
        let Actor::Person(person) = self.actor else {
            return Side::Team;
        };
        let level = Scope::of(self.actor).level(ticket);
        let answers = person.role.can_own(&ticket.queue) && ticket.requester != person.id;
        match level {
            Some(Level::Team) if answers => Side::Team,
            Some(Level::Team | Level::Customer) | None => Side::Customer,
        }
    }
}
