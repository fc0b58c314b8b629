//! What is asked of a desk: the requests of agents and customers, drawn before anybody counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use ticket_core::desk::Desk;
use ticket_core::value::{PersonId, TicketNumber};
use url::form_urlencoded::byte_serialize;

use super::Call;
use super::client::Connection;
use crate::{COMMON_WORD, Chance, RARE_WORD, Stories};

/// How many different requests there are of an operation that is about single tickets.
const CALLS: usize = 4_096;
/// How many customers ask.
const CUSTOMERS: usize = 200;
/// How many open tickets are answered.
const ANSWERED: usize = 10_000;
/// How many rows a page of a list has.
const ROWS: usize = 50;
/// The words of a new text.
const LENGTH: usize = 60;

/// Something that people do all day.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What it is, for people.
    pub name: &'static str,
    /// Whether it only reads.
    pub reads: bool,
    /// Its requests.
    pub calls: Arc<[Call]>,
}

impl Operation {
    fn reading(name: &'static str, calls: Vec<Call>) -> Self {
        Self {
            name,
            reads: true,
            calls: calls.into(),
        }
    }

    fn writing(name: &'static str, calls: Vec<Call>) -> Self {
        Self {
            reads: false,
            ..Self::reading(name, calls)
        }
    }
}

/// Who asks, with their tokens, and about what.
#[derive(Debug)]
pub struct Asking {
    stories: Arc<Stories>,
    tokens: BTreeMap<PersonId, String>,
    /// Tickets of customers who have a token.
    own: Vec<usize>,
}

/// A page of a list, as far as it matters here.
#[derive(Deserialize)]
struct Listed {
    tickets: Vec<Row>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    number: TicketNumber,
}

impl Asking {
    /// Gives the agents and some customers a token each.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn new(desk: &Desk, stories: &Arc<Stories>) -> Result<Self> {
        let mut chance = Chance::new(3);
        let draw = |_| 1 + chance.below(stories.tickets());
        let own: Vec<usize> = (0..CUSTOMERS).map(draw).collect();
        let mut tokens = BTreeMap::new();
        let agents = stories.population().agents.iter();
        let mut people: Vec<&PersonId> = agents.map(|agent| &agent.id).collect();
        for number in &own {
            people.push(&stories.cast(*number)?.customer.id);
        }
        for person in people {
            let token = desk.issue_token(person, "load", None).await?;
            tokens.insert(person.clone(), token.reveal());
        }
        Ok(Self {
            stories: Arc::clone(stories),
            tokens,
            own,
        })
    }

    fn token(&self, person: &PersonId) -> Result<&str> {
        let token = self.tokens.get(person).context("a token")?;
        Ok(token)
    }

    /// The search lines of each agent, with the agent's token.
    fn lines(&self, own_queues: impl Fn(&str) -> String) -> Result<Vec<(String, &str)>> {
        let mut lines = Vec::new();
        for queue in &self.stories.settings().settings().queues {
            for agent in self.stories.population().members(&queue.key) {
                let line = own_queues(queue.key.as_str());
                lines.push((line, self.token(&agent.id)?));
            }
        }
        Ok(lines)
    }

    fn search(&self, line: &str) -> Result<Vec<Call>> {
        let lines = self.lines(|_| line.to_owned())?;
        lines
            .iter()
            .map(|(line, token)| list(line, token, None))
            .collect()
    }

    fn spread(&self, call: impl Fn(usize) -> Result<Call>) -> Result<Vec<Call>> {
        let mut chance = Chance::new(4);
        let draw = |_| call(1 + chance.below(self.stories.tickets()));
        (0..CALLS).map(draw).collect()
    }
}

