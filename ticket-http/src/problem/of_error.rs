//! From what the desk says to a problem: one match for each kind of error.

use std::time::Duration;

use ticket_core::authority::Denial;
use ticket_core::desk::DeskError;
use ticket_core::port::StoreError;
use ticket_core::refusal::Refusal;

use super::{Problem, ProblemKind};

/// When to try again, if the store does not say.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(refusal) => refusal.into(),
            DeskError::Store(error) => error.into(),
            DeskError::Settings(_) => Self::new(ProblemKind::Internal).fault(error.to_string()),
            _ => Self::new(ProblemKind::Internal).fault("an unknown error of the desk".to_owned()),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match &refusal {
            Refusal::NotFound { .. } | Refusal::Denied(Denial::NotVisible) => ProblemKind::NotFound,
            Refusal::Denied(_) => ProblemKind::Denied,
            Refusal::Invalid(wrong) => {
                let path = [wrong.field.clone()];
                return Self::wrong_value(&path, refusal.to_string());
            }
            Refusal::Stale { .. } => ProblemKind::Stale,
            Refusal::NoTransition { .. } => ProblemKind::NoTransition,
            Refusal::FieldsMissing { .. } => ProblemKind::FieldsMissing,
            Refusal::NoCounterpart { .. } => ProblemKind::NoCounterpart,
            Refusal::NotInQueue { .. } => ProblemKind::NotInQueue,
            Refusal::Closed => ProblemKind::Closed,
            Refusal::LinkCycle { .. } => ProblemKind::LinkCycle,
            Refusal::GuestsNotAdmitted => ProblemKind::GuestsNotAdmitted,
            Refusal::ProofRequired => ProblemKind::ProofRequired,
            Refusal::TooOften { .. } => ProblemKind::TooOften,
            Refusal::KeyReused => ProblemKind::KeyReused,
            _ => ProblemKind::Conflict,
        };
        let mut problem = Self::new(kind);
        // A version tells a customer how much happens behind the scenes.
        if kind != ProblemKind::NotFound && kind != ProblemKind::Stale {
            problem = problem.detail(refusal.to_string());
        }
        match refusal {
            Refusal::Denied(denial) if kind == ProblemKind::Denied => {
                problem.reason = Some(denial.code());
            }
            Refusal::TooOften {
                retry_after_seconds,
            } => problem.retry_after = Some(Duration::from_secs(retry_after_seconds)),
            _ => {}
        }
        problem
    }
}

/// What a store says goes to the log and to nobody else.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (kind, retry_after) = match &error {
            StoreError::Conflict { .. } => return Self::new(ProblemKind::Conflict),
            StoreError::AlreadyExists { .. } => return Self::new(ProblemKind::AlreadyExists),
            StoreError::Unavailable { retry_after, .. } => (
                ProblemKind::Unavailable,
                Some(retry_after.unwrap_or(RETRY_AFTER)),
            ),
            StoreError::Corrupt { .. } | StoreError::Backend { .. } => {
                (ProblemKind::Internal, None)
            }
            _ => (ProblemKind::Internal, None),
        };
        let mut problem = Self::new(kind).fault(error.to_string());
        problem.retry_after = retry_after;
        problem
    }
}

#[cfg(test)]
mod tests {
    use ticket_core::value::{Invalid, Version};

    use super::*;

    #[test]
    fn each_refusal_keeps_its_code() {
        let seen = Version::FIRST;
        let refusals = [
            Refusal::NotFound { what: "ticket" },
            Refusal::Denied(Denial::TeamOnly),
            Refusal::Invalid(Invalid::new("subject", "", "one line is")),
            Refusal::Stale {
                seen,
                current: seen.next(),
            },
            Refusal::Closed,
            Refusal::GuestsNotAdmitted,
            Refusal::ProofRequired,
            Refusal::TooOften {
                retry_after_seconds: 7,
            },
            Refusal::KeyReused,
        ];
        for refusal in refusals {
            let code = refusal.code();
            assert_eq!(Problem::from(refusal).kind().code(), code);
        }
    }

    #[test]
    fn what_a_store_says_stays_here() {
        let error = StoreError::Backend {
            detail: "canary".to_owned(),
            source: None,
        };
        let problem = Problem::from(error);
        assert_eq!(problem.kind(), ProblemKind::Internal);
        assert!(problem.detail.is_none());
        assert!(
            problem
                .logged()
                .is_some_and(|fault| fault.contains("canary"))
        );
    }

    #[test]
    fn a_conflict_tells_no_version() {
        let current = Version::new(41);
        let problem = Problem::from(StoreError::Conflict { current });
        assert!(!format!("{problem:?}").contains("41"));
    }

    #[test]
    fn who_may_not_see_a_thing_is_told_that_there_is_none() {
        let hidden = Problem::from(Refusal::Denied(Denial::NotVisible));
        let missing = Problem::from(Refusal::NotFound { what: "ticket" });
        assert_eq!(format!("{hidden:?}"), format!("{missing:?}"));
    }
}
