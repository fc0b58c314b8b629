//! The host's own things and actions, on a ticket.

use super::{Caller, DeskError, Request};
use crate::authority::{Action, permit};
use crate::command::Command;
use crate::plan::Receipt;
use crate::port::{ActionOffer, Reference, SubjectCard};
use crate::refusal::Refusal;
use crate::ticket::HostSubject;
use crate::value::{ActionKey, Invalid};

impl Caller {
    /// What the host offers on a ticket: nothing to whoever may not work on it.
    ///
    /// # Errors
    /// Refused, when the caller may not see the ticket; or the store fails.
    pub async fn actions(
        &self,
        ticket: impl Into<Reference>,
    ) -> Result<Vec<ActionOffer>, DeskError> {
        let ticket = self.visible(&ticket.into()).await?;
        let may = permit(&self.actor, Action::Change, &ticket).is_ok();
        match self.desk.ports.actions.as_ref().filter(|_| may) {
            Some(actions) => Ok(actions.offers(&self.actor, &ticket).await),
            None => Ok(Vec::new()),
        }
    }

    /// Takes an action of the host; its outcome becomes an event in the ticket's history.
    ///
    /// # Errors
    /// Refused, when it is not offered to the caller, or the host says no; or the store fails.
    pub async fn take_action(
        &self,
        ticket: impl Into<Reference>,
        action: &ActionKey,
    ) -> Result<Receipt, DeskError> {
        let ticket = self.visible(&ticket.into()).await?;
        permit(&self.actor, Action::Change, &ticket)?;
        let Some(actions) = &self.desk.ports.actions else {
            return Err(Refusal::NotFound { what: "action" }.into());
        };
        let offers = actions.offers(&self.actor, &ticket).await;
        if !offers.iter().any(|offer| offer.key == *action) {
            return Err(Refusal::NotFound { what: "action" }.into());
        }
        let outcome = actions
            .run(action, &self.actor, &ticket)
            .await
            .map_err(|reason| Invalid::new("action", action.as_str(), reason))?;
        let command = Command::RecordAction {
            action: action.clone(),
            outcome: outcome.into(),
        };
        let request = Request::new(ticket.id, command);
        self.desk.perform(&self.actor, &self.cause, request).await
    }

    /// How the things that a ticket is about are shown; `None` for what is missing.
    ///
    /// To customers only what the host shows them: the rest may be the team's own business.
    ///
    /// # Errors
    /// Refused, when the caller may not see the ticket; or the store fails.
    pub async fn about(
        &self,
        ticket: impl Into<Reference>,
    ) -> Result<Vec<(HostSubject, Option<SubjectCard>)>, DeskError> {
        let ticket = self.visible(&ticket.into()).await?;
        let all = permit(&self.actor, Action::ViewAll, &ticket).is_ok();
        let mut cards = Vec::with_capacity(ticket.about.len());
        for subject in ticket.about {
            let card = match &self.desk.ports.subjects {
                Some(subjects) => subjects.card(&subject, &self.actor).await,
                None => None,
            };
            if all || card.is_some() {
                cards.push((subject, card));
            }
        }
        Ok(cards)
    }
}
