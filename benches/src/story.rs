//! The lives of tickets, planned by the core alone, so that a store is filled as fast as it writes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ticket_core::authority::Actor;
use ticket_core::command::{Command, Note, Open};
use ticket_core::decide::{Context, Facts, FreshIds, plan, plan_open};
use ticket_core::person::Person;
use ticket_core::plan::Plan;
use ticket_core::settings::CheckedSettings;
use ticket_core::ticket::{Cause, Channel, Priority};
use ticket_core::value::{Body, QueueKey, TicketNumber, Timestamp};

use crate::{Chance, Population, RARE_WORD, Words, reply};

const TAGS: [&str; 12] = [
    "vip", "spam", "hardware", "network", "refund", "invoice", "bug", "wish", "question", "urgent",
    "contract", "late",
];
/// How many tickets have the rare word, however many there are.
const RARE: usize = 8;
/// The tickets are opened over this time, the last one at its end.
const SPAN: Duration = Duration::from_secs(2 * 365 * 24 * 60 * 60);
/// The share of the tickets that are new enough to be worked on still.
const FRESH: f64 = 0.05;
/// A ticket solved before this time would be due to be closed, and the clock would be busy.
const SOLVED_STAYS: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The longest time from one message to the next.
const PAUSE: Duration = Duration::from_secs(8 * 60 * 60);

/// The lives of all tickets of a desk; each depends on its number and the seed alone.
#[derive(Debug)]
pub struct Stories {
    words: Words,
    settings: CheckedSettings,
    population: Population,
    queues: Vec<Team>,
    tickets: usize,
    end: Timestamp,
}

/// A queue, and what a decision about its tickets rests on.
#[derive(Debug)]
struct Team {
    queue: QueueKey,
    members: Vec<Person>,
    facts: Facts,
}

/// Who takes part in a ticket, and where.
#[derive(Debug, Clone, Copy)]
pub struct Cast<'a> {
    /// Who asks.
    pub customer: &'a Person,
    /// Who answers.
    pub agent: &'a Person,
    /// In which queue.
    pub queue: &'a QueueKey,
}

impl Stories {
    /// The lives of so many tickets, the last of them opened at `end`.
    pub fn new(
        settings: CheckedSettings,
        population: Population,
        tickets: usize,
        end: Timestamp,
    ) -> Self {
        let team = |queue: &QueueKey| {
            let members: Vec<Person> = population.members(queue).into_iter().cloned().collect();
            let people = members.iter();
            let people: BTreeMap<_, _> = people
                .map(|person| (person.id.clone(), person.clone()))
                .collect();
            Team {
                queue: queue.clone(),
                facts: Facts {
                    people,
                    members: [(queue.clone(), members.clone())].into(),
                    ..Facts::default()
                },
                members,
            }
        };
        let queues = settings.settings().queues.iter();
        Self {
            queues: queues.map(|queue| team(&queue.key)).collect(),
            words: Words::new(),
            settings,
            population,
            tickets,
            end,
        }
    }

    /// How many there are.
    pub const fn tickets(&self) -> usize {
        self.tickets
    }

    /// The people of the desk.
    pub const fn population(&self) -> &Population {
        &self.population
    }

    /// The settings of the desk.
    pub const fn settings(&self) -> &CheckedSettings {
        &self.settings
    }

    /// The words that people of the desk use.
    pub const fn words(&self) -> &Words {
        &self.words
    }

