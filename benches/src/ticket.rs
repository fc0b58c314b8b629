//! A ticket with a long history, for the pure core.

use std::time::Duration;

use ticket_core::authority::Actor;
use ticket_core::command::{Command, Open, Reply};
use ticket_core::decide::{Context, Facts, FreshIds, plan, plan_open};
use ticket_core::person::{Person, Role};
use ticket_core::refusal::Refusal;
use ticket_core::settings::CheckedSettings;
use ticket_core::ticket::{Cause, Channel, EventRecord, Priority, Ticket};
use ticket_core::value::{Invalid, TicketNumber, Timestamp};
use uuid::Uuid;

use crate::{Chance, Words};

/// An agent who answers a customer, with everything that a decision rests on.
#[derive(Debug)]
pub struct Scene {
    agent: Actor,
    settings: CheckedSettings,
    facts: Facts,
    now: Timestamp,
}

impl Scene {
    /// A queue of ten members, a customer, and some settings.
    ///
    /// # Errors
    /// When a literal in it is not allowed; a test builds it.
    pub fn new(settings: CheckedSettings) -> Result<Self, Refusal> {
        let queue: ticket_core::value::QueueKey = "support".parse()?;
        let member = |number: u64| -> Result<Person, Invalid> {
            let address = format!("agent{number}@example.com").parse()?;
            let role = Role::Agent {
                queues: [queue.clone()].into(),
                own_tickets_only: false,
            };
            Ok(Person::new(number.into(), "Bob", address, role))
        };
        let members = (0..10).map(member).collect::<Result<Vec<_>, _>>()?;
        let ada = Person::customer(100_u64.into(), "Ada", "ada@example.org".parse()?);
        let everybody = members.iter().chain([&ada]);
        let agent = members.first().and_then(|agent| Actor::person(agent, None));
        Ok(Self {
            agent: agent.unwrap_or(Actor::System),
            settings,
            facts: Facts {
                people: everybody
                    .map(|person| (person.id.clone(), person.clone()))
                    .collect(),
                members: [(queue, members)].into(),
                ..Facts::default()
            },
            now: Timestamp::from_micros(1_790_000_000_000_000),
        })
    }

    /// What the agent's decision rests on.
    pub fn context(&self) -> Context<'_> {
        Context {
            actor: &self.agent,
            cause: Cause::Request {
                channel: Channel::Web,
            },
            now: self.now,
            settings: &self.settings,
            facts: &self.facts,
            fresh: FreshIds::new(Uuid::from_u128(self.now.micros().unsigned_abs().into())),
        }
    }

    fn later(&mut self) {
        self.now = self.now.plus(Duration::from_secs(61));
    }
}

/// A ticket with at least so many events, and those events.
///
/// # Errors
/// When a command in it is refused; a test runs it.
pub fn ticket_with_events(
    scene: &mut Scene,
    events: usize,
) -> Result<(Ticket, Vec<EventRecord>), Refusal> {
    let (words, mut chance) = (Words::new(), Chance::new(3));
    let subject = words.subject(&mut chance).parse()?;
    let text = words.text(&mut chance, 60).parse()?;
    let mut open = Open::new("support".parse()?, subject, text);
    open.requester = Some(100_u64.into());
    let opened = plan_open(&open, TicketNumber::new(7)?, &scene.context())?;
    let (mut ticket, mut history) = (opened.ticket, opened.events);
    while history.len() < events {
        scene.later();
        let command = match history.len() % 8 {
            0 | 3 => Command::Reply(reply(&words, &mut chance)?),
            1 => Command::Tag(words.word(&mut chance).parse()?),
            2 => Command::SetPriority {
                to: Priority::ALL[chance.below(4)],
            },
            4 => Command::SetStatus {
                to: ["open", "pending"][chance.below(2)].parse()?,
            },
            5 => Command::Assign {
                to: (chance.below(10) as u64).into(),
            },
            6 => Command::AddFollower((chance.below(10) as u64).into()),
            _ => Command::Note(reply(&words, &mut chance)?.body.into()),
        };
        if let Some(plan) = plan(&ticket, &[command], &scene.context())? {
            ticket = plan.ticket;
            history.extend(plan.events);
        } else {
            let reply = Command::Reply(reply(&words, &mut chance)?);
            let plan = plan(&ticket, &[reply], &scene.context())?;
            history.extend(plan.iter().flat_map(|plan| plan.events.clone()));
            ticket = plan.map_or(ticket, |plan| plan.ticket);
        }
    }
    Ok((ticket, history))
}

/// A reply of about sixty words.
///
/// # Errors
/// When the text is not allowed.
pub fn reply(words: &Words, chance: &mut Chance) -> Result<Reply, Invalid> {
    let body: ticket_core::value::Body = words.text(chance, 60).parse()?;
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    use ticket_core::decide::apply;
    use ticket_core::settings::Settings;

    use super::*;

    #[test]
    fn the_ticket_is_the_sum_of_its_events() {
        let settings = Settings::default().check().expect("settings");
        let mut scene = Scene::new(settings).expect("a scene");
        let (ticket, history) = ticket_with_events(&mut scene, 200).expect("a ticket");
        assert!((200..210).contains(&history.len()), "{}", history.len());
        assert_eq!(history.iter().fold(None, apply), Some(ticket));
    }
}
