//! Settings, cached.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use ticket_core::port::{SettingsStore, StoreError, StoredSettings};
use ticket_core::settings::Settings;

use super::Cached;
use super::shelf::{Found, Look};

/// Parts of the one entry.
const GENERATION: &str = "generation";
const WHOLE: &str = "whole";

/// Settings as they lie in the cache.
#[derive(Serialize, Deserialize)]
struct Kept {
    generation: u64,
    settings: Settings,
}

impl<T: ?Sized> Cached<T> {
    fn settings_key(&self) -> String {
        self.shelf.key("settings", "")
    }
}

#[async_trait]
impl<T: SettingsStore + ?Sized> SettingsStore for Cached<T> {
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError> {
        let keys = [self.settings_key()];
        let mut look: Look<Kept> = self.shelf.look(&keys, WHOLE).await;
        let found = look.found.pop();
        if let Some(Found::Entry(Kept {
            generation,
            settings,
        })) = found
        {
            return Ok(Some(StoredSettings {
                generation,
                settings,
            }));
        }
        let stored = self.inner.settings().await?;
        if let (Some(Found::Fill), Some(stored)) = (found, &stored) {
            let kept = Kept {
                generation: stored.generation,
                settings: stored.settings.clone(),
            };
            let [key] = keys;
            self.shelf.fill(&look, WHOLE, &[(key, &kept)]).await;
        }
        Ok(stored)
    }

    async fn settings_generation(&self) -> Result<u64, StoreError> {
        let keys = [self.settings_key()];
        let mut look: Look<u64> = self.shelf.look(&keys, GENERATION).await;
        let found = look.found.pop();
        if let Some(Found::Entry(generation)) = found {
            return Ok(generation);
        }
        let generation = self.inner.settings_generation().await?;
        if matches!(found, Some(Found::Fill)) {
            let [key] = keys;
            self.shelf
                .fill(&look, GENERATION, &[(key, &generation)])
                .await;
        }
        Ok(generation)
    }

    async fn save_settings(&self, seen: u64, settings: &Settings) -> Result<u64, StoreError> {
        let change = self.shelf.change(vec![self.settings_key()]);
        let saved = self.inner.save_settings(seen, settings).await;
        change.over().await;
        saved
    }
}