    /// Who takes part in a ticket; numbers begin at 1.
    ///
    /// # Errors
    /// When the desk has nobody.
    pub fn cast(&self, number: usize) -> Result<Cast<'_>> {
        let (cast, _) = self.choose(&mut Chance::new(number as u64))?;
        Ok(cast)
    }

    fn choose(&self, chance: &mut Chance) -> Result<(Cast<'_>, &Team)> {
        let team = chance.one_of(&self.queues).context("a queue")?;
        let cast = Cast {
            customer: chance
                .one_of(&self.population.customers)
                .context("a customer")?,
            agent: chance.one_of(&team.members).context("an agent")?,
            queue: &team.queue,
        };
        Ok((cast, team))
    }

    /// The whole life of a ticket as one plan that opens it: with events of many versions.
    ///
    /// # Errors
    /// When the core refuses something; a test tells some.
    pub fn tell(&self, number: usize) -> Result<Plan> {
        let mut chance = Chance::new(number as u64);
        let (cast, team) = self.choose(&mut chance)?;
        let mut facts = team.facts.clone();
        let customer = cast.customer;
        facts.people.insert(customer.id.clone(), customer.clone());
        let organization = self.population.organization(customer);
        let age = 1.0 - number as f64 / self.tickets.max(1) as f64;
        let mut telling = Telling {
            stories: self,
            customer: Actor::person(customer, organization).context("an active customer")?,
            agent: Actor::person(cast.agent, None).context("an active agent")?,
            facts,
            now: self.end.minus(SPAN.mul_f64(age.max(0.0))),
            chance,
        };
        let history = telling.open(cast.queue, number)?;
        telling.go_on(history, age)
    }

    /// Whether the rare word is in this ticket.
    const fn is_rare(&self, number: usize) -> bool {
        let every = self.tickets / RARE;
        every == 0 || (number % every == every / 2 && number / every < RARE)
    }
}

struct Telling<'a> {
    stories: &'a Stories,
    customer: Actor,
    agent: Actor,
    facts: Facts,
    now: Timestamp,
    chance: Chance,
}

