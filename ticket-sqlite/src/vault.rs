//! Sealed secrets.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ticket_core::port::{Sealed, StoreError, Vault};
use ticket_core::value::Version;

use crate::error::Error;
use crate::row::{from_column, to_column, to_json};
use crate::store::SqliteTenant;

#[async_trait]
impl Vault for SqliteTenant {
    async fn sealed(&self, names: &[String]) -> Result<Vec<Sealed>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = sqlx::query(
            "SELECT name, generation, bytes FROM sealed \
             WHERE tenant = ? AND name IN (SELECT value FROM json_each(?))",
        )
        .bind(self.id())
        .bind(to_json("names", &names)?)
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let sealed: Result<_, Error> = rows.iter().map(sealed).collect();
        Ok(sealed?)
    }

    async fn seal(&self, name: &str, seen: u64, bytes: &[u8]) -> Result<u64, StoreError> {
        let (tenant, name, bytes) = (self.id(), name.to_owned(), bytes.to_vec());
        Ok(self
            .write(move |connection| Box::pin(seal(connection, (tenant, name), seen, bytes)))
            .await?)
    }

    async fn forget_sealed(&self, name: &str) -> Result<bool, StoreError> {
        let (tenant, name) = (self.id(), name.to_owned());
        Ok(self
            .write(move |connection| Box::pin(forget(connection, tenant, name)))
            .await?)
    }
}

fn sealed(row: &SqliteRow) -> Result<Sealed, Error> {
    Ok(Sealed {
        name: row.try_get("name")?,
        generation: from_column("a generation", row.try_get("generation")?)?,
        bytes: row.try_get("bytes")?,
    })
}

async fn seal(
    connection: &mut SqliteConnection,
    (tenant, name): (i64, String),
    seen: u64,
    bytes: Vec<u8>,
) -> Result<u64, Error> {
    let stored: Option<i64> =
        sqlx::query_scalar("SELECT generation FROM sealed WHERE tenant = ? AND name = ?")
            .bind(tenant)
            .bind(&name)
            .fetch_optional(&mut *connection)
            .await?;
    let stored = from_column("a generation", stored.unwrap_or(0))?;
    if stored != seen {
        let current = Version::new(stored);
        return Err(StoreError::Conflict { current }.into());
    }
    let next = stored.saturating_add(1);
    sqlx::query(
        "INSERT INTO sealed (tenant, name, generation, bytes) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET generation = excluded.generation, bytes = excluded.bytes",
    )
    .bind(tenant)
    .bind(name)
    .bind(to_column("a generation", next)?)
    .bind(bytes)
    .execute(connection)
    .await?;
    Ok(next)
}

async fn forget(
    connection: &mut SqliteConnection,
    tenant: i64,
    name: String,
) -> Result<bool, Error> {
    let forgotten = sqlx::query("DELETE FROM sealed WHERE tenant = ? AND name = ?")
        .bind(tenant)
        .bind(name)
        .execute(connection)
        .await?;
    Ok(forgotten.rows_affected() == 1)
}
