//! The pure functions alone: what a decision rests on, built by hand.

use std::collections::BTreeMap;

use ticket_core::authority::Actor;
use ticket_core::command::{Command, Open};
use ticket_core::decide::{Context, Facts, FreshIds, plan, plan_open};
use ticket_core::person::{Person, Role};
use ticket_core::plan::Plan;
use ticket_core::refusal::Refusal;
use ticket_core::settings::{CheckedSettings, Settings};
use ticket_core::ticket::{Cause, Channel, Ticket};
use ticket_core::value::{TicketNumber, Timestamp};
use uuid::Uuid;

use super::{PEOPLE, acme, open, person, read, settings, start};

/// Settings and facts for pure decisions.
pub(crate) struct Pure {
    pub(crate) settings: CheckedSettings,
    pub(crate) facts: Facts,
    pub(crate) now: Timestamp,
    pub(crate) seed: u128,
}

impl Pure {
    pub(crate) fn new() -> Self {
        Self::with(settings())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let people: BTreeMap<_, Person> = PEOPLE
            .into_iter()
            .map(|name| (read(name), person(name)))
            .collect();
        let queues = settings.queues.iter().map(|queue| queue.key.clone());
        let members = queues
            .map(|queue| {
                let works = |person: &&Person| {
                    person.works_on(&queue) && !matches!(person.role, Role::Admin)
                };
                let members = people.values().filter(works).cloned().collect();
                (queue.clone(), members)
            })
            .collect();
        Self {
            settings: settings.check().expect("good settings"),
            facts: Facts {
                people,
                members,
                ..Facts::default()
            },
            now: start(),
            seed: 1 << 64,
        }
    }

    /// Decides as somebody: a person by name, `rule` or `system`.
    pub(crate) fn context<'a>(&'a self, actor: &'a Actor) -> Context<'a> {
        Context {
            actor,
            cause: Cause::Request {
                channel: Channel::Host,
            },
            now: self.now,
            settings: &self.settings,
            facts: &self.facts,
            fresh: FreshIds::new(Uuid::from_u128(self.seed)),
        }
    }

    pub(crate) fn plan(
        &self,
        by: &str,
        ticket: &Ticket,
        commands: &[Command],
    ) -> Result<Option<Plan>, Refusal> {
        plan(ticket, commands, &self.context(&actor(by)))
    }

    /// What one command makes of a ticket that it changes.
    pub(crate) fn after(&self, by: &str, ticket: &Ticket, command: Command) -> Ticket {
        let plan = self.plan(by, ticket, &[command]).expect("allowed");
        plan.expect("a change").ticket
    }

    pub(crate) fn open(&self, by: &str, open: &Open) -> Result<Plan, Refusal> {
        let number = TicketNumber::new(1).expect("a number");
        plan_open(open, number, &self.context(&actor(by)))
    }
}

pub(crate) fn actor(name: &str) -> Actor {
    match name {
        "rule" => Actor::Rule(read("some-rule")),
        "system" => Actor::System,
        name => Actor::person(&person(name), Some(&acme())).expect("somebody active"),
    }
}

/// A ticket that somebody asks in `support`.
pub(crate) fn open_by(by: &str) -> Ticket {
    let pure = Pure::new();
    let opened = pure.open(by, &open("Printer jam", "It is stuck."));
    opened.expect("opened").ticket
}

/// A plain ticket after some commands, each by somebody.
pub(crate) fn act(pure: &Pure, ticket: Ticket, steps: &[(&str, Command)]) -> Ticket {
    steps.iter().fold(ticket, |ticket, (by, command)| {
        pure.after(by, &ticket, command.clone())
    })
}
