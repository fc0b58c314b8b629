//! Load, plan, commit, publish.

use super::error::Committed;
use super::{Desk, DeskError};
use crate::authority::{Action, Actor, permit};
use crate::command::{Command, Open};
use crate::decide::{Route, plan, plan_open, route};
use crate::plan::{IdempotencyKey, Plan, Receipt};
use crate::port::{Happening, Reference, StoreError};
use crate::refusal::Refusal;
use crate::ticket::{Attachment, Cause, Ticket};
use crate::value::{Invalid, Version};

/// How often a plan is made anew because somebody else wrote first.
const ATTEMPTS: usize = 3;

/// Commands on one ticket, to be carried out in one commit.
#[derive(Debug, Clone)]
pub struct Request {
    /// The ticket.
    pub ticket: Reference,
    /// What is wanted, in order; all of it happens or nothing.
    pub commands: Vec<Command>,
    /// The version that the caller saw: if the ticket has another one, nothing happens. Only the
    /// team sees versions, since notes count in them.
    pub seen: Option<Version>,
    /// At most once for this key.
    pub key: Option<IdempotencyKey>,
}

impl Request {
    /// One command on a ticket, whatever its version.
    pub fn new(ticket: impl Into<Reference>, command: Command) -> Self {
        Self {
            ticket: ticket.into(),
            commands: vec![command],
            seen: None,
            key: None,
        }
    }

    /// One more command.
    #[must_use]
    pub fn and(mut self, command: Command) -> Self {
        self.commands.push(command);
        self
    }

    /// Only if the ticket has the version that the caller saw.
    #[must_use]
    pub const fn seen(mut self, version: Version) -> Self {
        self.seen = Some(version);
        self
    }

    /// At most once for this key.
    #[must_use]
    pub fn once(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(key);
        self
    }
}

