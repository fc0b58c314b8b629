//! A desk with people, settings and tickets as a team of twelve would have them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use ticket_core::command::{Command, Open};
use ticket_core::desk::{Caller, Desk, Request};
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::person::{Organization, Person, Role, Sharing};
use ticket_core::port::{Notifier, NotifyError, Roster};
use ticket_core::query::{Condition, Test};
use ticket_core::react::{Action, Rule, Trigger};
use ticket_core::settings::{CheckedSettings, Queue, Settings};
use ticket_core::system::FixedClock;
use ticket_core::ticket::Priority;
use ticket_core::value::{Body, PersonId, QueueKey, TicketId, Timestamp};

use crate::{Chance, RARE_WORD, Words, reply};

const QUEUES: [&str; 4] = ["support", "billing", "returns", "office"];
const TAGS: [&str; 12] = [
    "vip", "spam", "hardware", "network", "refund", "invoice", "bug", "wish", "question", "urgent",
    "contract", "late",
];
const AGENTS: usize = 12;
const CUSTOMERS: usize = 2_000;
const ORGANIZATIONS: usize = 100;
/// How many tickets are worked on at once while the desk is filled.
const AT_ONCE: usize = 16;
/// The tickets are spread over this time.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Takes every letter and brings it nowhere.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

#[async_trait]
impl Notifier for Nowhere {
    async fn deliver(&self, _letter: &Letter) -> Result<(), NotifyError> {
        Ok(())
    }
}

/// The people of a desk.
#[derive(Debug, Clone)]
pub struct Population {
    /// Those who ask.
    pub customers: Vec<PersonId>,
    /// Those who answer, by the queue whose members they are.
    pub agents: BTreeMap<QueueKey, Vec<PersonId>>,
    /// Who may do everything.
    pub admin: PersonId,
}

/// Four queues with the standard workflow, and so many rules that look at words and tags.
///
/// # Errors
/// When they don't hold together.
pub fn settings(rules: usize) -> Result<CheckedSettings> {
    let mut settings = Settings::default();
    let standard = settings.queues.first().cloned();
    let standard = standard.ok_or_else(|| anyhow!("the default settings have a queue"))?;
    let queue = |name: &str| -> Result<Queue> {
        Ok(Queue {
            key: name.parse()?,
            name: name.to_owned(),
            address: format!("{name}@example.com").parse()?,
            ..standard.clone()
        })
    };
    settings.queues = QUEUES.into_iter().map(queue).collect::<Result<_>>()?;
    // A team that watches its list wants no mail for each new ticket.
    settings.notices.silent = vec![NoticeKind::NewTicket];
    settings.rules = (0..rules).map(rule).collect::<Result<_>>()?;
    let problems = |problems| anyhow!("the settings do not hold together: {problems:?}");
    settings.check().map_err(problems)
}

/// A rule that looks at every message and reacts to none: what a reply pays for.
fn rule(number: usize) -> Result<Rule> {
    let word = format!("word{number}");
    let test = |test| Condition {
        negated: false,
        test,
    };
    Ok(Rule {
        key: format!("rule-{number}").parse()?,
        on: vec![Trigger::CustomerReplied, Trigger::TeamReplied],
        when: vec![
            test(Test::Queue(["support".parse()?].into())),
            test(Test::Text(vec![word.clone()])),
        ],
        then: vec![Action::Tag(word.parse()?)],
    })
}

/// The people of the desk by their ids; [`populate`] saves them.
///
/// # Errors
/// When a name in it is not allowed; a test builds it.
pub fn population() -> Result<Population> {
    let mut agents = BTreeMap::<QueueKey, Vec<PersonId>>::new();
    for agent in self::agents()? {
        if let Role::Agent { queues, .. } = agent.role {
            for queue in queues {
                agents.entry(queue).or_default().push(agent.id.clone());
            }
        }
    }
    let customers = (0..CUSTOMERS).map(|number| Ok(customer(number)?.id));
    Ok(Population {
        customers: customers.collect::<Result<_>>()?,
        agents,
        admin: admin()?.id,
    })
}

/// Saves the people of the desk.
///
/// # Errors
/// When the directory fails.
pub async fn populate(roster: &dyn Roster) -> Result<()> {
    for number in 0..ORGANIZATIONS {
        let organization = Organization {
            id: (number as u64).into(),
            name: format!("Company {number}"),
            sharing: Sharing::AllTickets,
        };
        roster.save_organization(&organization).await?;
    }
    roster.save_person(&admin()?).await?;
    for agent in agents()? {
        roster.save_person(&agent).await?;
    }
    let save = |number| async move {
        roster.save_person(&customer(number)?).await?;
        Ok::<_, anyhow::Error>(())
    };
    stream::iter((0..CUSTOMERS).map(save))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

fn admin() -> Result<Person> {
    person("admin", Role::Admin)
}

/// Each is a member of two queues.
fn agents() -> Result<Vec<Person>> {
    let agent = |number: usize| {
        let queues = [number, number + 1].map(|at| QUEUES[at % QUEUES.len()].parse());
        let role = Role::Agent {
            queues: queues.into_iter().collect::<Result<_, _>>()?,
            own_tickets_only: false,
        };
        person(&format!("agent-{number}"), role)
    };
    (0..AGENTS).map(agent).collect()
}

/// Every second one belongs to an organization.
fn customer(number: usize) -> Result<Person> {
    let mut customer = person(&format!("customer-{number}"), Role::Customer)?;
    let organization = (number % ORGANIZATIONS) as u64;
    customer.organization = number.is_multiple_of(2).then(|| organization.into());
    Ok(customer)
}

fn person(name: &str, role: Role) -> Result<Person> {
    let address = format!("{name}@example.org").parse()?;
    Ok(Person::new(name.parse()?, name, address, role))
}

/// What a desk was filled with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filled {
    /// Tickets.
    pub tickets: usize,
    /// Commits.
    pub commits: usize,
}

