//! Looking up what a decision needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Desk, DeskError};
use crate::authority::Actor;
use crate::command::{Command, Mentions};
use crate::decide::{Context, Facts, FreshIds};
use crate::person::Person;
use crate::port::Reference;
use crate::react::command;
use crate::settings::CheckedSettings;
use crate::ticket::{Cause, Link, Posting, Ticket};
use crate::value::{PersonId, QueueKey, TicketId};

/// How many links a walk along a chain follows at most.
const CHAIN_MAX: usize = 1_000;

impl Desk {
    /// Somebody with the rights that the directory gives; `None` for nobody or an inactive one.
    pub(super) async fn actor(&self, id: &PersonId) -> Result<Option<Actor>, DeskError> {
        let Some(person) = self.people(&[id.clone()].into()).await?.remove(id) else {
            return Ok(None);
        };
        self.actor_of(&person).await
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

    /// What is needed to decide about commands on a ticket, or about a new one in a queue.
    pub(super) async fn facts(
        &self,
        actor: &Actor,
        ticket: Option<&Ticket>,
        queue: &QueueKey,
        commands: &[Command],
        more: Mentions,
        settings: &CheckedSettings,
    ) -> Result<Facts, DeskError> {
        let mut mentions = more;
        let mut queues = BTreeSet::from([queue.clone()]);
        let mut commands_of_rules = Vec::new();
        for action in settings.settings().rules.iter().flat_map(|rule| &rule.then) {
            // What can't be read is refused when the rule runs.
            if let Ok(command) = command(action, settings) {
                commands_of_rules.push(command);
            }
        }
        for command in commands.iter().chain(&commands_of_rules) {
            let Mentions { people, tickets } = command.mentions();
            mentions.people.extend(people);
            mentions.tickets.extend(tickets);
            if let Command::Move { to } = command {
                queues.insert(to.clone());
            }
        }
        mentions.people.extend(actor.id().cloned());
        if let Some(ticket) = ticket {
            mentions.people.insert(ticket.requester.clone());
            mentions.people.extend(ticket.assignee.clone());
            mentions
                .people
                .extend(ticket.followers.iter().chain(&ticket.cc).cloned());
        }
        let mut members = BTreeMap::new();
        for queue in queues {
            if settings.queue(&queue).is_some() {
                let people = self.ports.directory.members(&queue).await?;
                members.insert(queue, people);
            }
        }
        Ok(Facts {
            people: self.people(&mentions.people).await?,
            members,
            tickets: self.tickets(&mentions.tickets).await?,
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
