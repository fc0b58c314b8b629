//! Looking up what a decision needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Desk, DeskError};
use crate::authority::Actor;
use crate::command::{Command, Mentions};
use crate::decide::{Context, Facts, FreshIds};
use crate::person::Person;
use crate::port::{Gathered, Holder, Reference, Standing, Wanted};
use crate::react::command;
use crate::settings::CheckedSettings;
use crate::ticket::{Cause, Link, Posting, Ticket};
use crate::value::{PersonId, TicketId};

/// How many links a walk along a chain follows at most.
const CHAIN_MAX: usize = 1_000;

impl Desk {
    /// Somebody with the rights that the directory gives; `None` for nobody or an inactive one.
    pub(super) async fn actor(&self, id: &PersonId) -> Result<Option<Actor>, DeskError> {
        let standing = self.ports.lookup.standing(id).await?;
        Ok(standing.as_ref().and_then(actor))
    }

    pub(super) async fn actor_of(&self, person: &Person) -> Result<Option<Actor>, DeskError> {
        let organization = match &person.organization {
            Some(id) => self.ports.directory.organization(id).await?,
            None => None,
        };
        Ok(Actor::person(person, organization.as_ref()))
    }

    /// People by their ids; those who don't exist are left out.
    pub(super) async fn people(
        &self,
        ids: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, Person>, DeskError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<PersonId> = ids.iter().cloned().collect();
        let people = self.ports.directory.people(&ids).await?;
        Ok(people
            .into_iter()
            .flatten()
            .map(|person| (person.id.clone(), person))
            .collect())
    }

    pub(super) fn context<'a>(
        &self,
        actor: &'a Actor,
        cause: &Cause,
        settings: &'a CheckedSettings,
        facts: &'a Facts,
    ) -> Context<'a> {
        Context {
            actor,
            cause: cause.clone(),
            now: self.ports.clock.now(),
            settings,
            facts,
            fresh: FreshIds::new(self.ports.ids.uuid()),
        }
    }

    /// What was gathered, with what only some commands need.
    pub(super) async fn facts(
        &self,
        gathered: Gathered,
        ticket: Option<&Ticket>,
        commands: &[Command],
        settings: &CheckedSettings,
    ) -> Result<Facts, DeskError> {
        let mut members = gathered.members;
        members.retain(|queue, _| settings.queue(queue).is_some());
        Ok(Facts {
            people: gathered.people,
            members,
            tickets: gathered.tickets,
            reachable: self.reachable(commands).await?,
            postings: self.postings(ticket, commands).await?,
        })
    }

    async fn tickets(
        &self,
        ids: &BTreeSet<TicketId>,
    ) -> Result<BTreeMap<TicketId, Ticket>, DeskError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let references: Vec<Reference> = ids.iter().copied().map(Reference::Id).collect();
        let tickets = self.ports.store.load(&references).await?;
        Ok(tickets
            .into_iter()
            .flatten()
            .map(|ticket| (ticket.id, ticket))
            .collect())
    }

    /// The tickets that are reached from the other end of a new link by links of its kind.
    async fn reachable(&self, commands: &[Command]) -> Result<BTreeSet<TicketId>, DeskError> {
        let mut seen = BTreeSet::new();
        for command in commands {
            let Command::Link(Link { kind, to }) = command else {
                continue;
            };
            if !kind.is_directed() {
                continue;
            }
            let mut front = BTreeSet::from([*to]);
            while !front.is_empty() && seen.len() < CHAIN_MAX {
                let next = self.tickets(&front).await?;
                seen.append(&mut front);
                let links = next.values().flat_map(|ticket| &ticket.links);
                let same = links.filter(|link| link.kind == *kind).map(|link| link.to);
                front = same.filter(|id| !seen.contains(id)).collect();
            }
        }
        Ok(seen)
    }

    async fn postings(
        &self,
        ticket: Option<&Ticket>,
        commands: &[Command],
    ) -> Result<BTreeMap<Posting, bool>, DeskError> {
        let redacts = commands
            .iter()
            .any(|command| matches!(command, Command::Redact(_)));
        let Some(ticket) = ticket.filter(|_| redacts) else {
            return Ok(BTreeMap::new());
        };
        let thread = self.ports.store.thread(ticket.id).await?;
        let messages = thread
            .messages
            .iter()
            .map(|message| (Posting::Message(message.id), message.redacted.is_some()));
        let notes = thread
            .notes
            .iter()
            .map(|note| (Posting::Note(note.id), note.redacted.is_some()));
        Ok(messages.chain(notes).collect())
    }
}

/// Somebody with the rights of their standing; `None` for an inactive one.
pub(super) fn actor(standing: &Standing) -> Option<Actor> {
    Actor::person(&standing.person, standing.organization.as_ref())
}

/// Somebody who came by a credential, with what it gives of their rights; `None` when it is worth
/// nothing any more.
pub(super) fn actor_by(holder: &Holder) -> Option<Actor> {
    let standing = holder.standing.as_ref()?;
    let credential = &holder.credential;
    let suits = credential.suits(&standing.person);
    actor(standing)
        .filter(|_| suits)
        .map(|actor| actor.within(credential.scopes.clone()))
}

/// What commands of somebody name, and what rules may come to name.
pub(super) fn wanted(actor: &Actor, commands: &[Command], settings: &CheckedSettings) -> Wanted {
    let rules = settings.settings().rules.iter();
    // What can't be read is refused when the rule runs.
    let of_rules: Vec<Command> = rules
        .flat_map(|rule| &rule.then)
        .filter_map(|action| command(action, settings).ok())
        .collect();
    let mut wanted = Wanted::default();
    for command in commands.iter().chain(&of_rules) {
        let Mentions { people, tickets } = command.mentions();
        wanted.people.extend(people);
        wanted.tickets.extend(tickets);
        if let Command::Move { to } = command {
            wanted.queues.insert(to.clone());
        }
    }
    for command in commands {
        let files = command.attachments().iter();
        wanted.files.extend(files.map(|file| file.digest));
    }
    wanted.people.extend(actor.id().cloned());
    wanted
}