/// What is read: lists, tickets, searches; by agents and by customers.
///
/// # Errors
/// When the server answers otherwise than it should.
pub async fn reading(asking: &Asking, address: &str) -> Result<Vec<Operation>> {
    let newest = asking.lines(|queue| format!("queue:{queue} category:new,open"))?;
    let mut connection = Connection::open(address).await?;
    let (mut first, mut next) = (Vec::new(), Vec::new());
    for (line, token) in &newest {
        let call = list(line, token, None)?;
        let page: Listed = serde_json::from_slice(&connection.ask(&call).await?)?;
        ensure!(!page.tickets.is_empty(), "{line:?} finds nothing");
        first.push(call);
        if let Some(cursor) = page.next {
            next.push(list(line, token, Some(&cursor))?);
        }
    }
    let show = asking.spread(|number| {
        let agent = asking.stories.cast(number)?.agent;
        Call::get(&path(number), asking.token(&agent.id)?)
    })?;
    let of_customers = |call: &dyn Fn(usize, &str) -> Result<Call>| {
        let own = asking.own.iter();
        own.map(|number| {
            let customer = asking.stories.cast(*number)?.customer;
            call(*number, asking.token(&customer.id)?)
        })
        .collect::<Result<Vec<Call>>>()
    };
    let mut operations = vec![
        Operation::reading("list: newest open of a queue", first),
        Operation::reading("list: the next page", next),
        Operation::reading(
            "list: mine",
            asking.search("assignee:me category:new,open")?,
        ),
        Operation::reading("show: a ticket with its thread", show),
        Operation::reading("search: a rare word", asking.search(RARE_WORD)?),
        Operation::reading("search: a common word", asking.search(COMMON_WORD)?),
        Operation::reading(
            "customer: list",
            of_customers(&|_, token| list("", token, None))?,
        ),
        Operation::reading(
            "customer: show",
            of_customers(&|number, token| Call::get(&path(number), token))?,
        ),
    ];
    operations.retain(|operation| !operation.calls.is_empty());
    Ok(operations)
}

/// What is written, in this order: customers open tickets, agents answer them and others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Customers open tickets.
    Open,
    /// Agents reply to open ones.
    Reply,
}

impl Writing {
    /// In the order in which they are measured.
    pub const ALL: [Self; 2] = [Self::Open, Self::Reply];
}

/// The requests of something that is written.
///
/// # Errors
/// When the server answers otherwise than it should.
pub async fn writing(asking: &Asking, address: &str, what: Writing) -> Result<Operation> {
    match what {
        Writing::Open => {
            let calls = (0..CALLS).map(|turn| opening(asking, turn));
            Ok(Operation::writing(
                "open a ticket",
                calls.collect::<Result<_>>()?,
            ))
        }
        Writing::Reply => {
            let mut connection = Connection::open(address).await?;
            let mut calls = Vec::new();
            for queue in &asking.stories.settings().settings().queues {
                let members = asking.stories.population().members(&queue.key);
                let agent = members.first().context("an agent")?;
                let token = asking.token(&agent.id)?;
                let line = format!("queue:{} category:new,open", queue.key);
                for number in numbers(&mut connection, &line, token, ANSWERED / 4).await? {
                    calls.push(replying(asking, number, token)?);
                }
            }
            shuffle(&mut calls);
            Ok(Operation::writing("reply", calls))
        }
    }
}

fn opening(asking: &Asking, turn: usize) -> Result<Call> {
    let number = asking.own[turn % asking.own.len()];
    let cast = asking.stories.cast(number)?;
    let mut chance = Chance::new(turn as u64);
    let body = json!({
        "queue": cast.queue,
        "subject": asking.stories.words().subject(&mut chance),
        "text": asking.stories.words().text(&mut chance, LENGTH),
    });
    Call::post("/api/v1/tickets", asking.token(&cast.customer.id)?, &body)
}

fn replying(asking: &Asking, number: TicketNumber, token: &str) -> Result<Call> {
    let mut chance = Chance::new(number.get());
    let body = json!({ "text": asking.stories.words().text(&mut chance, LENGTH) });
    Call::post(&format!("/api/v1/tickets/{number}/messages"), token, &body)
}

/// The numbers of tickets that a line finds, at most so many.
async fn numbers(
    connection: &mut Connection,
    line: &str,
    token: &str,
    most: usize,
) -> Result<Vec<TicketNumber>> {
    let (mut found, mut cursor) = (Vec::new(), None);
    while found.len() < most {
        let call = list(line, token, cursor.as_deref())?;
        let page: Listed = serde_json::from_slice(&connection.ask(&call).await?)?;
        found.extend(page.tickets.iter().map(|row| row.number));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(found)
}

fn shuffle<T>(values: &mut [T]) {
    let mut chance = Chance::new(6);
    for place in (1..values.len()).rev() {
        values.swap(place, chance.below(place + 1));
    }
}

fn list(line: &str, token: &str, cursor: Option<&str>) -> Result<Call> {
    let line: String = byte_serialize(line.as_bytes()).collect();
    let mut path = format!("/api/v1/tickets?limit={ROWS}&q={line}");
    if let Some(cursor) = cursor {
        path.push_str("&cursor=");
        path.extend(byte_serialize(cursor.as_bytes()));
    }
    Call::get(&path, token)
}

fn path(number: usize) -> String {
    format!("/api/v1/tickets/{number}")
}
