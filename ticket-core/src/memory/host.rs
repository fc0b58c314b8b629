//! For hosts without things and actions of their own.

use async_trait::async_trait;

use crate::authority::Actor;
use crate::port::{ActionOffer, HostActions, SubjectCard, SubjectResolver};
use crate::ticket::{HostSubject, Ticket};
use crate::value::ActionKey;

/// Knows no things of the host: every one that a ticket names is shown as missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSubjects;

#[async_trait]
impl SubjectResolver for NoSubjects {
    async fn card(&self, _subject: &HostSubject, _viewer: &Actor) -> Option<SubjectCard> {
        None
    }
}

/// Offers no actions.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoActions;

#[async_trait]
impl HostActions for NoActions {
    async fn offers(&self, _actor: &Actor, _ticket: &Ticket) -> Vec<ActionOffer> {
        Vec::new()
    }

    async fn run(
        &self,
        action: &ActionKey,
        _actor: &Actor,
        _ticket: &Ticket,
    ) -> Result<String, String> {
        Err(format!("there is no action {action}"))
    }
}
