//! The settings: one value.

use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};
use ticket_core::port::{SettingsStore, StoreError, StoredSettings};
use ticket_core::settings::Settings;
use ticket_core::value::Version;

use crate::error::Error;
use crate::row::{from_column, from_json, to_column, to_json};
use crate::store::SqliteTenant;

#[async_trait]
impl SettingsStore for SqliteTenant {
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError> {
        let mut reader = self.reader().await?;
        let row = sqlx::query("SELECT generation, json FROM settings WHERE tenant = ?")
            .bind(self.id())
            .fetch_optional(&mut *reader)
            .await
            .map_err(Error::from)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let generation = row.try_get(0).map_err(Error::from)?;
        Ok(Some(StoredSettings {
            generation: from_column("a generation", generation)?,
            settings: from_json("the settings", row.try_get(1).map_err(Error::from)?)?,
        }))
    }

    async fn settings_generation(&self) -> Result<u64, StoreError> {
        let mut reader = self.reader().await?;
        Ok(generation(&mut reader, self.id()).await?)
    }

    async fn save_settings(&self, seen: u64, settings: &Settings) -> Result<u64, StoreError> {
        let tenant = self.id();
        let json = to_json("the settings", settings)?;
        Ok(self
            .write(move |connection| Box::pin(save(connection, tenant, seen, json)))
            .await?)
    }
}

async fn generation(connection: &mut SqliteConnection, tenant: i64) -> Result<u64, Error> {
    let stored: Option<i64> =
        sqlx::query_scalar("SELECT generation FROM settings WHERE tenant = ?")
            .bind(tenant)
            .fetch_optional(connection)
            .await?;
    from_column("a generation", stored.unwrap_or(0))
}

async fn save(
    connection: &mut SqliteConnection,
    tenant: i64,
    seen: u64,
    json: String,
) -> Result<u64, Error> {
    let stored = generation(connection, tenant).await?;
    if stored != seen {
        let current = Version::new(stored);
        return Err(StoreError::Conflict { current }.into());
    }
    let next = stored.saturating_add(1);
    sqlx::query(
        "INSERT INTO settings (tenant, generation, json) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET generation = excluded.generation, json = excluded.json",
    )
    .bind(tenant)
    .bind(to_column("a generation", next)?)
    .bind(json)
    .execute(connection)
    .await?;
    Ok(next)
}
