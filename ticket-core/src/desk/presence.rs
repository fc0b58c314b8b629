//! Who of the team looks at a ticket or types in it.

use std::time::Duration;

use super::{Caller, DeskError};
use crate::authority::{Action, permit};
use crate::port::{Doing, Present, Reference};
use crate::refusal::Refusal;
use crate::ticket::Ticket;
use crate::value::PersonId;

/// How long somebody is taken to be at a ticket who does not say so again.
const STAY: Duration = Duration::from_secs(30);

impl Caller {
    /// Says that the caller is at a ticket, for 30 seconds unless it is said again, and answers
    /// who else of the team is.
    ///
    /// # Errors
    /// Refused, when the caller does not see the ticket as a member of the team, or is nobody; or
    /// the store fails.
    pub async fn appear(
        &self,
        ticket: impl Into<Reference>,
        doing: Doing,
    ) -> Result<Vec<Present>, DeskError> {
        let ticket = self.attended(&ticket.into()).await?;
        let ports = &self.desk.ports;
        ports
            .presence
            .appear(ticket.id, self.person()?, doing, ports.clock.now(), STAY)
            .await?;
        self.others(&ticket).await
    }

    /// Says that the caller left a ticket.
    ///
    /// # Errors
    /// As [`Self::appear`].
    pub async fn leave(&self, ticket: impl Into<Reference>) -> Result<(), DeskError> {
        let ticket = self.attended(&ticket.into()).await?;
        let presence = &self.desk.ports.presence;
        Ok(presence.leave(ticket.id, self.person()?).await?)
    }

    /// Who else of the team is at a ticket: a hint, by which nothing may be decided.
    ///
    /// # Errors
    /// As [`Self::appear`].
    pub async fn present(&self, ticket: impl Into<Reference>) -> Result<Vec<Present>, DeskError> {
        let ticket = self.attended(&ticket.into()).await?;
        self.others(&ticket).await
    }

    async fn others(&self, ticket: &Ticket) -> Result<Vec<Present>, DeskError> {
        let ports = &self.desk.ports;
        let mut present = ports.presence.present(ticket.id, ports.clock.now()).await?;
        present.retain(|present| Some(&present.person) != self.actor.id());
        Ok(present)
    }

    /// A ticket at which the caller sees the team, and is seen by it.
    async fn attended(&self, reference: &Reference) -> Result<Ticket, DeskError> {
        let ticket = self.visible(reference).await?;
        permit(&self.actor, Action::Attend, &ticket)?;
        Ok(ticket)
    }

    fn person(&self) -> Result<&PersonId, DeskError> {
        let nobody = Refusal::NotFound { what: "person" };
        Ok(self.actor.id().ok_or(nobody)?)
    }
}
