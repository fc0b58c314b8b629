//! Where a desk is kept.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::port::{Directory, Reference, Store};
use ticket_core::value::{TenantId, TicketNumber};
use ticket_postgres::{PostgresOptions, PostgresStore, PostgresTenant};
use ticket_sqlite::{SqliteStore, SqliteTenant};
use url::Url;

use crate::Import;
use crate::fill::written_last;

/// The file in a folder of `ticketd`.
const FILE: &str = "ticketd.db";
/// The schema that the store makes in its database.
pub(crate) const SCHEMA: &str = "ticket";
/// How long a call may take while the store is filled.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a desk of some size is kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a file in a folder.
    Sqlite {
        /// The folder, which is also that of the server.
        folder: PathBuf,
    },
    /// In a PostgreSQL database of its own.
    Postgres {
        /// A database of the server, in which nothing is touched.
        server: Url,
        /// The name of the desk's database.
        database: String,
        /// The folder of the server.
        folder: PathBuf,
    },
}

/// An open store of a desk.
#[derive(Debug)]
pub enum Opened {
    /// A file.
    Sqlite(Box<SqliteStore>, Box<SqliteTenant>),
    /// A database.
    Postgres(PostgresStore, PostgresTenant),
}

impl Place {
    /// Opens the store, and makes it when it is missing.
    ///
    /// # Errors
    /// When it can't be opened.
    pub async fn open(&self) -> Result<Opened> {
        fs::create_dir_all(self.folder())?;
        match self {
            Self::Sqlite { folder } => {
                let store = SqliteStore::open(folder.join(FILE)).await?;
                let tenant = store.tenant(TenantId::default());
                Ok(Opened::Sqlite(Box::new(store), Box::new(tenant)))
            }
            Self::Postgres {
                server, database, ..
            } => {
                let mut connection = PgConnection::connect(server.as_str()).await?;
                let found: Option<i32> =
                    sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1")
                        .bind(database)
                        .fetch_optional(&mut connection)
                        .await?;
                if found.is_none() {
                    let create = AssertSqlSafe(format!("CREATE DATABASE {database}"));
                    sqlx::raw_sql(create).execute(&mut connection).await?;
                }
                let url = self.url()?;
                let options = PostgresOptions::new(url.as_str()).deadline(PATIENCE);
                let store = options.connect().await?;
                let tenant = store.tenant(TenantId::default());
                Ok(Opened::Postgres(store, tenant))
            }
        }
    }

    /// The folder of the server.
    pub const fn folder(&self) -> &PathBuf {
        match self {
            Self::Sqlite { folder } | Self::Postgres { folder, .. } => folder,
        }
    }

    /// What the server must be told to find the store, besides its folder.
    ///
    /// # Errors
    /// When the address of the database can't be changed.
    pub fn environment(&self) -> Result<Vec<(&'static str, String)>> {
        match self {
            Self::Sqlite { .. } => Ok(Vec::new()),
            Self::Postgres { .. } => Ok(vec![("DATABASE_URL", self.url()?.to_string())]),
        }
    }

    /// The same, through a port of this machine.
    ///
    /// # Errors
    /// When the store has no server.
    pub fn environment_through(&self, port: u16) -> Result<Vec<(&'static str, String)>> {
        let mut url = self.url()?;
        let changed = url.set_host(Some("127.0.0.1")).is_ok() && url.set_port(Some(port)).is_ok();
        ensure!(changed, "the address of the database can't be changed");
        Ok(vec![("DATABASE_URL", url.to_string())])
    }

    /// The address of the desk's database.
    ///
    /// # Errors
    /// When the store has no server.
    pub fn url(&self) -> Result<Url> {
        match self {
            Self::Sqlite { .. } => bail!("a file has no server"),
            Self::Postgres {
                server, database, ..
            } => {
                let mut url = server.clone();
                url.set_path(database);
                Ok(url)
            }
        }
    }

    /// The host and port of the database.
    ///
    /// # Errors
    /// When the store has no server, or it is not reached by TCP.
    pub fn database_address(&self) -> Result<String> {
        let url = self.url()?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.context("DATABASE_URL must name a host, to be listened to")?;
        Ok(format!("{host}:{}", url.port().unwrap_or(5432)))
    }

    /// The desk's database, for sessions that are set as those of the store are.
    ///
    /// # Errors
    /// When the store has no server.
    pub fn url_with_schema(&self) -> Result<String> {
        let mut url = self.url()?;
        // Written out: pgbench takes no + for a space.
        let set = [
            "jit%3Doff",
            "enable_seqscan%3Doff",
            "plan_cache_mode%3Dforce_generic_plan",
        ];
        let set: String = set.iter().map(|own| format!("%20-c{own}")).collect();
        let options = format!("options=-csearch_path%3D{SCHEMA}{set}");
        let query = url.query().map(|query| format!("{query}&{options}"));
        url.set_query(Some(&query.unwrap_or(options)));
        Ok(url.to_string())
    }

