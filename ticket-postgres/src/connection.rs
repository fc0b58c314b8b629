//! Connections: how they are made, and when they are fit to be used again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, PgConnection, Row};

use crate::error::Error;
use crate::leader::Leader;

/// Connections that rested longer are asked whether they still work, before they are used.
const REST: Duration = Duration::from_secs(30);

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writes, and reads on which writes rest: a server that takes writes.
    Primary,
    /// Reads that may be a little late: any server.
    Replica,
}

/// The settings of a session; none of its statements may run or wait longer.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) purpose: Purpose,
    pub(crate) schema: String,
    pub(crate) statement_timeout: Duration,
    pub(crate) lock_timeout: Duration,
    /// For making one connection, however many servers there are to try.
    pub(crate) connect_timeout: Duration,
}

/// A connection, and whether it can be trusted.
pub(crate) struct Connection {
    pub(crate) raw: PgConnection,
    /// A statement is on its way; if nobody waits for its answer any more, so is the answer.
    pub(crate) busy: bool,
    used: Instant,
    epoch: u64,
}

impl Connection {
    pub(crate) fn rest(&mut self) {
        self.busy = false;
        self.used = Instant::now();
    }
}

/// Makes connections of one kind.
pub(crate) struct Servers {
    endpoints: Vec<PgConnectOptions>,
    session: Session,
    leader: Leader,
    /// Grows when a connection is lost; those that are older are not used again.
    epoch: AtomicU64,
}

impl Servers {
    pub(crate) fn new(endpoints: Vec<PgConnectOptions>, session: Session) -> Self {
        Self {
            endpoints,
            session,
            leader: Leader::default(),
            epoch: AtomicU64::new(0),
        }
    }

    /// How long a statement takes at most on a server that is well.
    pub(crate) const fn answers_within(&self) -> Duration {
        self.session.statement_timeout
    }

    /// A connection was lost, and with it probably all that exist: they are made anew.
    pub(crate) fn distrust(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Connects to a server that fits: of several that take writes, to the one that leads.
    pub(crate) async fn connect(&self) -> Result<PgConnection, Error> {
        if !self.may_be_replaced() {
            return self.connect_in_order().await;
        }
        let (endpoints, session) = (&self.endpoints, &self.session);
        let attempts = endpoints.iter().map(|endpoint| open(endpoint, session));
        let (connection, is_new) = self.leader.among(attempts, session.connect_timeout).await?;
        if is_new {
            self.distrust();
        }
        Ok(connection)
    }

    async fn connect_in_order(&self) -> Result<PgConnection, Error> {
        let mut last = Error::Address;
        let count = u32::try_from(self.endpoints.len()).unwrap_or(1).max(1);
        let patience = self.session.connect_timeout / count;
        for endpoint in &self.endpoints {
            let attempt = open(endpoint, &self.session);
            match tokio::time::timeout(patience, attempt).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => last = error,
                Err(_) => last = Error::Slow,
            }
        }
        Err(last)
    }

    /// Whether another server may take over from the one that is written to.
    const fn may_be_replaced(&self) -> bool {
        matches!(self.session.purpose, Purpose::Primary) && self.endpoints.len() > 1
    }

    /// Now and then looks who leads; a connection to whoever that is.
    async fn look(&self) -> Option<PgConnection> {
        if !self.may_be_replaced() || !self.leader.is_time_to_look() {
            return None;
        }
        let patience = self.session.connect_timeout / 2;
        tokio::time::timeout(patience, self.connect())
            .await
            .ok()?
            .ok()
    }
}

async fn open(endpoint: &PgConnectOptions, session: &Session) -> Result<PgConnection, Error> {
    let mut connection = endpoint.connect().await.map_err(Error::Unreachable)?;
    // Asked for, rather than sent with the login, because pools between us and the server refuse
    // settings there. Every statement has an index to go by, whatever is known of the tables: a page
    // never reads all tickets because statistics are old. No plan is better for some values than
    // for others, so each statement is planned once. A server that answers before its disk
    // has it is told to wait.
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::integer, \
         pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean, \
         set_config('search_path', $1, false), \
         set_config('statement_timeout', $2, false), \
         set_config('lock_timeout', $3, false), \
         set_config('idle_in_transaction_session_timeout', '10s', false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('jit', 'off', false), \
         set_config('enable_seqscan', 'off', false), \
         set_config('plan_cache_mode', 'force_generic_plan', false), \
         set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
             WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false), \
         current_setting('server_encoding') = 'UTF8' AS holds_all_texts",
    )
    .bind(&session.schema)
    .bind(session.statement_timeout.as_millis().to_string())
    .bind(session.lock_timeout.as_millis().to_string())
    .persistent(false)
    .fetch_one(&mut connection)
    .await
    .map_err(Error::Unreachable)?;
    let version: i32 = row.try_get(0)?;
    if version < 130_000 {
        return Err(Error::OldServer);
    }
    if !row.try_get::<bool, _>("holds_all_texts")? {
        return Err(Error::Encoding);
    }
    if session.purpose == Purpose::Primary && row.try_get(1)? {
        return Err(Error::Standby);
    }
    Ok(connection)
}

impl Manager for Servers {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        let epoch = self.epoch.load(Ordering::Relaxed);
        Ok(Connection {
            raw: self.connect().await?,
            busy: false,
            used: Instant::now(),
            epoch,
        })
    }

    async fn recycle(&self, own: &mut Connection, _: &Metrics) -> RecycleResult<Error> {
        if own.busy || own.epoch != self.epoch.load(Ordering::Relaxed) {
            return Err(RecycleError::message("not to be trusted"));
        }
        if let Some(raw) = self.look().await {
            own.raw = raw;
            own.epoch = self.epoch.load(Ordering::Relaxed);
            own.rest();
        }
        if own.used.elapsed() < REST {
            return Ok(());
        }
        let ping = tokio::time::timeout(self.session.connect_timeout, own.raw.ping());
        match ping.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                self.distrust();
                Err(RecycleError::message("gone"))
            }
        }
    }
}
