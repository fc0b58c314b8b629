//! What can go wrong at the desk: a refusal, or a fault of a store.

use crate::port::StoreError;
use crate::refusal::Refusal;
use crate::settings::SettingsProblem;

/// Why the desk did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The domain says no: an answer, not a fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored settings don't hold together.
    #[error("the stored settings are wrong: {}", first(.0))]
    Settings(Vec<SettingsProblem>),
}

impl DeskError {
    /// The refusal, if it is one.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Store(_) | Self::Settings(_) => None,
        }
    }
}

impl From<crate::value::Invalid> for DeskError {
    fn from(invalid: crate::value::Invalid) -> Self {
        Self::Refused(invalid.into())
    }
}

impl From<crate::authority::Denial> for DeskError {
    fn from(denial: crate::authority::Denial) -> Self {
        Self::Refused(denial.into())
    }
}

fn first(problems: &[SettingsProblem]) -> String {
    problems
        .first()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// What a commit of a plan came to.
pub(super) enum Committed {
    /// It is written.
    Done(crate::plan::Receipt),
    /// Somebody else wrote first.
    Conflict(crate::value::Version),
}
