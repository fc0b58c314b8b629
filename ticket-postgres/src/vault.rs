//! Sealed secrets.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::port::{Sealed, StoreError, Vault};
use ticket_core::value::Version;

use crate::error::Error;
use crate::row::{from_column, to_column};
use crate::store::PostgresTenant;

#[async_trait]
impl Vault for PostgresTenant {
    async fn sealed(&self, names: &[String]) -> Result<Vec<Sealed>, StoreError> {
        let asked = sqlx::query(
            "SELECT name, generation, bytes FROM sealed WHERE tenant = $1 AND name = ANY ($2)",
        );
        let rows = self.primary().read(asked.bind(self.id()).bind(names));
        let sealed: Result<_, Error> = rows.await?.iter().map(sealed).collect();
        Ok(sealed?)
    }

    async fn seal(&self, name: &str, seen: u64, bytes: &[u8]) -> Result<u64, StoreError> {
        // The first insert wins, and later ones change what the caller saw.
        let sql = if seen == 0 {
            "INSERT INTO sealed (tenant, name, generation, bytes) VALUES ($1, $2, $3 + 1, $4) \
             ON CONFLICT DO NOTHING"
        } else {
            "UPDATE sealed SET generation = $3 + 1, bytes = $4 \
             WHERE tenant = $1 AND name = $2 AND generation = $3"
        };
        let seal = sqlx::query(sql)
            .bind(self.id())
            .bind(name)
            .bind(to_column("a generation", seen).unwrap_or(-1))
            .bind(bytes);
        if self.primary().execute(seal).await? == 1 {
            return Ok(seen.saturating_add(1));
        }
        let stored = self.sealed(&[name.to_owned()]).await?;
        let current = stored.first().map_or(0, |sealed| sealed.generation);
        Err(StoreError::Conflict {
            current: Version::new(current),
        })
    }

    async fn forget_sealed(&self, name: &str) -> Result<bool, StoreError> {
        let forget = sqlx::query("DELETE FROM sealed WHERE tenant = $1 AND name = $2");
        let forget = forget.bind(self.id()).bind(name);
        Ok(self.primary().execute(forget).await? == 1)
    }
}

fn sealed(row: &PgRow) -> Result<Sealed, Error> {
    Ok(Sealed {
        name: row.try_get("name")?,
        generation: from_column("a generation", row.try_get("generation")?)?,
        bytes: row.try_get("bytes")?,
    })
}
