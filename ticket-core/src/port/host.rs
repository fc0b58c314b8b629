//! The host's own things and actions.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::authority::Actor;
use crate::ticket::{HostSubject, Ticket};
use crate::value::ActionKey;

/// How a thing of the host is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectCard {
    /// Its name.
    pub title: String,
    /// Where it is in the host's app.
    pub url: Option<String>,
}

/// Shows the host's things that tickets are about.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SubjectResolver: Send + Sync {
    /// How the thing is shown to the viewer; `None` when it is gone or the viewer may not see it.
    async fn card(&self, subject: &HostSubject, viewer: &Actor) -> Option<SubjectCard>;
}

/// An action that the host offers on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionOffer {
    /// Key by which it is taken.
    pub key: ActionKey,
    /// What a button says.
    pub label: String,
}

/// The host's actions on tickets, such as "refund this order".
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HostActions: Send + Sync {
    /// What is offered to the actor on the ticket now; the desk has checked that the actor may
    /// work on it.
    async fn offers(&self, actor: &Actor, ticket: &Ticket) -> Vec<ActionOffer>;

    /// Takes an offered action and answers its outcome in one line, or why it was not taken.
    ///
    /// The outcome becomes an event in the ticket's history.
    async fn run(
        &self,
        action: &ActionKey,
        actor: &Actor,
        ticket: &Ticket,
    ) -> Result<String, String>;
}