    /// Lets an empty store be filled fast: indexes are left out until [`settle`](Self::settle)
    /// makes them of all rows at once.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn loosen(&self) -> Result<()> {
        if let Self::Sqlite { .. } = self {
            return Ok(());
        }
        let mut connection = PgConnection::connect(&self.url_with_schema()?).await?;
        // Constraints keep theirs, and so do people: what writes them looks for them first.
        sqlx::raw_sql(
            "CREATE TABLE left_out (name text, definition text); \
             INSERT INTO left_out SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) \
             FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
             WHERE relnamespace = current_schema()::regnamespace AND NOT indisunique \
             AND indrelid::regclass::text NOT IN ('addresses', 'members', 'people')",
        )
        .execute(&mut connection)
        .await?;
        let names: Vec<String> = sqlx::query_scalar("SELECT name FROM left_out")
            .fetch_all(&mut connection)
            .await?;
        for name in names {
            let drop = AssertSqlSafe(format!("DROP INDEX {name}"));
            sqlx::raw_sql(drop).execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// Makes a filled store as good as one that grew slowly: planner and garbage are up to date.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn settle(&self) -> Result<()> {
        match self {
            Self::Sqlite { .. } => Ok(()),
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url_with_schema()?).await?;
                sqlx::raw_sql("SET maintenance_work_mem = '1GB'")
                    .execute(&mut connection)
                    .await?;
                let definitions: Vec<String> =
                    sqlx::query_scalar("SELECT definition FROM left_out")
                        .fetch_all(&mut connection)
                        .await?;
                for definition in definitions {
                    sqlx::raw_sql(AssertSqlSafe(definition))
                        .execute(&mut connection)
                        .await?;
                }
                sqlx::raw_sql("DROP TABLE left_out")
                    .execute(&mut connection)
                    .await?;
                let tables: Vec<String> = sqlx::query_scalar(
                    "SELECT format('%I', relname) FROM pg_stat_user_tables \
                     WHERE schemaname = current_schema()",
                )
                .fetch_all(&mut connection)
                .await?;
                for table in tables {
                    let vacuum = AssertSqlSafe(format!("VACUUM (ANALYZE) {table}"));
                    sqlx::raw_sql(vacuum).execute(&mut connection).await?;
                }
                sqlx::raw_sql("CHECKPOINT").execute(&mut connection).await?;
                Ok(connection.close().await?)
            }
        }
    }

    /// What the store takes on the disk, in bytes.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn bytes(&self) -> Result<u64> {
        match self {
            Self::Sqlite { folder } => Ok(fs::metadata(folder.join(FILE))?.len()),
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url_with_schema()?).await?;
                let bytes: i64 = sqlx::query_scalar(
                    "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint \
                     FROM pg_stat_user_tables WHERE schemaname = current_schema()",
                )
                .fetch_one(&mut connection)
                .await?;
                Ok(bytes.unsigned_abs())
            }
        }
    }

    /// Removes the store.
    ///
    /// # Errors
    /// When it can't be removed.
    pub async fn remove(&self) -> Result<()> {
        match self {
            Self::Sqlite { folder } => {
                for end in ["", "-wal", "-shm"] {
                    let path = folder.join(format!("{FILE}{end}"));
                    if path.exists() {
                        fs::remove_file(&path)?;
                    }
                }
            }
            Self::Postgres {
                server, database, ..
            } => {
                let mut connection = PgConnection::connect(server.as_str()).await?;
                let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {database}"));
                sqlx::raw_sql(drop).execute(&mut connection).await?;
            }
        }
        Ok(())
    }
}

impl Opened {
    /// A desk over the store.
    pub fn desk(&self) -> Desk {
        let (store, people): (Arc<dyn Store>, Arc<dyn Directory>) = match self {
            Self::Sqlite(_, tenant) => (Arc::new((**tenant).clone()), Arc::new((**tenant).clone())),
            Self::Postgres(_, tenant) => (Arc::new(tenant.clone()), Arc::new(tenant.clone())),
        };
        Desk::builder(store, people, SigningKey::new([7; 32])).build()
    }

    /// What fills the store.
    pub const fn import(&self) -> &dyn Import {
        match self {
            Self::Sqlite(_, tenant) => &**tenant,
            Self::Postgres(_, tenant) => tenant,
        }
    }

    /// Whether the store was filled with so many tickets before.
    ///
    /// # Errors
    /// When the store fails, or the filling was not finished.
    pub async fn is_filled(&self, tickets: usize) -> Result<bool> {
        if self.import().settings_generation().await? == 0 {
            return Ok(false);
        }
        let last = TicketNumber::new(written_last(tickets) as u64)?;
        let last = Reference::Number(last);
        let found = self.desk().store().load(&[last]).await?;
        if found.into_iter().next().context("an answer")?.is_none() {
            bail!("the store was not filled to the end; run with --fresh to begin anew");
        }
        Ok(true)
    }

    /// Closes the store.
    pub async fn close(self) {
        match self {
            Self::Sqlite(store, tenant) => {
                drop(tenant);
                store.close().await;
            }
            Self::Postgres(store, tenant) => {
                drop(tenant);
                store.close().await;
            }
        }
    }
}
