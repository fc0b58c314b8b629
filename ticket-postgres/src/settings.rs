//! The settings: one value.

use async_trait::async_trait;
use sqlx::Row;
use ticket_core::port::{SettingsStore, StoreError, StoredSettings};
use ticket_core::settings::Settings;
use ticket_core::value::Version;

use crate::error::Error;
use crate::row::{from_column, from_json, to_column, to_json};
use crate::store::PostgresTenant;

#[async_trait]
impl SettingsStore for PostgresTenant {
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError> {
        let asked = sqlx::query("SELECT generation, json FROM settings WHERE tenant = $1");
        let row = self.primary().read_first(asked.bind(self.id())).await?;
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
        Ok(self.generation().await?)
    }

    async fn save_settings(&self, seen: u64, settings: &Settings) -> Result<u64, StoreError> {
        // The first save inserts, later ones change what the caller saw; of callers who saw the
        // same, one does.
        let sql = if seen == 0 {
            "INSERT INTO settings (tenant, generation, json) SELECT $1, $2 + 1, $3 \
             ON CONFLICT DO NOTHING"
        } else {
            "UPDATE settings SET generation = $2 + 1, json = $3 \
             WHERE tenant = $1 AND generation = $2"
        };
        let save = sqlx::query(sql)
            .bind(self.id())
            .bind(to_column("a generation", seen).unwrap_or(-1))
            .bind(to_json("the settings", settings)?);
        if self.primary().execute(save).await? == 1 {
            return Ok(seen.saturating_add(1));
        }
        Err(StoreError::Conflict {
            current: Version::new(self.generation().await?),
        })
    }
}

impl PostgresTenant {
    async fn generation(&self) -> Result<u64, Error> {
        let asked = sqlx::query("SELECT generation FROM settings WHERE tenant = $1");
        let row = self.primary().read_first(asked.bind(self.id())).await?;
        let stored: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
        from_column("a generation", stored)
    }
}
