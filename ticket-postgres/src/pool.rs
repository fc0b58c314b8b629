//! Connections shared by all callers, and how statements are run on them.
//!
//! The driver's own pool asks the server whether it is there each time a connection is taken and
//! given back; this one asks only after a rest, so that a statement is one round trip.
//!
//! A statement has a deadline, which the wait for a connection and a repetition count against. One
//! that nobody waits for any more has a moment to end; then it takes its connection with it.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use deadpool::Runtime;
use deadpool::managed::{self, Object, PoolError, QueueMode, TimeoutType};
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow};
use sqlx::{Connection as _, Either, Execute, Executor, PgConnection, Postgres, Row, SqlStr};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::connection::Servers;
use crate::error::{Error, Fate};

/// How long a statement that nobody waits for may keep its connection: most end sooner, and a new
/// connection costs more than that.
const AFTERMATH: Duration = Duration::from_millis(50);

/// A statement with its values.
pub(crate) type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// How large a pool is and how patient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    /// How long to wait for a connection that is free.
    pub(crate) wait: Duration,
    /// How long a statement may take, with everything.
    pub(crate) deadline: Duration,
}

/// Connections of one kind; clones share them.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: managed::Pool<Servers>,
    deadline: Duration,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("status", &self.connections.status())
            .finish()
    }
}