/// Opens so many tickets and works on them, most of them to their end; `progress` hears how many
/// are done.
///
/// # Errors
/// When the desk refuses something or its store fails.
pub async fn fill(
    desk: &Desk,
    population: &Population,
    clock: &FixedClock,
    tickets: usize,
    progress: impl Fn(usize) + Sync,
) -> Result<Filled> {
    let words = Words::new();
    let (done, commits) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let start = "2026-01-01T00:00:00Z".parse::<Timestamp>()?;
    let one = |number: usize| {
        let (words, done, commits, progress) = (&words, &done, &commits, &progress);
        async move {
            let share = number as f64 / tickets.max(1) as f64;
            clock.set(start.plus(YEAR.mul_f64(share)));
            let made = story(desk, population, words, number).await?;
            commits.fetch_add(made, Ordering::Relaxed);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done % 250 == 0 {
                // A worker would do this beside; here the outbox is emptied now and then.
                desk.deliver(1_000).await?;
                progress(done);
            }
            Ok::<_, anyhow::Error>(())
        }
    };
    stream::iter(0..tickets)
        .map(one)
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    while !desk.deliver(1_000).await?.is_idle() {}
    Ok(Filled {
        tickets,
        commits: commits.into_inner(),
    })
}

/// The life of one ticket; answers how many commits it took.
async fn story(
    desk: &Desk,
    population: &Population,
    words: &Words,
    number: usize,
) -> Result<usize> {
    let mut chance = Chance::new(number as u64);
    let customer = chance.one_of(&population.customers).context("a customer")?;
    let queues: Vec<(&QueueKey, &Vec<PersonId>)> = population.agents.iter().collect();
    let (queue, members) = *chance.one_of(&queues).context("a queue")?;
    let agent = chance.one_of(members).context("an agent")?;
    let asking = desk.acting(customer).await?;
    let answering = desk.acting(agent).await?;

    let open = opening(words, &mut chance, queue, number)?;
    let ticket = asking.open(open).await?.ticket;
    answering.perform(triage(&mut chance, ticket)?).await?;
    let mut commits = 2;
    let messages = 1 + chance.below(8);
    for turn in 1..messages {
        let reply = Command::Reply(reply(words, &mut chance)?);
        let (caller, request) = if turn % 2 == 0 {
            (&asking, Request::new(ticket, reply))
        } else if turn == 1 {
            (&answering, Request::new(ticket, Command::Take).and(reply))
        } else {
            (&answering, Request::new(ticket, reply))
        };
        caller.perform(request).await?;
        commits += 1;
        if chance.happens(0.2) {
            let body: Body = words.text(&mut chance, 25).parse()?;
            answering.note(ticket, body).await?;
            commits += 1;
        }
    }
    Ok(commits + finish(&answering, ticket, &mut chance).await?)
}

fn opening(words: &Words, chance: &mut Chance, queue: &QueueKey, number: usize) -> Result<Open> {
    let length = 20 + chance.below(100);
    let mut text = words.text(chance, length);
    if number % 4_001 == 17 {
        text = format!("{text} {RARE_WORD}");
    }
    let subject = words.subject(chance).parse()?;
    Ok(Open::new(queue.clone(), subject, text.parse()?))
}

/// What an agent does with a new ticket: how urgent it is, and what it is about.
fn triage(chance: &mut Chance, ticket: TicketId) -> Result<Request> {
    let to = Priority::ALL[chance.below(4)];
    let mut request = Request::new(ticket, Command::SetPriority { to });
    for _ in 0..1 + chance.below(3) {
        let tag = chance.one_of(&TAGS).context("a tag")?;
        request = request.and(Command::Tag(tag.parse()?));
    }
    Ok(request)
}

async fn finish(answering: &Caller, ticket: TicketId, chance: &mut Chance) -> Result<usize> {
    let to = match chance.below(100) {
        0..4 => return Ok(0),
        4..6 => "pending",
        6..10 => "solved",
        _ => "closed",
    };
    answering.set_status(ticket, to.parse()?).await?;
    Ok(1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ticket_core::mail::SigningKey;
    use ticket_core::memory::{MemoryDirectory, MemoryStore};
    use ticket_core::port::SettingsStore;

    use super::*;

    #[tokio::test]
    async fn a_desk_is_filled_with_tickets_that_hold_together() {
        let (store, people) = (MemoryStore::new(), MemoryDirectory::new());
        let settings = settings(10).expect("settings");
        let saved = store.save_settings(0, settings.settings()).await;
        saved.expect("saved");
        populate(&people).await.expect("people");
        let population = population().expect("the same people");
        let clock = FixedClock::at(Timestamp::from_micros(0));
        let desk = Desk::builder(Arc::new(store), Arc::new(people), SigningKey::new([7; 32]))
            .notifier(Arc::new(Nowhere))
            .clock(Arc::new(clock.clone()))
            .build();

        let filled = fill(&desk, &population, &clock, 100, |_| {}).await;

        let filled = filled.expect("filled");
        assert!(filled.commits > 2 * filled.tickets, "{filled:?}");
        let report = desk.verify().await.expect("verified");
        assert_eq!(report.checked.get("tickets"), Some(&100));
        assert_eq!(report.findings, []);
    }
}