impl Telling<'_> {
    fn open(&mut self, queue: &QueueKey, number: usize) -> Result<Plan> {
        let words = &self.stories.words;
        let length = 20 + self.chance.below(100);
        let mut text = words.text(&mut self.chance, length);
        if self.chance.happens(0.3) {
            // What nobody else writes: serial numbers and the like.
            text = format!("{text} Order {:08}", self.chance.below(100_000_000));
        }
        if self.stories.is_rare(number) {
            text = format!("{text} {RARE_WORD}");
        }
        let subject = words.subject(&mut self.chance).parse()?;
        let open = Open::new(queue.clone(), subject, text.parse()?);
        let fresh = self.fresh();
        let context = self.context(&self.customer, fresh);
        Ok(plan_open(
            &open,
            TicketNumber::new(number as u64)?,
            &context,
        )?)
    }

    fn go_on(&mut self, mut history: Plan, age: f64) -> Result<Plan> {
        self.wait();
        let triage = self.triage()?;
        self.perform(&mut history, false, &triage)?;
        let messages = 1 + self.chance.below(8);
        for turn in 1..messages {
            self.wait();
            let reply = Command::Reply(reply(&self.stories.words, &mut self.chance)?);
            let commands = if turn == 1 {
                vec![Command::Take, reply]
            } else {
                vec![reply]
            };
            self.perform(&mut history, turn % 2 == 0, &commands)?;
            if self.chance.happens(0.2) {
                let text = self.stories.words.text(&mut self.chance, 25);
                let body: Body = text.parse()?;
                let note = Command::Note(Note::from(body));
                self.perform(&mut history, false, &[note])?;
            }
        }
        self.wait();
        if let Some(status) = self.end(age) {
            let to = status.parse()?;
            self.perform(&mut history, false, &[Command::SetStatus { to }])?;
        }
        Ok(history)
    }

    /// What an agent does with a new ticket: how urgent it is, and what it is about.
    fn triage(&mut self) -> Result<Vec<Command>> {
        let to = Priority::ALL[self.chance.below(4)];
        let mut commands = vec![Command::SetPriority { to }];
        for _ in 0..1 + self.chance.below(3) {
            let tag = self.chance.one_of(&TAGS).context("a tag")?;
            commands.push(Command::Tag(tag.parse()?));
        }
        Ok(commands)
    }

    /// How it ends: old tickets are closed, of the new ones half are worked on still.
    fn end(&mut self, age: f64) -> Option<&'static str> {
        let drawn = self.chance.below(100);
        let status = match (age < FRESH, drawn) {
            (true, 0..50) | (false, 0..1) => return None,
            (true, 50..60) | (false, 1..2) => "pending",
            (true, 60..80) => "solved",
            (true, _) | (false, _) => "closed",
        };
        let stays = self.now.plus(SOLVED_STAYS) > self.stories.end;
        Some(if status == "solved" && !stays {
            "closed"
        } else {
            status
        })
    }

    fn perform(&mut self, history: &mut Plan, customer: bool, commands: &[Command]) -> Result<()> {
        let fresh = self.fresh();
        let actor = if customer {
            &self.customer
        } else {
            &self.agent
        };
        let context = self.context(actor, fresh);
        let Some(next) = plan(&history.ticket, commands, &context)? else {
            return Ok(());
        };
        history.ticket = next.ticket;
        history.events.extend(next.events);
        history.messages.extend(next.messages);
        history.notes.extend(next.notes);
        history.notices.extend(next.notices);
        Ok(())
    }

    /// Time passes, but never beyond the end.
    fn wait(&mut self) {
        let later = self.now.plus(PAUSE.mul_f64(self.chance.share()));
        self.now = later.min(self.stories.end).max(self.now);
    }

    fn context<'a>(&'a self, actor: &'a Actor, fresh: FreshIds) -> Context<'a> {
        Context {
            actor,
            cause: Cause::Request {
                channel: Channel::Web,
            },
            now: self.now,
            settings: &self.stories.settings,
            facts: &self.facts,
            fresh,
        }
    }

    /// Identities as they would have been drawn at that time.
    fn fresh(&mut self) -> FreshIds {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.chance.draw().to_be_bytes());
        let millis = self.now.micros().unsigned_abs() / 1_000;
        FreshIds::new(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use ticket_core::desk::Desk;
    use ticket_core::mail::SigningKey;
    use ticket_core::memory::{MemoryDirectory, MemoryStore};
    use ticket_core::port::{SettingsStore, TicketRepository};
    use ticket_core::workflow::Category;
    use uuid::Uuid;

    use super::*;
    use crate::settings_at_work;

    fn stories(tickets: usize) -> Stories {
        let settings = settings_at_work().expect("settings");
        let population = Population::of(tickets).expect("people");
        let end = "2026-11-01T00:00:00Z".parse().expect("a time");
        Stories::new(settings, population, tickets, end)
    }

    #[tokio::test]
    async fn a_desk_of_stories_holds_together() {
        let (store, people) = (Arc::new(MemoryStore::new()), MemoryDirectory::new());
        let stories = stories(200);
        let saved = store.save_settings(0, stories.settings().settings()).await;
        saved.expect("saved");
        stories.population().save(&people).await.expect("people");
        for number in 1..=200 {
            let history = stories.tell(number).expect("a story");
            store.commit(&history, None).await.expect("committed");
        }
        let desk = Desk::builder(store, Arc::new(people), SigningKey::new([7; 32])).build();
        let report = desk.verify().await.expect("verified");
        assert_eq!(report.checked.get("tickets"), Some(&200));
        assert!(report.checked["messages"] > 600, "{report:?}");
        assert_eq!(report.findings, []);
        assert_eq!(desk.tick(100).await.expect("ticked"), 0, "nothing is due");
    }

    #[test]
    fn most_tickets_are_closed_and_a_few_have_the_rare_word() {
        let stories = stories(2_000);
        let mut categories: BTreeMap<Category, usize> = BTreeMap::new();
        let mut rare = 0;
        for number in 1..=2_000 {
            let history = stories.tell(number).expect("a story");
            *categories.entry(history.ticket.category).or_default() += 1;
            let mut texts = history.messages.iter().map(|message| message.body.text());
            rare += usize::from(texts.any(|text| text.contains(RARE_WORD)));
            assert!(history.ticket.updated_at <= stories.end);
        }
        assert_eq!(rare, RARE);
        assert!(categories[&Category::Closed] > 1_800, "{categories:?}");
        let waiting = categories[&Category::Open] + categories[&Category::Pending];
        assert!(waiting > 40, "{categories:?}");
    }

    #[test]
    fn a_story_is_told_again_word_for_word() {
        let (one, other) = (stories(50), stories(50));
        assert_eq!(one.tell(7).expect("one"), other.tell(7).expect("other"));
        let cast = one.cast(7).expect("a cast");
        assert_eq!(one.tell(7).expect("one").ticket.requester, cast.customer.id);
    }

    #[test]
    fn identities_are_of_their_time() {
        let history = stories(50).tell(9).expect("a story");
        let ids: Vec<Uuid> = history.messages.iter().map(|one| one.id.uuid()).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
