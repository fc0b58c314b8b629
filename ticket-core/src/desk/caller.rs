//! Somebody at the desk: one method for each use case.

use super::{Desk, DeskError, Request};
use crate::authority::{Actor, Denial};
use crate::command::{Command, Note, Open, Reply};
use crate::field::FieldValue;
use crate::plan::{IdempotencyKey, Receipt};
use crate::port::Reference;
use crate::refusal::Refusal;
use crate::ticket::{Cause, Channel, Link, Posting, Priority};
use crate::value::{
    FieldKey, PersonId, QueueKey, StatusKey, Subject, Tag, TicketId, TicketNumber, Timestamp,
};

/// Somebody who acts at the desk, with the rights that they have now.
///
/// Make one for each request: it does not notice when somebody's rights change later.
#[derive(Debug, Clone)]
pub struct Caller {
    pub(super) desk: Desk,
    pub(super) actor: Actor,
    pub(super) cause: Cause,
}

impl From<TicketId> for Reference {
    fn from(id: TicketId) -> Self {
        Self::Id(id)
    }
}

impl From<TicketNumber> for Reference {
    fn from(number: TicketNumber) -> Self {
        Self::Number(number)
    }
}

impl Desk {
    /// Somebody of the directory at the desk, as the embedding program.
    ///
    /// # Errors
    /// Refused, when there is nobody of this id or they are inactive.
    pub async fn acting(&self, person: &PersonId) -> Result<Caller, DeskError> {
        self.acting_over(person, Channel::Host).await
    }

    /// Somebody of the directory at the desk, over some channel.
    ///
    /// # Errors
    /// Refused, when there is nobody of this id or they are inactive.
    pub async fn acting_over(
        &self,
        person: &PersonId,
        channel: Channel,
    ) -> Result<Caller, DeskError> {
        let actor = self
            .actor(person)
            .await?
            .ok_or(Refusal::NotFound { what: "person" })?;
        Ok(Caller {
            desk: self.clone(),
            actor,
            cause: Cause::Request { channel },
        })
    }

    /// The desk itself, for what an operator does by hand.
    pub fn operating(&self) -> Caller {
        let cause = Cause::Request {
            channel: Channel::Host,
        };
        Caller {
            desk: self.clone(),
            actor: Actor::System,
            cause,
        }
    }
}

impl Caller {
    /// Who acts.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Opens a ticket.
    ///
    /// # Errors
    /// When it is refused or the store fails; then nothing was written.
    pub async fn open(&self, open: Open) -> Result<Receipt, DeskError> {
        self.desk.open(&self.actor, &self.cause, &open, None).await
    }

    /// Opens a ticket at most once for a key.
    ///
    /// # Errors
    /// When it is refused or the store fails; after `Unavailable`, try again with the same key.
    pub async fn open_once(&self, open: Open, key: IdempotencyKey) -> Result<Receipt, DeskError> {
        self.desk
            .open(&self.actor, &self.cause, &open, Some(&key))
            .await
    }

    /// Carries out a request: commands on one ticket, in one commit.
    ///
    /// # Errors
    /// When one of them is refused or the store fails; then nothing was written.
    pub async fn perform(&self, request: Request) -> Result<Receipt, DeskError> {
        let records = |command: &Command| matches!(command, Command::RecordAction { .. });
        if request.commands.iter().any(records) {
            // Otherwise history would tell of what nobody did: see `take_action`.
            return Err(Denial::DeskOnly.into());
        }
        self.desk.perform(&self.actor, &self.cause, request).await
    }

    async fn command(
        &self,
        ticket: impl Into<Reference>,
        command: Command,
    ) -> Result<Receipt, DeskError> {
        self.perform(Request::new(ticket, command)).await
    }

    /// Writes a public message.
    ///
    /// A customer's reply to a ticket that ended long ago opens a new one, which the receipt
    /// names.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn reply(
        &self,
        ticket: impl Into<Reference>,
        reply: impl Into<Reply>,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Reply(reply.into())).await
    }

    /// Writes an internal note.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn note(
        &self,
        ticket: impl Into<Reference>,
        note: impl Into<Note>,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Note(note.into())).await
    }

    /// Makes somebody responsible.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn assign(
        &self,
        ticket: impl Into<Reference>,
        to: PersonId,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Assign { to }).await
    }

    /// Makes nobody responsible.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn unassign(&self, ticket: impl Into<Reference>) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Unassign).await
    }

    /// Becomes responsible.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn take(&self, ticket: impl Into<Reference>) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Take).await
    }

    /// Goes to another status.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn set_status(
        &self,
        ticket: impl Into<Reference>,
        to: StatusKey,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::SetStatus { to }).await
    }

    /// Changes how urgent it is.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn set_priority(
        &self,
        ticket: impl Into<Reference>,
        to: Priority,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::SetPriority { to }).await
    }

    /// Moves to another queue.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn move_to(
        &self,
        ticket: impl Into<Reference>,
        to: QueueKey,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Move { to }).await
    }

    /// Changes the subject.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn retitle(
        &self,
        ticket: impl Into<Reference>,
        to: Subject,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Retitle { to }).await
    }

    /// Changes who asks.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn set_requester(
        &self,
        ticket: impl Into<Reference>,
        to: PersonId,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::SetRequester { to }).await
    }

    /// Puts a tag on.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn tag(&self, ticket: impl Into<Reference>, tag: Tag) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Tag(tag)).await
    }

    /// Takes a tag off.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn untag(
        &self,
        ticket: impl Into<Reference>,
        tag: Tag,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Untag(tag)).await
    }

    /// Sets or clears a custom field.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn set_field(
        &self,
        ticket: impl Into<Reference>,
        field: FieldKey,
        value: Option<FieldValue>,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::SetField { field, value })
            .await
    }

    /// Lets somebody of the team follow.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn add_follower(
        &self,
        ticket: impl Into<Reference>,
        person: PersonId,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::AddFollower(person)).await
    }

    /// Lets somebody take part besides the requester.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn add_cc(
        &self,
        ticket: impl Into<Reference>,
        person: PersonId,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::AddCc(person)).await
    }

    /// Puts the ticket to sleep.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn snooze(
        &self,
        ticket: impl Into<Reference>,
        until: Timestamp,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Snooze { until }).await
    }

    /// Erases the content of a message or note.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn redact(
        &self,
        ticket: impl Into<Reference>,
        posting: Posting,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Redact(posting)).await
    }

    /// Links to another ticket.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn link(
        &self,
        ticket: impl Into<Reference>,
        link: Link,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Link(link)).await
    }

    /// Removes a link to another ticket.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn unlink(
        &self,
        ticket: impl Into<Reference>,
        link: Link,
    ) -> Result<Receipt, DeskError> {
        self.command(ticket, Command::Unlink(link)).await
    }
}
