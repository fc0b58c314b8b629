//! The schema and its versions: numbered, forward only, embedded.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr, SqliteConnection};

use crate::error::Error;
use crate::writer::Work;

/// The table in which the file remembers its schema.
const TABLE: &str = "_ticket_migrations";

/// All migrations, in order: number, name, statements.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (1, "desk", include_str!("../migrations/0001_desk.sql")),
    (
        20,
        "webhooks",
        include_str!("../migrations/0020_webhooks.sql"),
    ),
];

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
    migrator
}

/// Brings the schema up to date, under the write lock of the file: of several programs that
/// start at once, one does it and the others find it done.
///
/// Boxed, since the compiler can't see that the driver's generic future may be sent.
pub(crate) fn migrate(connection: &mut SqliteConnection) -> Work<'_, ()> {
    Box::pin(async move {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        migrator()
            .run_direct(None, &mut *transaction, false)
            .await?;
        transaction.commit().await?;
        Ok(())
    })
}

/// The migrations that the file lacks, by number and name.
pub(crate) async fn pending(
    connection: &mut SqliteConnection,
) -> Result<Vec<(i64, &'static str)>, Error> {
    let has_table: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)",
    )
    .bind(TABLE)
    .fetch_one(&mut *connection)
    .await?;
    let applied: BTreeSet<i64> = if has_table {
        let applied = connection.list_applied_migrations(TABLE).await?;
        applied.iter().map(|migration| migration.version).collect()
    } else {
        BTreeSet::new()
    };
    if let Some(unknown) = applied.iter().find(|number| **number > newest()) {
        return Err(sqlx::migrate::MigrateError::VersionMissing(*unknown).into());
    }
    let known = MIGRATIONS.iter().map(|(number, name, _)| (*number, *name));
    Ok(known
        .filter(|(number, _)| !applied.contains(number))
        .collect())
}
