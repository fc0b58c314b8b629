//! The settings.

use async_trait::async_trait;

use super::StoreError;
use crate::settings::Settings;

/// Settings as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSettings {
    /// Grows by one with each save, from 1.
    pub generation: u64,
    /// The settings.
    pub settings: Settings,
}

/// The settings: one value, read often, saved by compare-and-swap.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// The settings, or none when none were saved yet.
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError>;

    /// The generation of the settings, 0 when none were saved yet; cheap enough to ask often.
    async fn settings_generation(&self) -> Result<u64, StoreError>;

    /// Saves settings over the generation that the caller saw (0: none), and answers the new one.
    ///
    /// # Errors
    /// `Conflict` when another generation is stored.
    async fn save_settings(&self, seen: u64, settings: &Settings) -> Result<u64, StoreError>;
}
