//! One connection that a node shares, with a deadline for each call and a pause after failures.
//!
//! `redis` has a manager that reconnects, but it has no pause, makes callers wait for its retries,
//! and stays broken after an error that is not one of the network, such as a server that is
//! loading. So the connection is opened here, always in the background.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError,
    RedisResult, ScriptInvocation, ServerErrorKind,
};
use ticket_core::port::StoreError;
use tokio::time::{Instant, timeout_at};

/// How long opening a connection may take; calls do not wait that long.
const OPEN_WITHIN: Duration = Duration::from_secs(1);

/// Why Redis did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Trouble {
    /// It failed a moment ago and is left alone.
    #[error("it failed a moment ago")]
    Resting,
    /// It did not answer in time.
    #[error("no answer in time")]
    TooLate,
    /// It can't be reached, or answered with an error.
    #[error("{0}")]
    Failed(RedisError),
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        let what = match &trouble {
            Trouble::Resting | Trouble::TooLate => trouble.to_string(),
            Trouble::Failed(error) => error.category().to_owned(),
        };
        Self::Unavailable {
            detail: format!("Redis: {what}"),
            retry_after: Some(Duration::from_secs(1)),
            source: Some(Arc::new(trouble)),
        }
    }
}

type Opening = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

/// The state of the connection. Numbers tell connections apart, so that a late failure of an old
/// one does not harm its successor.
enum State {
    Closed,
    Opening { since: Instant, opening: Opening },
    Open(MultiplexedConnection),
    Resting { until: Instant },
}

struct Numbered {
    number: u64,
    state: State,
    /// Whether the log was told that Redis fails.
    told: bool,
}

pub(crate) struct Link {
    client: Client,
    deadline: Duration,
    pause: Duration,
    current: Mutex<Numbered>,
}

impl Link {
    pub(crate) fn new(client: Client, deadline: Duration, pause: Duration) -> Self {
        Self {
            client,
            deadline,
            pause,
            current: Mutex::new(Numbered {
                number: 0,
                state: State::Closed,
                told: false,
            }),
        }
    }

    /// Runs a script; it is loaded again by itself where the server does not know it.
    pub(crate) async fn run<T: FromRedisValue>(
        self: &Arc<Self>,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Trouble> {
        let by = Instant::now() + self.deadline;
        let (number, mut connection) = self.connection(by).await?;
        let answer = timeout_at(by, script.invoke_async(&mut connection)).await;
        self.judge(number, answer.unwrap_or_else(|_| Err(too_late())))
    }

    /// Runs a command.
    pub(crate) async fn ask<T: FromRedisValue>(
        self: &Arc<Self>,
        command: &Cmd,
    ) -> Result<T, Trouble> {
        let by = Instant::now() + self.deadline;
        let (number, mut connection) = self.connection(by).await?;
        let answer = timeout_at(by, command.query_async(&mut connection)).await;
        self.judge(number, answer.unwrap_or_else(|_| Err(too_late())))
    }

    /// Runs commands in one round trip.
    pub(crate) async fn send<T: FromRedisValue>(
        self: &Arc<Self>,
        commands: &Pipeline,
    ) -> Result<T, Trouble> {
        let by = Instant::now() + self.deadline;
        let (number, mut connection) = self.connection(by).await?;
        let answer = timeout_at(by, commands.query_async(&mut connection)).await;
        self.judge(number, answer.unwrap_or_else(|_| Err(too_late())))
    }

    async fn connection(
        self: &Arc<Self>,
        by: Instant,
    ) -> Result<(u64, MultiplexedConnection), Trouble> {
        let (number, opening, by) = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            if let State::Resting { until } = current.state {
                if Instant::now() < until {
                    return Err(Trouble::Resting);
                }
                current.state = State::Closed;
            }
            if matches!(current.state, State::Closed) {
                current.number = current.number.wrapping_add(1);
                current.state = State::Opening {
                    since: Instant::now(),
                    opening: self.open(current.number),
                };
            }
            match &current.state {
                State::Open(connection) => return Ok((current.number, connection.clone())),
                // Only those who come in the first moment wait: a server that is slow to open
                // must not slow every call.
                State::Opening { since, opening } => (
                    current.number,
                    opening.clone(),
                    by.min(*since + self.deadline),
                ),
                State::Closed | State::Resting { .. } => return Err(Trouble::Resting),
            }
        };
        match timeout_at(by, opening).await {
            Ok(Ok(connection)) => Ok((number, connection)),
            Ok(Err(error)) => Err(Trouble::Failed(error)),
            Err(_) => Err(Trouble::TooLate),
        }
    }

    /// Opens a connection in the background.
    fn open(self: &Arc<Self>, number: u64) -> Opening {
        let client = self.client.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(OPEN_WITHIN))
            .set_response_timeout(Some(self.deadline.max(OPEN_WITHIN)));
        let open = async move {
            let open = client.get_multiplexed_async_connection_with_config(&config);
            let opened = tokio::time::timeout(OPEN_WITHIN, open).await;
            opened.unwrap_or_else(|_| Err(too_late()))
        };
        let opening = open.boxed().shared();
        let (link, outcome) = (Arc::clone(self), opening.clone());
        tokio::spawn(async move { link.opened(number, outcome.await) });
        opening
    }

    fn opened(&self, number: u64, outcome: RedisResult<MultiplexedConnection>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number != number || !matches!(current.state, State::Opening { .. }) {
            return;
        }
        match outcome {
            Ok(connection) => {
                current.state = State::Open(connection);
                if std::mem::take(&mut current.told) {
                    tracing::info!("Redis is back");
                }
            }
            Err(error) => self.rest(&mut current, &error),
        }
    }

    /// Decides what an answer says about the connection.
    fn judge<T>(&self, number: u64, answer: RedisResult<T>) -> Result<T, Trouble> {
        let error = match answer {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == number && !matches!(current.state, State::Resting { .. }) {
            match consequence(&error) {
                Consequence::None => {}
                // It was cut, as by a restart: the next call may well find a new one.
                Consequence::Reopen => current.state = State::Closed,
                Consequence::Rest => self.rest(&mut current, &error),
            }
        }
        if error.is_timeout() {
            return Err(Trouble::TooLate);
        }
        Err(Trouble::Failed(error))
    }

    fn rest(&self, current: &mut Numbered, error: &RedisError) {
        let until = Instant::now() + self.pause;
        current.state = State::Resting { until };
        if !std::mem::replace(&mut current.told, true) {
            tracing::warn!(
                error = error.category(),
                "Redis fails; this node works without it"
            );
        }
    }
}

enum Consequence {
    None,
    Reopen,
    Rest,
}

fn consequence(error: &RedisError) -> Consequence {
    if error.is_timeout() {
        return Consequence::Rest;
    }
    if error.is_io_error() || error.is_unrecoverable_error() {
        return Consequence::Reopen;
    }
    match error.kind() {
        // After a failover the address may lead to another server, but this connection does not.
        ErrorKind::Server(
            ServerErrorKind::ReadOnly
            | ServerErrorKind::MasterDown
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::NoPerm,
        )
        | ErrorKind::AuthenticationFailed => Consequence::Rest,
        _ => match error.code() {
            Some("NOAUTH" | "WRONGPASS" | "MISCONF" | "BUSY") => Consequence::Rest,
            _ => Consequence::None,
        },
    }
}

fn too_late() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}
