//! Load, plan, commit, publish.

use super::error::Committed;
use super::{Desk, DeskError, lookup};
use crate::authority::{Action, Actor, permit};
use crate::command::{Command, Mentions, Open};
use crate::decide::{Route, plan, plan_open, route};
use crate::plan::{IdempotencyKey, Plan, Receipt};
use crate::port::{Gathered, Happening, Reference, StoreError, Wanted};
use crate::refusal::Refusal;
use crate::settings::CheckedSettings;
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
        let settings = match self.settings().await {
            Ok(settings) => settings,
            Err(error) => return self.earlier(key).await?.ok_or(error),
        };
        let mut wanted = lookup::wanted(actor, &[], &settings);
        let Mentions { people, tickets } = open.mentions();
        wanted.people.extend(people);
        wanted.tickets.extend(tickets);
        wanted.queues.insert(open.queue.clone());
        let files = open.attachments.iter();
        wanted.files.extend(files.map(|file| file.digest));
        wanted.key = key.cloned();
        wanted.number = true;
        let gathered = self.gather(&wanted).await?;
        if let Some(receipt) = gathered.receipt {
            return Ok(receipt);
        }
        check_files(&open.attachments, &gathered)?;
        let number = match gathered.number {
            Some(number) => number,
            None => self.ports.store.next_number().await?,
        };
        let facts = self.facts(gathered, None, &[], &settings).await?;
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
        let mut conflict = None;
        for _ in 0..ATTEMPTS {
            let settings = match self.settings().await {
                Ok(settings) => settings,
                Err(error) => return self.earlier(key).await?.ok_or(error),
            };
            let gathered = self.gather_for(actor, &request, &settings).await?;
            if let Some(receipt) = gathered.receipt {
                return Ok(receipt);
            }
            for command in &request.commands {
                check_files(command.attachments(), &gathered)?;
            }
            let ticket = subject(&gathered)?;
            let attempt = self.attempt(actor, cause, &request, &ticket, gathered, &settings);
            let plan = match attempt.await? {
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
        let request = Request {
            key: None,
            ..request.clone()
        };
        let settings = self.settings().await?;
        let gathered = self.gather_for(actor, &request, &settings).await?;
        let ticket = subject(&gathered)?;
        let attempt = self.attempt(actor, cause, &request, &ticket, gathered, &settings);
        match attempt.await? {
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
        gathered: Gathered,
        settings: &CheckedSettings,
    ) -> Result<Attempt, DeskError> {
        // Nothing about a ticket is told to whoever may not see it, not even that it changed.
        permit(actor, Action::View, ticket)?;
        let commands = &request.commands;
        let facts = self
            .facts(gathered, Some(ticket), commands, settings)
            .await?;
        let context = self.context(actor, cause, settings, &facts);
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

    /// What a request rests on.
    async fn gather_for(
        &self,
        actor: &Actor,
        request: &Request,
        settings: &CheckedSettings,
    ) -> Result<Gathered, DeskError> {
        let mut wanted = lookup::wanted(actor, &request.commands, settings);
        wanted.subject = Some(request.ticket.clone());
        wanted.key = request.key.clone();
        self.gather(&wanted).await
    }

    /// What an earlier request with this key did: told though the settings can't be had.
    async fn earlier(&self, key: Option<&IdempotencyKey>) -> Result<Option<Receipt>, DeskError> {
        let Some(key) = key else { return Ok(None) };
        self.ports.store.receipt(key).await.map_err(reused)
    }

    async fn gather(&self, wanted: &Wanted) -> Result<Gathered, DeskError> {
        self.ports.lookup.gather(wanted).await.map_err(reused)
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

    async fn commit(
        &self,
        plan: Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Committed, DeskError> {
        match self.ports.store.commit(&plan, key).await {
            Ok(receipt) => {
                self.tell(&receipt).await;
                Ok(Committed::Done(receipt))
            }
            Err(StoreError::Conflict { current }) => Ok(Committed::Conflict(current)),
            Err(error @ StoreError::Unavailable { .. }) => match self.settled(&plan, key).await {
                Some(receipt) => {
                    self.tell(&receipt).await;
                    Ok(Committed::Done(receipt))
                }
                None => {
                    // It may have happened, and nobody else could say so.
                    self.tell(&plan.receipt()).await;
                    Err(error.into())
                }
            },
            Err(error) => Err(reused(error)),
        }
    }

    /// What a commit did whose answer was lost, if that can be told by its key.
    ///
    /// It may have been another request with the same key that wrote: then this one is a replay.
    async fn settled(&self, plan: &Plan, key: Option<&IdempotencyKey>) -> Option<Receipt> {
        let found = self.ports.store.receipt(key?).await.ok()??;
        let own = plan.receipt();
        let is_own = Receipt {
            replayed: found.replayed,
            ..own.clone()
        } == found;
        Some(if is_own { own } else { found })
    }

    /// Tells subscribers what was written.
    async fn tell(&self, receipt: &Receipt) {
        let Receipt {
            ticket, version, ..
        } = *receipt;
        if !receipt.replayed {
            let happening = Happening::Committed { ticket, version };
            self.ports.bus.publish(happening).await;
        }
    }
}

/// A file that is not in the blob store could never be sent or read.
fn check_files(files: &[Attachment], gathered: &Gathered) -> Result<(), DeskError> {
    for file in files {
        if gathered.files.get(&file.digest) != Some(&file.size) {
            let allowed = "only files that were stored before, with their size, are";
            return Err(Invalid::new("attachments", &file.name, allowed).into());
        }
    }
    Ok(())
}

fn subject(gathered: &Gathered) -> Result<Ticket, DeskError> {
    let ticket = gathered.subject.clone();
    Ok(ticket.ok_or(Refusal::NotFound { what: "ticket" })?)
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
