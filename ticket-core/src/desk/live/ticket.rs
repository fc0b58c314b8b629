//! A ticket that lives: what happens to it.

use super::{Position, hear};
use crate::authority::{Level, Scope};
use crate::decide::public_news;
use crate::desk::{Caller, DeskError};
use crate::port::{Happening, Reference, Subscription};
use crate::refusal::Refusal;
use crate::ticket::{EventRecord, Ticket};
use crate::value::{TicketId, TicketNumber, Version};
use crate::view::CustomerNews;

/// What somebody who looks at a ticket is told of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketNews {
    /// Everything, for the team.
    Team {
        /// The version that the ticket had afterwards.
        version: Version,
        /// What happened, in order.
        events: Vec<EventRecord>,
    },
    /// What customers may know.
    Customer {
        /// How many pieces of news there were, with this one.
        count: u64,
        /// What they may know.
        news: CustomerNews,
    },
}

impl TicketNews {
    /// Whoever was told this was told everything up to there.
    pub const fn position(&self) -> Position {
        match self {
            Self::Team { version, .. } => Position::Version(*version),
            Self::Customer { count, .. } => Position::Public(*count),
        }
    }
}

/// Tells somebody what happens to a ticket.
pub struct LiveTicket {
    ticket: TicketId,
    number: TicketNumber,
    told: Position,
    /// The version up to which the history was looked through; none: look in any case.
    looked: Option<Version>,
    from_anew: bool,
    bus: Box<dyn Subscription>,
}

impl std::fmt::Debug for LiveTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveTicket")
            .field("ticket", &self.ticket)
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}

impl Caller {
    /// Listens for what happens to a ticket: from now on, or after what was told before.
    ///
    /// A position of the other side, or one that the ticket has not reached, is of no use: then
    /// [`LiveTicket::is_from_anew`] says that it begins now.
    ///
    /// # Errors
    /// Refused, when there is no such ticket or the caller may not see it; or the store fails.
    pub async fn watch_ticket(
        &self,
        ticket: impl Into<Reference>,
        after: Option<Position>,
    ) -> Result<LiveTicket, DeskError> {
        // Listening begins before reading, so that nothing happens in between.
        let bus = self.desk.subscribe().await;
        let ticket = self.visible(&ticket.into()).await?;
        let now = self.position(&ticket).await?;
        let (told, from_anew) = match (after, now) {
            (None, now) => (now, false),
            (Some(after), now) if is_reached(after, now) => (after, false),
            (Some(_), now) => (now, true),
        };
        Ok(LiveTicket {
            ticket: ticket.id,
            number: ticket.number,
            told,
            looked: (told == now).then_some(ticket.version),
            from_anew,
            bus,
        })
    }

    /// How far the news of a ticket go, on the caller's side.
    async fn position(&self, ticket: &Ticket) -> Result<Position, DeskError> {
        Ok(match Scope::of(&self.actor).level(ticket) {
            Some(Level::Team) => Position::Version(ticket.version),
            Some(Level::Customer) | None => {
                let news = public_news(&self.history_until(ticket, None).await?);
                Position::Public(count(&news))
            }
        })
    }

    /// The events after a version, up to the state of the ticket for which rights were checked.
    async fn history_until(
        &self,
        ticket: &Ticket,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, DeskError> {
        let mut history = self.desk.ports.store.history(ticket.id, after).await?;
        history.retain(|record| record.version <= ticket.version);
        Ok(history)
    }
}

impl LiveTicket {
    /// The number of the ticket.
    pub const fn number(&self) -> TicketNumber {
        self.number
    }

    /// How far its news were told.
    pub const fn position(&self) -> Position {
        self.told
    }

    /// Whether something may have been missed: the position asked for is of no use here.
    pub const fn is_from_anew(&self) -> bool {
        self.from_anew
    }

    /// Waits until there may be news; `false` when no hints come any more.
    ///
    /// Hints can get lost: ask for [`Self::news`] from time to time in any case. Nothing is lost
    /// when the future is dropped.
    pub async fn wait(&mut self) -> bool {
        if self.looked.is_none() {
            return true;
        }
        let (own, looked) = (self.ticket, &mut self.looked);
        hear(&mut *self.bus, |happening| match happening {
            Happening::Committed { ticket, version } => {
                let is_new = ticket == own && looked.is_none_or(|looked| looked < version);
                if is_new {
                    *looked = None;
                }
                is_new
            }
            Happening::MailAccepted => false,
            Happening::Missed => {
                *looked = None;
                true
            }
        })
        .await
    }

    /// What happened since the last call, as far as the caller may know.
    ///
    /// Look the caller up anew for each call: the rights that count are those of the caller given.
    ///
    /// # Errors
    /// Refused, when the caller does not see the ticket any more, or not from the same side as
    /// before; or the store fails.
    pub async fn news(&mut self, caller: &Caller) -> Result<Vec<TicketNews>, DeskError> {
        let ticket = caller.visible(&Reference::Id(self.ticket)).await?;
        let level = Scope::of(&caller.actor).level(&ticket);
        let news = match (self.told, level) {
            (Position::Version(_), Some(Level::Team))
            | (Position::Public(_), Some(Level::Customer))
                if self.looked == Some(ticket.version) =>
            {
                Vec::new()
            }
            (Position::Version(told), Some(Level::Team)) => {
                by_version(caller.history_until(&ticket, Some(told)).await?)
            }
            (Position::Public(told), Some(Level::Customer)) => {
                let news = public_news(&caller.history_until(&ticket, None).await?);
                let counted = (1_u64..).zip(news).filter(|(count, _)| *count > told);
                let tell = |(count, news)| TicketNews::Customer { count, news };
                counted.map(tell).collect()
            }
            (Position::Version(_) | Position::Public(_), _) => {
                return Err(Refusal::NotFound { what: "ticket" }.into());
            }
        };
        self.looked = Some(ticket.version);
        if let Some(last) = news.last() {
            self.told = last.position();
        }
        Ok(news)
    }
}

fn by_version(history: Vec<EventRecord>) -> Vec<TicketNews> {
    let mut news: Vec<TicketNews> = Vec::new();
    for record in history {
        match news.last_mut() {
            Some(TicketNews::Team { version, events }) if *version == record.version => {
                events.push(record);
            }
            Some(_) | None => news.push(TicketNews::Team {
                version: record.version,
                events: vec![record],
            }),
        }
    }
    news
}

const fn is_reached(after: Position, now: Position) -> bool {
    match (after, now) {
        (Position::Version(after), Position::Version(now)) => after.get() <= now.get(),
        (Position::Public(after), Position::Public(now)) => after <= now,
        (Position::Version(_), Position::Public(_))
        | (Position::Public(_), Position::Version(_)) => false,
    }
}

fn count(news: &[CustomerNews]) -> u64 {
    u64::try_from(news.len()).unwrap_or(u64::MAX)
}
