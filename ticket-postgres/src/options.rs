//! How a database is reached.

use std::fmt;
use std::time::Duration;

use ticket_core::port::StoreError;

use crate::connection::{Purpose, Servers, Session};
use crate::endpoint::endpoints;
use crate::error::Error;
use crate::pool::{Limits, Pool};
use crate::replica::Replicas;
use crate::search::{Bounds, Search};
use crate::store::PostgresStore;
use crate::text::Language;

/// How long a walk over everything, or a step of a migration, may take.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// The answer of the server comes before the caller's patience ends, so that the connection can
/// be used again.
const AHEAD: Duration = Duration::from_millis(200);

/// How a database is reached; the defaults fit a server.
#[derive(Clone)]
pub struct PostgresOptions {
    url: String,
    schema: String,
    connections: usize,
    wait: Duration,
    deadline: Duration,
    replicas: Vec<String>,
    search: Search,
}

impl fmt::Debug for PostgresOptions {
    /// Leaves out the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .field("wait", &self.wait)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// A database by its URL, `postgres://user:password@host:5432/database?sslmode=verify-full`.
    ///
    /// Several hosts, `host1:5432,host2:5432`, are a primary and its standbys: the one that takes
    /// writes is used, and of several that do, the one that was promoted last.
    /// By default: the schema `ticket`, 16 connections, 1 second of patience for a free one and 2
    /// seconds for a statement with everything.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            schema: "ticket".to_owned(),
            connections: 16,
            wait: Duration::from_secs(1),
            deadline: Duration::from_secs(2),
            replicas: Vec::new(),
            search: Search::DEFAULT,
        }
    }

    /// The schema that holds our tables, apart from those of others; made when it is missing.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// How many connections are open at most, at least 1.
    #[must_use]
    pub const fn connections(mut self, connections: usize) -> Self {
        self.connections = if connections == 0 { 1 } else { connections };
        self
    }

    /// How long a caller waits for a free connection before it is told `Unavailable`.
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// How long a call may take, with everything, before it is told `Unavailable`.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// A standby that lists and searches may be read from, by its URL; several by several calls.
    ///
    /// Callers read their own writes all the same, and a standby that is late or gone fails nobody:
    /// the primary answers instead. What a decision rests on is always read from the primary.
    #[must_use]
    pub fn replica(mut self, url: impl Into<String>) -> Self {
        self.replicas.push(url.into());
        self
    }

    /// The language by which words are reduced to their stems, so that other forms of a word are
    /// found too; [`Language::None`] by default.
    ///
    /// The first store that opens a database decides; one with another language refuses it, until
    /// [`Self::rebuild_search`] made the index anew.
    #[must_use]
    pub const fn language(mut self, language: Language) -> Self {
        self.search.language = language;
        self
    }

    /// Up to how many tickets a list is short: 0 makes tests go the way of long ones.
    #[doc(hidden)]
    #[must_use]
    pub const fn short_lists(mut self, tickets: i64) -> Self {
        self.search.bounds = Bounds::all(tickets);
        self
    }

    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// `Unavailable` when no server that takes writes can be reached; `Backend` when the URL can't
    /// be read, the server is too old, the database is not in UTF8 or its search index made for
    /// another language, or a newer version of this program made the schema.
    pub async fn connect(&self) -> Result<PostgresStore, StoreError> {
        let store = self.store()?;
        // On the heap, so that callers' futures stay small.
        Box::pin(store.migrate()).await?;
        Ok(store)
    }

    /// Makes the search index of all tenants anew for the [language](Self::language) that is set.
    ///
    /// Stop all programs that use the database before: what they write meanwhile could be missed.
    /// It takes some minutes for a million tickets; after a failure, do it again.
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    pub async fn rebuild_search(&self) -> Result<(), StoreError> {
        let store = self.store()?;
        Box::pin(store.bring_up_to_date()).await?;
        let rebuilt = Box::pin(store.rebuild_search()).await;
        store.close().await;
        Ok(rebuilt?)
    }

    /// Connects to a database as it is. Nothing works on it until its schema is up to date: see
    /// [`PostgresStore::pending_migrations`] and [`PostgresStore::migrate`].
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    pub async fn connect_without_migrating(&self) -> Result<PostgresStore, StoreError> {
        let store = self.store()?;
        Box::pin(store.check_language()).await?;
        Ok(store)
    }

    fn store(&self) -> Result<PostgresStore, Error> {
        if !is_schema_name(&self.schema) {
            return Err(Error::SchemaName);
        }
        let quick = Limits {
            connections: self.connections,
            wait: self.wait,
            deadline: self.deadline,
        };
        let patient = Limits {
            connections: 2,
            wait: PATIENCE,
            deadline: PATIENCE,
        };
        Ok(PostgresStore::new(
            Pool::new(self.servers(Purpose::Primary, quick.deadline)?, quick)?,
            Pool::new(self.servers(Purpose::Primary, PATIENCE)?, patient)?,
            self.replicas()?,
            self.search,
        ))
    }

    /// Standbys have a part of the deadline, so that the primary can answer when they do not.
    fn replicas(&self) -> Result<Replicas, Error> {
        let part = Limits {
            connections: self.connections,
            wait: self.wait / 4,
            deadline: self.deadline / 4,
        };
        let pool = |url: &String| {
            let servers = self.servers_at(url, Purpose::Replica, part.deadline)?;
            Pool::new(servers, part)
        };
        let pools: Result<_, Error> = self.replicas.iter().map(pool).collect();
        Ok(Replicas::new(pools?))
    }

    fn servers(&self, purpose: Purpose, deadline: Duration) -> Result<Servers, Error> {
        self.servers_at(&self.url, purpose, deadline)
    }

    fn servers_at(
        &self,
        url: &str,
        purpose: Purpose,
        deadline: Duration,
    ) -> Result<Servers, Error> {
        let ahead = AHEAD.min(deadline / 2);
        let session = Session {
            purpose,
            schema: self.schema.clone(),
            statement_timeout: deadline.saturating_sub(ahead),
            lock_timeout: self.deadline / 2,
            connect_timeout: deadline.min(self.deadline) * 3 / 4,
        };
        Ok(Servers::new(endpoints(url)?, session))
    }
}

fn is_schema_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    begins && name.len() <= 63 && name.chars().all(fits)
}
