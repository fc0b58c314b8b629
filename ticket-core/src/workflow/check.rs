//! Checking a workflow when it is loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::{Category, OnReply, Transition, Workflow};
use crate::field::FieldDefinition;
use crate::value::{FieldKey, Invalid, LABEL_RULE, StatusKey, is_label, listed};

/// Most statuses, transitions or timed steps of a workflow.
const PARTS_MAX: usize = 200;
/// Spans are shorter than ten years, in seconds.
const SPAN_LIMIT: u64 = 10 * 365 * 24 * 60 * 60;
/// A cycle of timed steps takes at least an hour: nobody is there to stop it.
const CYCLE_MIN: u64 = 60 * 60;

/// What is wrong in a workflow, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {detail}")]
pub struct WorkflowProblem {
    /// The place, such as `transitions[2].to`.
    pub place: String,
    /// What is wrong there and what is allowed.
    pub detail: String,
}

impl From<Invalid> for WorkflowProblem {
    fn from(wrong: Invalid) -> Self {
        Self {
            place: wrong.field,
            detail: format!("{:?} is not allowed; {}", wrong.found, wrong.allowed),
        }
    }
}

impl Workflow {
    /// What is wrong in the workflow; nothing when it holds together.
    ///
    /// It needs the fields of the desk, for those that transitions require, and all workflows,
    /// for the counterparts. Whether each status can be reached is a matter of all workflows
    /// together, and checked with the [settings](crate::settings::Settings::check).
    pub fn problems(&self, fields: &[FieldDefinition], all: &[Self]) -> Vec<WorkflowProblem> {
        let mut check = Check {
            workflow: self,
            problems: Vec::new(),
        };
        check.statuses();
        check.transitions(&fields.iter().map(|field| &field.key).collect());
        check.replies();
        check.timed();
        check.counterparts(all);
        check.problems.into_iter().map(Into::into).collect()
    }
}

/// The problems found so far.
struct Check<'a> {
    workflow: &'a Workflow,
    problems: Vec<Invalid>,
}

