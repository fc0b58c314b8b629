//! What a server says to its database for each operation, made into scripts.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;
use ticket_core::value::TenantId;

use super::script::{Fresh, Script, Writer};
use super::wire::{Heard, Statement, listen};
use crate::load::{Asking, Call, Connection, Operation, Place, Writing, reading, start, writing};

/// How many requests of an operation that reads become scripts.
const READ: usize = 32;
/// How many requests of an operation that writes do.
const WRITTEN: usize = 12;
/// How many requests come before, so that nothing is asked for the first time.
const BEFORE: usize = 3;
/// How long after an answer the server may still say something that belongs to it.
const AFTER: Duration = Duration::from_millis(30);
/// For how long a worker is listened to.
const WORK: Duration = Duration::from_secs(5);
/// Identities that grow, as those of version 7 do, after all that there are.
const IDENTITY: &str =
    "('f0000000-0000-7000-8000-' || lpad(to_hex(nextval('load_ids')), 12, '0'))::uuid";
/// How many open tickets are answered.
const TARGETS: i64 = 10_000;
/// The function that writes, and how it is called.
const COMMIT: &str = "commit_plan";
const CALL: &str = "FROM commit_plan(";

/// An operation as the database hears it.
#[derive(Debug)]
pub struct Overheard {
    /// The operation.
    pub operation: &'static str,
    /// How often the server waits for the database, for one request.
    pub round_trips: f64,
    /// The statements of one request, for `psql`.
    pub once: String,
    /// All statements of a request.
    pub whole: Vec<Script>,
    /// For an operation that writes: what writes, and what it can't do without.
    pub core: Vec<Script>,
}

/// A request, as the database heard it.
struct Request {
    statements: Vec<Statement>,
    round_trips: usize,
    answer: Answer,
}

/// What is told of a change.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    number: u64,
}

/// Starts a server that reaches its database through us, and makes scripts of what it says.
///
/// # Errors
/// When the server or the database fails.
pub async fn overhear(program: &Path, place: &Place, asking: &Asking) -> Result<Vec<Overheard>> {
    let heard = Heard::default();
    let port = listen(place.database_address()?, heard.clone()).await?;
    let mut environment = place.environment_through(port)?;
    // What is done beside requests is none of their cost.
    environment.push(("TICKETD_NO_WORKER", "true".to_owned()));
    let server = start(program, place.folder(), &environment).await?;
    let address = server.address.clone();
    let mut writer = Writer::connect(&place.url_with_schema()?).await?;
    prepare(&mut writer).await?;
    let mut listener = Listener {
        connection: Connection::open(&address).await?,
        heard,
        writer,
    };
    let mut overheard = Vec::new();
    for operation in reading(asking, &address).await? {
        overheard.push(listener.read(&operation).await?);
    }
    for what in Writing::ALL {
        let operation = writing(asking, &address, what).await?;
        overheard.push(listener.written(&operation, what).await?);
    }
    server.stop().await?;
    Ok(overheard)
}

/// Makes what the scripts rest on: identities, and the open tickets that are answered.
async fn prepare(writer: &mut Writer) -> Result<()> {
    let tenant = TenantId::default().get();
    writer
        .run(format!(
            "DROP TABLE IF EXISTS load_targets; \
             CREATE SEQUENCE IF NOT EXISTS load_ids CACHE 50; \
             CREATE TABLE load_targets AS SELECT row_number() OVER () AS place, number FROM (\
                 SELECT number FROM tickets WHERE tenant = {tenant} AND NOT done \
                 ORDER BY number DESC LIMIT {TARGETS}) AS open; \
             ALTER TABLE load_targets ADD PRIMARY KEY (place); \
             ANALYZE load_targets"
        ))
        .await
}

struct Listener {
    connection: Connection,
    heard: Heard,
    writer: Writer,
}

impl Listener {
    /// Makes requests that are spread over all of an operation.
    async fn requests(&mut self, operation: &Operation, count: usize) -> Result<Vec<Request>> {
        let step = (operation.calls.len() / count).max(1);
        let calls: Vec<&Call> = operation.calls.iter().step_by(step).take(count).collect();
        for call in calls.iter().cycle().take(BEFORE) {
            self.connection.ask(call).await?;
        }
        let mut requests = Vec::new();
        for call in calls {
            tokio::time::sleep(AFTER).await;
            self.heard.take();
            let body = self.connection.ask(call).await?;
            tokio::time::sleep(AFTER).await;
            let (mut statements, round_trips) = self.heard.take();
            // A new connection says some words of its own.
            let before = statements.len();
            statements.retain(|own| !own.sql.contains("set_config("));
            requests.push(Request {
                round_trips: round_trips - (before - statements.len()),
                statements,
                answer: serde_json::from_slice(&body)?,
            });
        }
        Ok(requests)
    }

