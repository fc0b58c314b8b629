//! Lists that live: which tickets changed.

use std::collections::BTreeMap;

use super::hear;
use crate::authority::{Level, Scope, TokenScope};
use crate::decide::is_public_since;
use crate::desk::{Caller, DeskError};
use crate::port::{Happening, Reference, Subscription};
use crate::ticket::Ticket;
use crate::value::{TicketId, TicketNumber, Version};

/// How many changed tickets are remembered; after more of them, the list must be read again.
const MOST: usize = 200;

/// What somebody who looks at lists is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListNews {
    /// A ticket that they see as a member of the team has this version now.
    Team {
        /// Its number.
        number: TicketNumber,
        /// Its version.
        version: Version,
    },
    /// A ticket that they see as a customer changed in a way that they may know of.
    Customer {
        /// Its number.
        number: TicketNumber,
    },
    /// Something was missed: read the lists again.
    Missed,
}

/// Tells somebody which tickets change.
pub struct LiveList {
    news: Box<dyn Subscription>,
    heard: Heard,
}

/// Hints that were not looked into yet.
#[derive(Default)]
struct Heard {
    /// The earliest version that was heard of each ticket.
    tickets: BTreeMap<TicketId, Version>,
    missed: bool,
}

impl std::fmt::Debug for LiveList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveList").finish_non_exhaustive()
    }
}

impl Caller {
    /// Listens for changed tickets from now on; read the lists after this call.
    ///
    /// # Errors
    /// Refused, when the caller came by a token that is not good for reading tickets.
    pub async fn watch(&self) -> Result<LiveList, DeskError> {
        self.actor.may(TokenScope::TicketsRead)?;
        Ok(LiveList {
            news: self.desk.subscribe().await,
            heard: Heard::default(),
        })
    }
}

impl LiveList {
    /// Waits until there may be news; `false` when no more will come.
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn wait(&mut self) -> bool {
        if !self.heard.is_empty() {
            return true;
        }
        let heard = &mut self.heard;
        hear(&mut *self.news, |happening| heard.note(happening)).await
    }

    /// What the caller may know of what was heard since the last call.
    ///
    /// Look the caller up anew for each call: the rights that count are those of the caller given.
    ///
    /// # Errors
    /// Refused, as [`Caller::watch`]; or the store fails. Then nothing is told, and what was heard
    /// is forgotten.
    pub async fn news(&mut self, caller: &Caller) -> Result<Vec<ListNews>, DeskError> {
        caller.actor.may(TokenScope::TicketsRead)?;
        let heard = std::mem::take(&mut self.heard);
        if heard.missed {
            return Ok(vec![ListNews::Missed]);
        }
        if heard.tickets.is_empty() {
            return Ok(Vec::new());
        }
        let references: Vec<Reference> = heard.tickets.keys().copied().map(Reference::Id).collect();
        let tickets = caller.desk.ports.store.load(&references).await?;
        let mut told = Vec::new();
        for (ticket, since) in tickets.into_iter().zip(heard.tickets.into_values()) {
            if let Some(ticket) = ticket {
                told.extend(caller.news_of(&ticket, since).await?);
            }
        }
        Ok(told)
    }
}

impl Caller {
    /// What the caller may know of the commits on a ticket from a version on.
    async fn news_of(
        &self,
        ticket: &Ticket,
        since: Version,
    ) -> Result<Option<ListNews>, DeskError> {
        let number = ticket.number;
        Ok(match Scope::of(&self.actor).level(ticket) {
            None => None,
            Some(Level::Team) => Some(ListNews::Team {
                number,
                version: ticket.version,
            }),
            Some(Level::Customer) => {
                let history = self.desk.ports.store.history(ticket.id, None).await?;
                is_public_since(&history, since).then_some(ListNews::Customer { number })
            }
        })
    }
}

impl Heard {
    fn is_empty(&self) -> bool {
        self.tickets.is_empty() && !self.missed
    }

    /// Remembers a hint; `false` when it is none about tickets.
    fn note(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Committed { ticket, version } => {
                let earliest = self.tickets.entry(ticket).or_insert(version);
                *earliest = version.min(*earliest);
                if self.tickets.len() > MOST {
                    self.tickets.clear();
                    self.missed = true;
                }
                true
            }
            Happening::MailAccepted => false,
            Happening::Missed => {
                self.tickets.clear();
                self.missed = true;
                true
            }
        }
    }
}
