//! The schema and its versions: numbered, forward only, embedded.
//!
//! A step must be safe while the previous version of the program still works on the database. A
//! function that such a version calls is never changed: its successor has a new name.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use futures_util::future::BoxFuture;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{PgConnection, Row, SqlSafeStr};

use crate::error::{Error, Fate};
use crate::pool::Pool;

/// The table in which the database remembers its schema.
const TABLE: &str = "_ticket_migrations";

/// All migrations, in order: number, name, statements.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "desk", include_str!("../migrations/0001_desk.sql")),
    (
        2,
        "functions",
        include_str!("../migrations/0002_functions.sql"),
    ),
    (3, "marks", include_str!("../migrations/0003_marks.sql")),
    (4, "plans", include_str!("../migrations/0004_plans.sql")),
];

/// How often to ask again while somebody else migrates, or holds a lock that a step needs.
const PAUSE: Duration = Duration::from_millis(250);

/// How often at most: five minutes.
const PAUSES: usize = 1200;

/// The newest schema that this program knows.
pub(crate) const fn newest() -> i64 {
    MIGRATIONS[MIGRATIONS.len() - 1].0
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(number, name, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(
            *number,
            Cow::Borrowed(name),
            kind,
            sql.into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(TABLE);
    // The lock is ours: the driver's would make all schemas of the database wait for each other.
    migrator.set_locking(false);
    migrator
}

/// The migrations that the database lacks, by number and name.
pub(crate) async fn pending(pool: &Pool) -> Result<Vec<(i64, &'static str)>, Error> {
    let asked = sqlx::query("SELECT to_regclass($1) IS NOT NULL").bind(TABLE);
    let has_table = match pool.read_first(asked).await? {
        Some(row) => row.try_get(0)?,
        None => false,
    };
    let applied: BTreeSet<i64> = if has_table {
        let asked = sqlx::query("SELECT version FROM _ticket_migrations WHERE success");
        let rows = pool.read(asked).await?;
        rows.iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?
    } else {
        BTreeSet::new()
    };
    if let Some(unknown) = applied.iter().find(|number| **number > newest()) {
        return Err(MigrateError::VersionMissing(*unknown).into());
    }
    let known = MIGRATIONS.iter().map(|(number, name, _)| (*number, *name));
    Ok(known
        .filter(|(number, _)| !applied.contains(number))
        .collect())
}

/// Brings the schema up to date, under a lock: of several programs that start at once, one does
/// it and the others find it done. A step that would wait for others to let go of a table gives
/// way to them and tries again, rather than stop everybody who comes after.
pub(crate) async fn migrate(pool: &Pool) -> Result<(), Error> {
    let attempt = || attempt(pool);
    attempt
        .retry(
            ConstantBuilder::new()
                .with_delay(PAUSE)
                .with_max_times(PAUSES),
        )
        .when(|error| error.fate() == Fate::Repeatable)
        .await
}

/// Boxed, since the compiler can't see that the driver's generic future may be sent.
fn attempt(pool: &Pool) -> BoxFuture<'_, Result<(), Error>> {
    Box::pin(async move {
        let mut connection = pool.new_connection().await?;
        migrate_alone(&mut connection).await
    })
}

/// Does it now or not at all. The lock ends with the connection.
async fn migrate_alone(connection: &mut PgConnection) -> Result<(), Error> {
    // `lock_timeout` bounds the wait for this lock too.
    sqlx::query(
        "SELECT pg_advisory_lock(hashtextextended('ticket ' || current_setting('search_path'), 0))",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DO $$ BEGIN \
         EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', current_setting('search_path')); END $$",
    )
    .execute(&mut *connection)
    .await?;
    migrator().run_direct(None, connection, false).await?;
    Ok(())
}