impl Pool {
    /// A pool without connections: they are made when they are needed.
    pub(crate) fn new(servers: Servers, limits: Limits) -> Result<Self, Error> {
        let connections = managed::Pool::builder(servers)
            .max_size(limits.connections)
            // The one that was used last is the surest to work.
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(limits.wait))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| Error::Closed)?;
        Ok(Self {
            connections,
            deadline: limits.deadline,
        })
    }

    /// When a call that begins now must end.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.deadline
    }

    /// When a call must end that somebody makes who has waited for another one before.
    pub(crate) fn early_deadline(&self) -> Instant {
        Instant::now() + self.deadline / 2
    }

    /// Reads; when the connection turns out to be gone, once more on a new one.
    pub(crate) async fn read(&self, query: Query<'_>) -> Result<Vec<PgRow>, Error> {
        self.read_until(self.deadline(), query).await
    }

    /// Reads, as one of several statements that must end by then.
    pub(crate) async fn read_until(
        &self,
        deadline: Instant,
        query: Query<'_>,
    ) -> Result<Vec<PgRow>, Error> {
        Ok(self.perform(query, Kind::Read, deadline).await?.rows)
    }

    /// Reads by a statement that may be sent to another server as well.
    pub(crate) async fn read_statement(
        &self,
        deadline: Instant,
        statement: Statement,
    ) -> Result<Vec<PgRow>, Error> {
        let answered = self.perform_statement(statement, Kind::Read, deadline);
        Ok(answered.await?.rows)
    }

    /// Reads on a connection on which the question is answered by true; none when it is not. The
    /// connections of a pool may lead to several servers.
    pub(crate) async fn read_if(
        &self,
        deadline: Instant,
        question: &Statement,
        statement: &Statement,
    ) -> Result<Option<Vec<PgRow>>, Error> {
        let attempt = || self.attempt_if(question.clone(), statement.clone(), deadline);
        attempt
            .retry(pauses())
            .when(|error| Kind::Read.may_repeat(error) && Instant::now() < deadline)
            .await
    }

    /// Reads the first row.
    pub(crate) async fn read_first(&self, query: Query<'_>) -> Result<Option<PgRow>, Error> {
        Ok(self.read(query).await?.into_iter().next())
    }

    /// Writes, and answers the rows of its `RETURNING`; done again only when it had no effect.
    pub(crate) async fn write(&self, query: Query<'_>) -> Result<Vec<PgRow>, Error> {
        self.write_until(self.deadline(), query).await
    }

    /// Writes, as one of several statements that must end by then.
    pub(crate) async fn write_until(
        &self,
        deadline: Instant,
        query: Query<'_>,
    ) -> Result<Vec<PgRow>, Error> {
        Ok(self.perform(query, Kind::Write, deadline).await?.rows)
    }

    /// Writes, and answers the first row.
    pub(crate) async fn write_first(&self, query: Query<'_>) -> Result<Option<PgRow>, Error> {
        Ok(self.write(query).await?.into_iter().next())
    }

    /// Writes, and answers how many rows it changed.
    pub(crate) async fn execute(&self, query: Query<'_>) -> Result<u64, Error> {
        let answered = self.perform(query, Kind::Write, self.deadline());
        Ok(answered.await?.changed)
    }

    /// Writes by several statements, all or none; nothing is done again.
    pub(crate) async fn write_all(&self, queries: Vec<Query<'_>>) -> Result<(), Error> {
        let deadline = self.deadline();
        let statements: Result<Vec<_>, _> = queries.into_iter().map(Statement::of).collect();
        let (statements, mut lease) = (statements?, self.lease(deadline).await?);
        lease.in_transaction = true;
        self.ask(&mut lease, Statement::of(sqlx::query("BEGIN"))?, deadline)
            .await?;
        for statement in statements {
            if let Err(error) = self.ask(&mut lease, statement, deadline).await {
                // If this fails too, the connection ends and takes the transaction with it.
                let rollback = Statement::of(sqlx::query("ROLLBACK"))?;
                let is_over = self.ask(&mut lease, rollback, deadline).await.is_ok();
                lease.in_transaction = !is_over;
                return Err(error);
            }
        }
        self.ask(&mut lease, Statement::of(sqlx::query("COMMIT"))?, deadline)
            .await?;
        lease.in_transaction = false;
        Ok(())
    }

    /// Closes all connections: those in use when they are given back.
    pub(crate) fn close(&self) {
        self.connections.close();
    }

    /// A connection beside the pool, for somebody who changes the session.
    pub(crate) async fn new_connection(&self) -> Result<PgConnection, Error> {
        self.connections.manager().connect().await
    }

    async fn perform(
        &self,
        query: Query<'_>,
        kind: Kind,
        deadline: Instant,
    ) -> Result<Outcome, Error> {
        self.perform_statement(Statement::of(query)?, kind, deadline)
            .await
    }

    async fn perform_statement(
        &self,
        statement: Statement,
        kind: Kind,
        deadline: Instant,
    ) -> Result<Outcome, Error> {
        let attempt = || self.attempt(statement.clone(), deadline);
        attempt
            .retry(pauses())
            .when(|error| kind.may_repeat(error) && Instant::now() < deadline)
            .await
    }

    /// Boxed, so that the futures of whoever calls us stay small and can be sent on.
    fn attempt(
        &self,
        statement: Statement,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<Outcome, Error>> {
        Box::pin(async move {
            let mut lease = self.lease(deadline).await?;
            self.ask(&mut lease, statement, deadline).await
        })
    }

    fn attempt_if(
        &self,
        question: Statement,
        statement: Statement,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<Option<Vec<PgRow>>, Error>> {
        Box::pin(async move {
            let mut lease = self.lease(deadline).await?;
            let answer = self.ask(&mut lease, question, deadline).await?;
            let answer: Option<bool> = match answer.rows.first() {
                Some(row) => row.try_get(0)?,
                None => None,
            };
            if answer != Some(true) {
                return Ok(None);
            }
            let outcome = self.ask(&mut lease, statement, deadline).await?;
            Ok(Some(outcome.rows))
        })
    }

    async fn ask(
        &self,
        lease: &mut Lease,
        statement: Statement,
        deadline: Instant,
    ) -> Result<Outcome, Error> {
        let sent = Instant::now();
        let outcome = timeout_at(deadline, lease.run(statement)).await;
        let outcome = outcome.unwrap_or(Err(Error::Late));
        outcome.inspect_err(|error| self.learn_from(error, sent))
    }

    /// When one connection is gone, those beside it are not to be trusted either.
    fn learn_from(&self, error: &Error, sent: Instant) {
        let servers = self.connections.manager();
        let are_gone = match error {
            // A server that is well would have ended the statement itself, had it had the time.
            Error::Late => sent.elapsed() >= servers.answers_within(),
            error => matches!(error.fate(), Fate::Unknown | Fate::Demoted),
        };
        if are_gone {
            servers.distrust();
        }
    }

    async fn lease(&self, deadline: Instant) -> Result<Lease, Error> {
        match timeout_at(deadline, self.connections.get()).await {
            Ok(Ok(connection)) => Ok(Lease {
                connection: Some(connection),
                in_transaction: false,
            }),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(PoolError::Timeout(TimeoutType::Wait))) => Err(Error::Busy),
            Err(_) | Ok(Err(PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle))) => {
                Err(Error::Slow)
            }
            Ok(Err(
                PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_),
            )) => Err(Error::Closed),
        }
    }
}