impl Check<'_> {
    fn refuse(&mut self, place: impl Into<String>, found: &str, allowed: impl Into<String>) {
        self.problems.push(Invalid::new(place, found, allowed));
    }

    /// Refuses a status that the workflow does not have.
    fn known(&mut self, place: impl Into<String>, key: &StatusKey) {
        if self.workflow.status(key).is_none() {
            let keys = self.workflow.statuses.iter().map(|status| &status.key);
            let allowed = format!("a status of the workflow is: {}", listed(keys));
            self.refuse(place, key.as_str(), allowed);
        }
    }

    fn few(&mut self, place: &str, count: usize) -> bool {
        if count > PARTS_MAX {
            let found = format!("{count} entries");
            self.refuse(place, &found, format!("at most {PARTS_MAX} are"));
        }
        count <= PARTS_MAX
    }

    fn statuses(&mut self) {
        let workflow = self.workflow;
        if !self.few("statuses", workflow.statuses.len()) {
            return;
        }
        if workflow.statuses.is_empty() {
            self.refuse("statuses", "", "at least one status is");
        }
        let mut seen = BTreeSet::new();
        for (index, status) in workflow.statuses.iter().enumerate() {
            let place = format!("statuses[{index}]");
            if !seen.insert(&status.key) {
                let key = status.key.as_str();
                self.refuse(format!("{place}.key"), key, "each key is allowed once");
            }
            let names = [
                ("name", Some(&status.name)),
                ("public_name", status.public_name.as_ref()),
            ];
            for (part, name) in names {
                if let Some(name) = name.filter(|name| !is_label(name)) {
                    let place = format!("{place}.{part}");
                    self.refuse(place, name, LABEL_RULE);
                }
            }
        }
        match workflow.status(&workflow.initial) {
            None => self.known("initial", &workflow.initial),
            Some(status) => {
                if !matches!(status.category, Category::New | Category::Open) {
                    let allowed = "a status of category new or open is";
                    self.refuse("initial", workflow.initial.as_str(), allowed);
                }
            }
        }
    }

    fn transitions(&mut self, fields: &BTreeSet<&FieldKey>) {
        let workflow = self.workflow;
        if !self.few("transitions", workflow.transitions.len()) {
            return;
        }
        let mut seen = BTreeSet::new();
        for (index, step) in workflow.transitions.iter().enumerate() {
            let place = format!("transitions[{index}]");
            self.known(format!("{place}.to"), &step.to);
            for from in &step.from {
                self.known(format!("{place}.from"), from);
            }
            if step.from.contains(&step.to) {
                let allowed = "a step to another status is";
                self.refuse(format!("{place}.to"), step.to.as_str(), allowed);
            }
            if let Some(twice) = starts(step).into_iter().find(|&pair| !seen.insert(pair)) {
                let found = format!(
                    "{} to {}",
                    twice.0.map_or("any", StatusKey::as_str),
                    step.to
                );
                self.refuse(place.clone(), &found, "each step is allowed once");
            }
            for field in step.requires.iter().filter(|field| !fields.contains(field)) {
                let allowed = format!("a field of the desk is: {}", listed(fields));
                self.refuse(format!("{place}.requires"), field.as_str(), allowed);
            }
        }
    }

    fn replies(&mut self) {
        let workflow = self.workflow;
        for (category, reaction) in &workflow.on_customer_reply {
            let place = format!("on_customer_reply.{}", category.as_str());
            match reaction {
                OnReply::Keep => {}
                OnReply::Reopen { to } => self.reopening(format!("{place}.to"), to),
                OnReply::FollowUp {
                    after_seconds,
                    reopen_to,
                } => {
                    self.reopening(format!("{place}.reopen_to"), reopen_to);
                    if *after_seconds >= SPAN_LIMIT {
                        let place = format!("{place}.after_seconds");
                        self.refuse(place, &after_seconds.to_string(), SPAN_RULE);
                    }
                }
            }
        }
        for (category, to) in &workflow.on_agent_reply {
            self.known(format!("on_agent_reply.{}", category.as_str()), to);
        }
        if let Some(to) = &workflow.on_wake {
            self.known("on_wake", to);
        }
    }

    /// What a customer wrote must not end in a status that nobody looks at.
    fn reopening(&mut self, place: String, to: &StatusKey) {
        match self.workflow.status(to) {
            None => self.known(place, to),
            Some(status) => {
                if status.category.is_done() {
                    let allowed = "a status that is neither solved nor closed is";
                    self.refuse(place, to.as_str(), allowed);
                }
            }
        }
    }

    fn timed(&mut self) {
        let workflow = self.workflow;
        if !self.few("timed", workflow.timed.len()) {
            return;
        }
        let mut next = BTreeMap::new();
        for (index, step) in workflow.timed.iter().enumerate() {
            let place = format!("timed[{index}]");
            self.known(format!("{place}.from"), &step.from);
            self.known(format!("{place}.to"), &step.to);
            if step.after_seconds == 0 || step.after_seconds >= SPAN_LIMIT {
                let found = step.after_seconds.to_string();
                self.refuse(format!("{place}.after_seconds"), &found, SPAN_RULE);
            }
            if step.from == step.to {
                let allowed = "a step to another status is";
                self.refuse(format!("{place}.to"), step.to.as_str(), allowed);
            } else if next.insert(&step.from, step).is_some() {
                let allowed = "one timed step from each status is: only the first would happen";
                self.refuse(format!("{place}.from"), step.from.as_str(), allowed);
            }
        }
        for (index, step) in workflow.timed.iter().enumerate() {
            let mut passed = vec![&step.from];
            let mut seconds = step.after_seconds;
            let mut at = &step.to;
            while let Some(following) = next.get(at).filter(|_| !passed.contains(&at)) {
                passed.push(at);
                seconds = seconds.saturating_add(following.after_seconds);
                at = &following.to;
            }
            if *at == step.from && step.from != step.to && seconds < CYCLE_MIN {
                let found = format!("a cycle of {seconds} seconds: {}", listed(passed));
                let allowed = "timed steps that come back after an hour or more, or never, are";
                self.refuse(format!("timed[{index}]"), &found, allowed);
                return;
            }
        }
    }

    fn counterparts(&mut self, all: &[Workflow]) {
        for (key, pairs) in &self.workflow.counterparts {
            let place = format!("counterparts.{key}");
            let other = all.iter().find(|other| other.key == *key);
            match other.filter(|other| other.key != self.workflow.key) {
                Some(other) => self.pairs(&place, other, pairs),
                None => {
                    let others = all.iter().map(|other| &other.key);
                    let others = others.filter(|other| **other != self.workflow.key);
                    let allowed = format!("another workflow is: {}", listed(others));
                    self.refuse(place, key.as_str(), allowed);
                }
            }
        }
    }

    /// A move between queues must not solve or reopen a ticket behind everybody's back.
    fn pairs(&mut self, place: &str, other: &Workflow, pairs: &BTreeMap<StatusKey, StatusKey>) {
        for (there, here) in pairs {
            let place = format!("{place}.{there}");
            match (other.status(there), self.workflow.status(here)) {
                (None, _) => {
                    let keys = other.statuses.iter().map(|status| &status.key);
                    let allowed = format!("a status of {} is: {}", other.key, listed(keys));
                    self.refuse(place, there.as_str(), allowed);
                }
                (_, None) => self.known(place, here),
                (Some(from), Some(to)) => {
                    if from.category.is_done() != to.category.is_done() {
                        let allowed = "a status is that is done if the other is, and not otherwise";
                        self.refuse(place, here.as_str(), allowed);
                    }
                }
            }
        }
    }
}

const SPAN_RULE: &str = "at least 1 second and less than 10 years is";

/// The pairs of statuses that a transition connects; none at the start means any.
fn starts(step: &Transition) -> Vec<(Option<&StatusKey>, &StatusKey)> {
    if step.from.is_empty() {
        vec![(None, &step.to)]
    } else {
        step.from
            .iter()
            .map(|from| (Some(from), &step.to))
            .collect()
    }
}
