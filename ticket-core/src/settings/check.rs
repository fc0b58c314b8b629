//! Checking settings when they are loaded.

use super::Settings;

/// What is wrong in the settings, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {detail}")]
pub struct SettingsProblem {
    /// The place, such as `queues[0].workflow`.
    pub place: String,
    /// What was found there and what is allowed.
    pub detail: String,
}

/// Settings that hold together; the only ones that the desk works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSettings(Settings);

impl Settings {
    /// Checks that the settings hold together.
    ///
    /// # Errors
    /// All problems that were found, each with its place.
    pub fn check(self) -> Result<CheckedSettings, Vec<SettingsProblem>> {
        Ok(CheckedSettings(self))
    }
}

impl CheckedSettings {
    /// The settings as written.
    pub const fn settings(&self) -> &Settings {
        &self.0
    }
}
