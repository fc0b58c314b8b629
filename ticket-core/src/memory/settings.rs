//! The settings.

use async_trait::async_trait;

use super::MemoryStore;
use crate::port::{SettingsStore, StoreError, StoredSettings};
use crate::settings::Settings;
use crate::value::Version;

#[async_trait]
impl SettingsStore for MemoryStore {
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError> {
        Ok(self.records().settings.clone())
    }

    async fn settings_generation(&self) -> Result<u64, StoreError> {
        let records = self.records();
        Ok(records.settings.as_ref().map_or(0, |own| own.generation))
    }

    async fn save_settings(&self, seen: u64, settings: &Settings) -> Result<u64, StoreError> {
        let mut records = self.records();
        let stored = records.settings.as_ref().map_or(0, |own| own.generation);
        if stored != seen {
            return Err(StoreError::Conflict {
                current: Version::new(stored),
            });
        }
        let generation = stored.saturating_add(1);
        records.settings = Some(StoredSettings {
            generation,
            settings: settings.clone(),
        });
        Ok(generation)
    }
}
