//! A desk's settings and people, as a team of twelve would have them.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::person::{Organization, Person, Role, Sharing};
use ticket_core::port::{Notifier, NotifyError, Roster};
use ticket_core::query::{Condition, Test};
use ticket_core::react::{Action, Rule, Trigger};
use ticket_core::settings::{CheckedSettings, Queue, Settings};
use ticket_core::ticket::Priority;
use ticket_core::value::QueueKey;

const QUEUES: [&str; 4] = ["support", "billing", "returns", "office"];
const AGENTS: usize = 12;
/// How many tickets a customer has, in the mean.
const TICKETS_EACH: usize = 20;
/// How many customers there are for one organization; every second one belongs to one.
const CUSTOMERS_EACH: usize = 20;
/// How many people are saved at once.
const AT_ONCE: usize = 16;

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
    pub customers: Vec<Person>,
    /// For whom they ask.
    pub organizations: Vec<Organization>,
    /// Those who answer; each is a member of two queues.
    pub agents: Vec<Person>,
    /// Who may do everything.
    pub admin: Person,
}

impl Population {
    /// The people of a desk that has so many tickets.
    ///
    /// # Errors
    /// When a name in it is not allowed; a test builds it.
    pub fn of(tickets: usize) -> Result<Self> {
        let customers = (tickets / TICKETS_EACH).max(100);
        let organizations = customers.div_ceil(CUSTOMERS_EACH);
        let organization = |number: usize| Organization {
            id: (number as u64).into(),
            name: format!("Company {number}").into(),
            sharing: Sharing::AllTickets,
        };
        let customer = |number: usize| {
            let mut customer = person(&format!("customer-{number}"), Role::Customer)?;
            let organization = (number % organizations) as u64;
            customer.organization = number.is_multiple_of(2).then(|| organization.into());
            Ok(customer)
        };
        Ok(Self {
            customers: (0..customers).map(customer).collect::<Result<_>>()?,
            organizations: (0..organizations).map(organization).collect(),
            agents: (0..AGENTS).map(agent).collect::<Result<_>>()?,
            admin: person("admin", Role::Admin)?,
        })
    }

    /// The agents of a queue.
    pub fn members(&self, queue: &QueueKey) -> Vec<&Person> {
        let agents = self.agents.iter();
        agents.filter(|agent| agent.works_on(queue)).collect()
    }

    /// The organization that somebody belongs to.
    pub fn organization(&self, person: &Person) -> Option<&Organization> {
        let id = person.organization.as_ref()?;
        // They are in the order of their ids, which are numbers.
        self.organizations.get(id.as_str().parse::<usize>().ok()?)
    }

    /// Saves them.
    ///
    /// # Errors
    /// When the directory fails.
    pub async fn save(&self, roster: &dyn Roster) -> Result<()> {
        for organization in &self.organizations {
            roster.save_organization(organization).await?;
        }
        let people = self
            .customers
            .iter()
            .chain(&self.agents)
            .chain([&self.admin]);
        stream::iter(people)
            .map(|person| async move { Ok(roster.save_person(person).await?) })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }
}

fn agent(number: usize) -> Result<Person> {
    let queues = [number, number + 1].map(|at| QUEUES[at % QUEUES.len()].parse());
    let role = Role::Agent {
        queues: queues.into_iter().collect::<Result<BTreeSet<_>, _>>()?,
        own_tickets_only: false,
    };
    person(&format!("agent-{number}"), role)
}

fn person(name: &str, role: Role) -> Result<Person> {
    let address = format!("{name}@example.org").parse()?;
    Ok(Person::new(name.parse()?, name, address, role))
}

/// Four queues with the standard workflow, and so many rules that look at words and tags.
///
/// # Errors
/// When they don't hold together.
pub fn settings(rules: usize) -> Result<CheckedSettings> {
    checked((0..rules).map(rule).collect::<Result<_>>()?)
}

/// The settings of a desk at work: rules that react to some new tickets, and ten that look at
/// every message and react to none.
///
/// # Errors
/// When they don't hold together.
pub fn settings_at_work() -> Result<CheckedSettings> {
    let mut rules = vec![
        on_opening("refund", Action::Tag("refund".parse()?))?,
        on_opening("down", Action::SetPriority(Priority::High))?,
    ];
    for number in 0..10 {
        rules.push(rule(number)?);
    }
    checked(rules)
}

fn checked(rules: Vec<Rule>) -> Result<CheckedSettings> {
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
    settings.rules = rules;
    let problems = |problems| anyhow!("the settings do not hold together: {problems:?}");
    settings.check().map_err(problems)
}

/// A rule that looks at every message and reacts to none: what a reply pays for.
fn rule(number: usize) -> Result<Rule> {
    let word = format!("word{number}");
    Ok(Rule {
        key: format!("rule-{number}").parse()?,
        on: vec![Trigger::CustomerReplied, Trigger::TeamReplied],
        when: vec![
            condition(Test::Queue(["support".parse()?].into())),
            condition(Test::Text(vec![word.clone()])),
        ],
        then: vec![Action::Tag(word.parse()?)],
    })
}

fn on_opening(word: &str, action: Action) -> Result<Rule> {
    Ok(Rule {
        key: format!("on-{word}").parse()?,
        on: vec![Trigger::Opened],
        when: vec![condition(Test::Text(vec![word.to_owned()]))],
        then: vec![action],
    })
}

const fn condition(test: Test) -> Condition {
    Condition {
        negated: false,
        test,
    }
}