/// The pauses before a statement is sent again.
const fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(5))
        .with_max_delay(Duration::from_millis(100))
        .with_max_times(3)
        .with_jitter()
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Read,
    Write,
}

impl Kind {
    /// Whether a statement that met this may be sent again.
    fn may_repeat(self, error: &Error) -> bool {
        match error.fate() {
            Fate::Repeatable | Fate::Demoted => true,
            // The server may be working on it still.
            Fate::Unknown if matches!(error, Error::Late) => false,
            Fate::Unknown => matches!(self, Self::Read),
            Fate::Failed => false,
        }
    }
}

/// A statement that can be sent more than once.
#[derive(Clone)]
pub(crate) struct Statement {
    sql: SqlStr,
    values: PgArguments,
}

impl Statement {
    pub(crate) fn of(mut query: Query<'_>) -> Result<Self, Error> {
        let values = query.take_arguments().map_err(sqlx::Error::Encode)?;
        Ok(Self {
            sql: query.sql(),
            values: values.unwrap_or_default(),
        })
    }
}

/// What a statement answered.
#[derive(Default)]
struct Outcome {
    rows: Vec<PgRow>,
    changed: u64,
}

/// A connection while it is used.
struct Lease {
    connection: Option<Object<Servers>>,
    /// A transaction was begun and is not known to be over.
    in_transaction: bool,
}

impl Lease {
    async fn run(&mut self, statement: Statement) -> Result<Outcome, Error> {
        let Some(own) = &mut self.connection else {
            return Err(Error::Closed);
        };
        own.busy = true;
        let outcome = {
            let query = sqlx::query_with(statement.sql, statement.values);
            collect(own.raw.fetch_many(query)).await
        };
        let is_fit = outcome
            .as_ref()
            .err()
            .is_none_or(|error| matches!(error.fate(), Fate::Repeatable | Fate::Failed));
        if is_fit {
            own.rest();
        }
        outcome
    }
}

async fn collect(
    mut answers: BoxStream<'_, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    while let Some(answer) = answers.try_next().await? {
        match answer {
            Either::Left(result) => outcome.changed += result.rows_affected(),
            Either::Right(row) => outcome.rows.push(row),
        }
    }
    Ok(outcome)
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(own) = self.connection.take() else {
            return;
        };
        if self.in_transaction {
            drop(Object::take(own));
        } else if own.busy {
            match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(see_off(own))),
                Err(_) => drop(Object::take(own)),
            }
        }
    }
}

/// Waits for the answer that nobody wants any more. Whoever hangs up at once would otherwise cost a
/// connection each time; and if it takes longer, nobody else shall wait for it.
async fn see_off(mut own: Object<Servers>) {
    match timeout(AFTERMATH, own.raw.ping()).await {
        Ok(Ok(())) => own.rest(),
        Ok(Err(_)) | Err(_) => drop(Object::take(own)),
    }
}
