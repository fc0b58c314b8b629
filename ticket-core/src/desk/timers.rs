//! What the clock makes due.

use super::{Desk, DeskError, Request};
use crate::authority::Actor;
use crate::command::Command;
use crate::port::StoreError;
use crate::query::DueTest;
use crate::settings::CheckedSettings;
use crate::ticket::Cause;
use crate::value::Timestamp;

impl Desk {
    /// Does what the clock has made due, on at most `limit` tickets, and answers on how many.
    ///
    /// What is due follows from the settings in force, not from those when the ticket changed
    /// last. Two workers at once do each thing once.
    ///
    /// # Errors
    /// When the store fails; call again later.
    pub async fn tick(&self, limit: u16) -> Result<u32, DeskError> {
        let settings = self.settings().await?;
        let now = self.ports.clock.now();
        let due = self
            .ports
            .store
            .due(&due_tests(&settings, now), now, limit)
            .await?;
        let mut ticked = 0;
        for ticket in due {
            let request = Request::new(ticket, Command::Tick);
            match self.perform(&Actor::System, &Cause::Clock, request).await {
                Ok(_) => ticked += 1,
                // Somebody else is at it; what is still due then comes with the next tick.
                Err(DeskError::Store(StoreError::Conflict { .. }) | DeskError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ticked)
    }
}

/// What to ask the store for: sleepers, and each timed step of each workflow.
fn due_tests(settings: &CheckedSettings, now: Timestamp) -> Vec<DueTest> {
    let settings = settings.settings();
    let steps = settings.workflows.iter().flat_map(|workflow| {
        let queues = settings
            .queues
            .iter()
            .filter(|queue| queue.workflow == workflow.key);
        let queues: std::collections::BTreeSet<_> = queues.map(|queue| queue.key.clone()).collect();
        workflow.timed.iter().map(move |timed| DueTest::InStatus {
            status: timed.from.clone(),
            queues: queues.clone(),
            since: now.minus(timed.after()),
        })
    });
    std::iter::once(DueTest::SnoozeOver).chain(steps).collect()
}
