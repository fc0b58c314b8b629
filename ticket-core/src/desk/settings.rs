//! The settings in force, read from the store at most once a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Caller, Desk, DeskError};
use crate::authority::permit_settings;
use crate::port::StoredSettings;
use crate::settings::{CheckedSettings, Settings};
use crate::value::Timestamp;

/// How long settings are used before their generation is asked for again.
const FRESH: Duration = Duration::from_secs(1);

/// The settings that were read last.
#[derive(Default)]
pub(super) struct Cache(Mutex<Option<Cached>>);

#[derive(Clone)]
struct Cached {
    generation: u64,
    asked_at: Timestamp,
    settings: Arc<CheckedSettings>,
}

impl Desk {
    /// The settings in force: those stored, or the defaults while none are.
    ///
    /// Changes that another process saved are seen within a second.
    ///
    /// # Errors
    /// When the store fails, or what is stored does not hold together.
    pub async fn settings(&self) -> Result<Arc<CheckedSettings>, DeskError> {
        let now = self.ports.clock.now();
        let cached = self.cached();
        if let Some(cached) = &cached {
            let age_known = cached.asked_at <= now;
            if age_known && now < cached.asked_at.plus(FRESH) {
                return Ok(Arc::clone(&cached.settings));
            }
            let generation = self.ports.store.settings_generation().await?;
            if generation == cached.generation {
                self.remember(cached.generation, generation, &cached.settings);
                return Ok(Arc::clone(&cached.settings));
            }
        }
        let known = cached.map_or(0, |cached| cached.generation);
        let stored = self.ports.store.settings().await?;
        let StoredSettings {
            generation,
            settings,
        } = stored.unwrap_or_else(|| StoredSettings {
            generation: 0,
            settings: Settings::default(),
        });
        let checked = Arc::new(settings.check().map_err(DeskError::Settings)?);
        self.remember(known, generation, &checked);
        Ok(checked)
    }

    fn cached(&self) -> Option<Cached> {
        self.ports
            .settings
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps what was read, unless something newer was kept since `known` was.
    ///
    /// An older generation than `known` is kept: somebody restored a backup.
    fn remember(&self, known: u64, generation: u64, settings: &Arc<CheckedSettings>) {
        let asked_at = self.ports.clock.now();
        let mut cache = self
            .ports
            .settings
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = cache.as_ref().map_or(known, |cached| cached.generation);
        if generation >= kept || kept == known {
            *cache = Some(Cached {
                generation,
                asked_at,
                settings: Arc::clone(settings),
            });
        }
    }
}

impl Caller {
    /// Replaces the settings over the generation that the caller saw (0: none were stored), and
    /// answers the new generation.
    ///
    /// # Errors
    /// - Refused, when the caller is not an admin.
    /// - [`DeskError::Settings`], when they don't hold together.
    /// - A conflict, when another generation is stored.
    pub async fn save_settings(&self, seen: u64, settings: Settings) -> Result<u64, DeskError> {
        permit_settings(&self.actor)?;
        let checked = settings.check().map_err(DeskError::Settings)?;
        let generation = self
            .desk
            .ports
            .store
            .save_settings(seen, checked.settings())
            .await?;
        self.desk.remember(seen, generation, &Arc::new(checked));
        Ok(generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::SigningKey;
    use crate::memory::{MemoryDirectory, MemoryStore};

    fn named(name: &str) -> Arc<CheckedSettings> {
        let name = name.to_owned();
        let settings = Settings {
            name,
            ..Settings::default()
        };
        Arc::new(settings.check().expect("good settings"))
    }

    #[test]
    fn what_was_read_late_does_not_replace_what_is_newer() {
        let (store, people) = (MemoryStore::new(), MemoryDirectory::new());
        let key = SigningKey::new([7; 32]);
        let desk = Desk::builder(Arc::new(store), Arc::new(people), key).build();
        let kept = || desk.cached().map(|cached| cached.generation);
        desk.remember(0, 1, &named("first"));
        // Somebody saves while another still reads what was there before.
        desk.remember(1, 2, &named("second"));
        desk.remember(0, 1, &named("first"));
        assert_eq!(kept(), Some(2));
        // A restored backup is older than what was known, and true all the same.
        desk.remember(2, 1, &named("restored"));
        assert_eq!(kept(), Some(1));
    }
}
