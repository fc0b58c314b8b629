//! Checking a workflow when it is loaded.

/// What is wrong in a workflow, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowProblem {
    /// The place, such as `transitions[2].to`.
    pub place: String,
    /// What is wrong there and what is allowed.
    pub detail: String,
}