    async fn read(&mut self, operation: &Operation) -> Result<Overheard> {
        let requests = self.requests(operation, READ).await?;
        let mut whole = Vec::new();
        for request in &requests {
            let mut script = Script::default();
            let statements = &request.statements;
            self.writer
                .add(&mut script, statements, &Fresh::default())
                .await?;
            whole.push(script);
        }
        let first = requests.first().map_or(&[][..], |first| &first.statements);
        Ok(Overheard {
            operation: operation.name,
            round_trips: mean(&requests),
            once: self.writer.prepared(first).await?,
            whole,
            core: Vec::new(),
        })
    }

    async fn written(&mut self, operation: &Operation, what: Writing) -> Result<Overheard> {
        let requests = self.requests(operation, WRITTEN).await?;
        let (mut whole, mut core) = (Vec::new(), Vec::new());
        for request in &requests {
            let number = request.answer.number;
            let fresh = match what {
                Writing::Open => Self::opened(number),
                Writing::Reply => self.answered(number).await?,
            };
            let begins = match what {
                Writing::Open => String::new(),
                Writing::Reply => self.chance().await?,
            };
            let begins = Script {
                text: begins,
                ..Script::default()
            };
            let (mut one, mut least) = (begins.clone(), begins);
            for statement in &request.statements {
                let statement = std::slice::from_ref(statement);
                if statement[0].sql.contains(COMMIT) {
                    self.writer.add(&mut least, statement, &fresh).await?;
                    self.writer.add(&mut one, statement, &fresh).await?;
                } else {
                    let same = Fresh::default();
                    self.writer.add(&mut one, statement, &same).await?;
                }
            }
            whole.push(one);
            core.push(least);
        }
        Ok(Overheard {
            operation: operation.name,
            round_trips: mean(&requests),
            once: whole.first().map_or_else(String::new, Script::for_psql),
            whole,
            core,
        })
    }

    /// A new ticket has a new number and new identities.
    fn opened(number: u64) -> Fresh {
        let tenant = TenantId::default().get();
        Fresh {
            values: vec![(number.to_string(), format!("nextval('numbers_{tenant}')"))],
            identity: Some(IDENTITY.to_owned()),
            part: None,
        }
    }

    /// A reply is to one of the open tickets, whichever version it has.
    async fn answered(&mut self, number: u64) -> Result<Fresh> {
        let tenant = TenantId::default().get();
        let of = format!("FROM tickets WHERE tenant = {tenant} AND number = {number}");
        let id = self.writer.text(format!("SELECT id::text {of}")).await?;
        let found = self
            .writer
            .text(format!("SELECT found_by::text {of}"))
            .await?;
        let version = self
            .writer
            .text(format!("SELECT version::text {of}"))
            .await?;
        let version: i64 = version.parse()?;
        let fixed = BTreeSet::from([i64::from(tenant), i64::try_from(number)?]);
        ensure!(
            !fixed.contains(&version) && !fixed.contains(&(version - 1)),
            "the version can't be told from other numbers"
        );
        let pair = |value: String, expression: &str| (value, expression.to_owned());
        Ok(Fresh {
            values: vec![
                pair(number.to_string(), "own.number"),
                pair((version - 1).to_string(), "own.version"),
                pair(version.to_string(), "own.version + 1"),
                pair(id, "own.id"),
                pair(found, "own.found_by"),
            ],
            identity: Some(IDENTITY.to_owned()),
            part: Some((
                CALL,
                format!(
                    "FROM (SELECT t.number, t.version, t.id, t.found_by FROM load_targets l \
                     JOIN tickets t ON t.tenant = {tenant} AND t.number = l.number \
                     WHERE l.place = :r) AS own, LATERAL commit_plan("
                ),
            )),
        })
    }

    /// Draws one of the open tickets.
    async fn chance(&mut self) -> Result<String> {
        let count = "SELECT count(*)::text FROM load_targets".to_owned();
        let count = self.writer.text(count).await?;
        Ok(format!("\\set r random(1, {count})\n"))
    }
}

/// What a worker that has nothing to do says to the database again and again, each statement once.
///
/// # Errors
/// When the server or the database fails.
pub async fn overhear_worker(program: &Path, place: &Place) -> Result<Vec<Statement>> {
    let heard = Heard::default();
    let port = listen(place.database_address()?, heard.clone()).await?;
    let server = start(program, place.folder(), &place.environment_through(port)?).await?;
    tokio::time::sleep(WORK).await;
    heard.take();
    tokio::time::sleep(WORK).await;
    let (statements, _) = heard.take();
    server.stop().await?;
    let mut said = BTreeSet::new();
    let new = |own: &Statement| !own.sql.contains("set_config(") && said.insert(own.sql.clone());
    Ok(statements.into_iter().filter(new).collect())
}

fn mean(requests: &[Request]) -> f64 {
    let sum: usize = requests.iter().map(|request| request.round_trips).sum();
    sum as f64 / requests.len().max(1) as f64
}