impl Desk {
    pub(super) async fn open(
        &self,
        actor: &Actor,
        cause: &Cause,
        open: &Open,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, DeskError> {
        if let Some(receipt) = self.earlier(key).await? {
            return Ok(receipt);
        }
        self.check_files(&open.attachments).await?;
        let settings = self.settings().await?;
        let mentions = open.mentions();
        let facts = self
            .facts(actor, None, &open.queue, &[], mentions, &settings)
            .await?;
        let number = self.ports.store.next_number().await?;
        let plan = plan_open(open, number, &self.context(actor, cause, &settings, &facts))?;
        match self.commit(plan, key).await? {
            Committed::Done(receipt) => Ok(receipt),
            Committed::Conflict(current) => Err(StoreError::Conflict { current }.into()),
        }
    }

    pub(super) async fn perform(
        &self,
        actor: &Actor,
        cause: &Cause,
        request: Request,
    ) -> Result<Receipt, DeskError> {
        let key = request.key.as_ref();
        if let Some(receipt) = self.earlier(key).await? {
            return Ok(receipt);
        }
        for command in &request.commands {
            self.check_files(command.attachments()).await?;
        }
        let mut conflict = None;
        for _ in 0..ATTEMPTS {
            let ticket = self.load(&request.ticket).await?;
            let plan = match self.attempt(actor, cause, &request, &ticket).await? {
                Attempt::Unchanged => return Ok(unchanged(&ticket)),
                Attempt::FollowUp(open) => {
                    return Box::pin(self.open(actor, cause, &open, key)).await;
                }
                Attempt::Planned(plan) => plan,
            };
            match self.commit(*plan, key).await? {
                Committed::Done(receipt) => return Ok(receipt),
                Committed::Conflict(current) => {
                    if let Some(seen) = request.seen {
                        return Err(Refusal::Stale { seen, current }.into());
                    }
                    conflict = Some(current);
                }
            }
        }
        let current = conflict.unwrap_or(Version::FIRST);
        Err(StoreError::Conflict { current }.into())
    }

    /// What a request would do, with nothing written; a dry run gives the same plan as the real
    /// one, but for fresh identities and time. `None` when it would change nothing.
    pub(super) async fn preview(
        &self,
        actor: &Actor,
        cause: &Cause,
        request: &Request,
    ) -> Result<Option<Plan>, DeskError> {
        let ticket = self.load(&request.ticket).await?;
        match self.attempt(actor, cause, request, &ticket).await? {
            Attempt::Planned(plan) => Ok(Some(*plan)),
            Attempt::Unchanged | Attempt::FollowUp(_) => Ok(None),
        }
    }

    async fn attempt(
        &self,
        actor: &Actor,
        cause: &Cause,
        request: &Request,
        ticket: &Ticket,
    ) -> Result<Attempt, DeskError> {
        // Nothing about a ticket is told to whoever may not see it, not even that it changed.
        permit(actor, Action::View, ticket).map_err(|_| Refusal::NotFound { what: "ticket" })?;
        let settings = self.settings().await?;
        let commands = &request.commands;
        let facts = self
            .facts(
                actor,
                Some(ticket),
                &ticket.queue,
                commands,
                Default::default(),
                &settings,
            )
            .await?;
        let context = self.context(actor, cause, &settings, &facts);
        if let Some(seen) = request.seen {
            // Notes count in the version, so only the team may ask for it.
            permit(actor, Action::ViewAll, ticket)?;
            if seen != ticket.version {
                let current = ticket.version;
                return Err(Refusal::Stale { seen, current }.into());
            }
        }
        let routed = match commands.as_slice() {
            [Command::Reply(reply)] => route(ticket, reply, &context),
            _ => Route::Here,
        };
        let planned = match routed {
            Route::FollowUp(open) => return Ok(Attempt::FollowUp(open)),
            Route::AsNote(note) => plan(ticket, &[Command::Note(*note)], &context),
            Route::Here => plan(ticket, commands, &context),
        };
        Ok(match planned? {
            Some(plan) => Attempt::Planned(Box::new(plan)),
            None => Attempt::Unchanged,
        })
    }

    /// A file that is not in the blob store could never be sent or read.
    async fn check_files(&self, files: &[Attachment]) -> Result<(), DeskError> {
        for file in files {
            let size = self.ports.store.blob_size(&file.digest).await?;
            if size != Some(file.size) {
                let allowed = "only files that were stored before, with their size, are";
                return Err(Invalid::new("attachments", &file.name, allowed).into());
            }
        }
        Ok(())
    }

    pub(super) async fn load(&self, reference: &Reference) -> Result<Ticket, DeskError> {
        let found = self
            .ports
            .store
            .load(std::slice::from_ref(reference))
            .await?;
        let ticket = found.into_iter().next().flatten();
        Ok(ticket.ok_or(Refusal::NotFound { what: "ticket" })?)
    }

    /// What an earlier request with this key did.
    async fn earlier(&self, key: Option<&IdempotencyKey>) -> Result<Option<Receipt>, DeskError> {
        let Some(key) = key else { return Ok(None) };
        self.ports.store.receipt(key).await.map_err(reused)
    }

    async fn commit(
        &self,
        plan: Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Committed, DeskError> {
        match self.ports.store.commit(&plan, key).await {
            Ok(receipt) => {
                if !receipt.replayed {
                    let Receipt {
                        ticket, version, ..
                    } = receipt;
                    self.ports
                        .bus
                        .publish(Happening::Committed { ticket, version })
                        .await;
                }
                Ok(Committed::Done(receipt))
            }
            Err(StoreError::Conflict { current }) => Ok(Committed::Conflict(current)),
            Err(error) => Err(reused(error)),
        }
    }
}

/// What came of planning once.
enum Attempt {
    Planned(Box<Plan>),
    Unchanged,
    FollowUp(Box<Open>),
}

/// A key that was used for another request is the caller's mistake, not a fault of the store.
fn reused(error: StoreError) -> DeskError {
    match error {
        StoreError::AlreadyExists {
            what: "idempotency key",
        } => Refusal::KeyReused.into(),
        error => error.into(),
    }
}

/// The answer to a request that found everything as wanted.
const fn unchanged(ticket: &Ticket) -> Receipt {
    Receipt {
        ticket: ticket.id,
        number: ticket.number,
        version: ticket.version,
        posting: None,
        replayed: false,
    }
}
