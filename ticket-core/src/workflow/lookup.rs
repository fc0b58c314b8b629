//! Finding the parts of a workflow.

use std::collections::BTreeSet;

use super::{Category, Status, Transition, Workflow};
use crate::value::StatusKey;

impl Workflow {
    /// The status of this key; none when the workflow has no such status.
    pub fn status(&self, key: &StatusKey) -> Option<&Status> {
        self.statuses.iter().find(|status| status.key == *key)
    }

    /// The step from one status to another that people and rules may take; none when there is none.
    ///
    /// A transition that names the status it starts from goes before one that starts anywhere.
    /// There is never a step from a status to itself.
    pub fn transition(&self, from: &StatusKey, to: &StatusKey) -> Option<&Transition> {
        if from == to {
            return None;
        }
        let mut leading = self.transitions.iter().filter(|step| step.to == *to);
        let named = leading.clone().find(|step| step.from.contains(from));
        named.or_else(|| leading.find(|step| step.from.is_empty()))
    }

    /// The statuses to which some [transition](Self::transition) leads from this one.
    pub fn statuses_after(&self, from: &StatusKey) -> BTreeSet<StatusKey> {
        self.transitions
            .iter()
            .filter(|step| step.to != *from)
            .filter(|step| step.from.is_empty() || step.from.contains(from))
            .map(|step| step.to.clone())
            .collect()
    }
}

impl Status {
    /// The name that customers see: the public one, or that of the category as they see it.
    pub fn name_for_customers(&self) -> &str {
        match &self.public_name {
            Some(name) => name,
            None => self.category.shown_to_customers().name(),
        }
    }
}

impl Category {
    /// The name as people read it, such as `On hold`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Open => "Open",
            Self::Pending => "Pending",
            Self::OnHold => "On hold",
            Self::Solved => "Solved",
            Self::Closed => "Closed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::TransitionRight;

    fn key(text: &str) -> StatusKey {
        StatusKey::new(text).expect("a key")
    }

    #[test]
    fn a_step_that_names_its_start_goes_before_one_from_anywhere() {
        let mut workflow = Workflow::standard();
        workflow.transitions.push(Transition {
            from: BTreeSet::from([key("pending")]),
            to: key("closed"),
            right: TransitionRight::Admins,
            requires: BTreeSet::new(),
        });
        let right = |from: &str| {
            let step = workflow.transition(&key(from), &key("closed"));
            step.map(|step| step.right)
        };
        assert_eq!(right("pending"), Some(TransitionRight::Admins));
        assert_eq!(right("open"), Some(TransitionRight::Agents));
        assert_eq!(right("closed"), None);
        assert_eq!(workflow.transition(&key("open"), &key("new")), None);
    }

    #[test]
    fn the_statuses_after_one_are_those_with_a_step() {
        let workflow = Workflow::standard();
        for from in &workflow.statuses {
            let after = workflow.statuses_after(&from.key);
            for to in &workflow.statuses {
                let step = workflow.transition(&from.key, &to.key);
                assert_eq!(after.contains(&to.key), step.is_some());
            }
        }
    }

    #[test]
    fn customers_never_read_that_a_ticket_is_on_hold() {
        let workflow = Workflow::standard();
        let status = workflow.status(&key("on_hold")).expect("a status");
        assert_eq!(status.name_for_customers(), "Open");
    }
}
