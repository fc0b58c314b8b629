//! A schema of a test's own.

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row};
use ticket_core::value::TenantId;
use ticket_postgres::{PostgresOptions, PostgresStore, PostgresTenant};
use uuid::Uuid;

/// A schema that nobody else uses, dropped with its last handle.
#[derive(Debug, Clone)]
pub(crate) struct World(Arc<Schema>);

#[derive(Debug)]
struct Schema {
    url: String,
    name: String,
}

impl World {
    /// A schema in the database of this run of tests; none when there is no database.
    pub(crate) fn new() -> Option<Self> {
        test_kit::database().map(Self::at)
    }

    /// A schema in this database.
    pub(crate) fn at(url: String) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        Self(Arc::new(Schema { url, name }))
    }

    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        self.options_at(&self.0.url)
    }

    /// Options that reach the schema by another way, such as a proxy.
    pub(crate) fn options_at(&self, url: &str) -> PostgresOptions {
        PostgresOptions::new(url)
            .schema(&self.0.name)
            .connections(4)
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        self.options().connect().await.expect("a store")
    }

    pub(crate) async fn desk(&self) -> PostgresTenant {
        self.store().await.tenant(TenantId::default())
    }

    /// A connection of somebody else to the schema.
    pub(crate) async fn other(&self) -> PgConnection {
        connect(&self.0.url, &self.0.name).await
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn run(&self, sql: &str) {
        run(&mut self.other().await, sql).await;
    }

    /// Asks for a number behind the store's back.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let row = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let row = row.fetch_one(&mut self.other().await).await.expect("a row");
        row.get(0)
    }
}

pub(crate) async fn run(connection: &mut PgConnection, sql: &str) {
    let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    statement.execute(connection).await.expect("run");
}

pub(crate) async fn connect(url: &str, schema: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let options = options.options([("search_path", schema)]);
    options.connect().await.expect("a connection")
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.name.clone());
        // A test's runtime may be over, or busy with dropping this.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = connect(&url, &name).await;
                let sql = format!(
                    "SET client_min_messages = error; DROP SCHEMA IF EXISTS {name} CASCADE"
                );
                run(&mut connection, &sql).await;
            });
        });
        // What can't be dropped, because its server is gone, went with the server.
        drop(dropping.join());
    }
}
