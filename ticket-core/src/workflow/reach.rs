//! Which statuses a ticket can ever come to.

use std::collections::{BTreeMap, BTreeSet};

use super::{OnReply, Status, Workflow};
use crate::value::StatusKey;

/// A status by the places of its workflow and its own.
type Place = (usize, usize);

/// The statuses that no ticket can come to, by the places of workflow and status.
///
/// Tickets begin in the initial status and go on by transitions, replies, waking, the clock, and
/// moves from a queue with another workflow. Keys that name nothing lead nowhere.
pub(crate) fn unreachable(workflows: &[Workflow]) -> Vec<Place> {
    let map = Map::new(workflows);
    let mut reached = BTreeSet::new();
    let mut open: Vec<Place> = workflows
        .iter()
        .enumerate()
        .filter_map(|(at, workflow)| map.place(at, &workflow.initial))
        .collect();
    while let Some(place) = open.pop() {
        if reached.insert(place) {
            open.extend(map.after(place));
        }
    }
    let all = workflows
        .iter()
        .enumerate()
        .flat_map(|(at, workflow)| (0..workflow.statuses.len()).map(move |status| (at, status)));
    all.filter(|place| !reached.contains(place)).collect()
}

/// Workflows with their statuses by key.
struct Map<'a> {
    workflows: &'a [Workflow],
    keys: Vec<BTreeMap<&'a StatusKey, usize>>,
}

impl<'a> Map<'a> {
    fn new(workflows: &'a [Workflow]) -> Self {
        let keys = |workflow: &'a Workflow| {
            let statuses = workflow.statuses.iter().enumerate();
            statuses.map(|(at, status)| (&status.key, at)).collect()
        };
        Self {
            workflows,
            keys: workflows.iter().map(keys).collect(),
        }
    }

    fn place(&self, workflow: usize, key: &StatusKey) -> Option<Place> {
        let status = self.keys.get(workflow)?.get(key)?;
        Some((workflow, *status))
    }

    /// Where a ticket can go next.
    fn after(&self, (at, index): Place) -> Vec<Place> {
        let workflow = &self.workflows[at];
        let status = &workflow.statuses[index];
        let mut keys = workflow.statuses_after(&status.key);
        match workflow.on_customer_reply.get(&status.category) {
            Some(OnReply::Reopen { to } | OnReply::FollowUp { reopen_to: to, .. }) => {
                keys.insert(to.clone());
            }
            Some(OnReply::Keep) | None => {}
        }
        keys.extend(workflow.on_agent_reply.get(&status.category).cloned());
        keys.extend(workflow.on_wake.clone());
        let timed = workflow.timed.iter();
        let timed = timed.filter(|step| step.from == status.key);
        keys.extend(timed.map(|step| step.to.clone()));
        let inside = keys.iter().filter_map(|key| self.place(at, key));
        let others = (0..self.workflows.len()).filter(|other| *other != at);
        let moved = others.filter_map(|other| self.moved(&workflow.key, status, other));
        inside.chain(moved).collect()
    }

    /// Where a ticket lands that is moved to a queue with another workflow.
    fn moved(&self, from: &crate::value::WorkflowKey, status: &Status, to: usize) -> Option<Place> {
        let target = &self.workflows[to];
        if let Some(pairs) = target.counterparts.get(from)
            && let Some(here) = pairs.get(&status.key)
        {
            return self.place(to, here);
        }
        let place = self.place(to, &status.key)?;
        (target.statuses[place.1].category == status.category).then_some(place)
    }
}
