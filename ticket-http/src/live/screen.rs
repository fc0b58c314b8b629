//! One stream: what it waits for, and what it says next.

use std::collections::VecDeque;
use std::time::Duration;

use axum::http::request::Parts;
use axum::response::sse::Event;
use ticket_core::desk::{Caller, DeskError, ListNews, LiveList, LiveTicket};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::limit::Seat;
use super::{CHECK, event, is_same};
use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

/// How often a sign of life is sent.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The shortest time between two looks for news: what happens meanwhile is told together.
const PAUSE: Duration = Duration::from_millis(100);

/// The same after a reset, for a client then reads its lists again.
const PAUSE_AFTER_RESET: Duration = Duration::from_secs(1);

/// Where news come from.
pub(super) enum Source {
    List(LiveList),
    Ticket(Box<LiveTicket>),
}

/// One stream.
///
/// It makes its next event when the connection has taken the one before, so nothing piles up for
/// a slow reader but hints, of which the bus keeps few.
pub(super) struct Screen {
    api: Api,
    /// The request, by which its sender is known again.
    parts: Parts,
    caller: Caller,
    source: Source,
    made: VecDeque<Event>,
    /// How many events of a list were told.
    told: u64,
    ended: watch::Receiver<bool>,
    not_before: Instant,
    next_check: Instant,
    next_heartbeat: Instant,
    _seat: Seat,
}

impl Screen {
    pub(super) fn new(api: Api, parts: Parts, caller: &Caller, source: Source, seat: Seat) -> Self {
        let now = Instant::now();
        Self {
            ended: api.live.ended(),
            api,
            parts,
            caller: caller.clone(),
            source,
            made: VecDeque::new(),
            told: 0,
            not_before: now,
            next_check: now + CHECK,
            next_heartbeat: now + HEARTBEAT,
            _seat: seat,
        }
    }

    /// Says that a list begins; a client that comes `again` has missed something.
    pub(super) fn begin_list(&mut self, again: bool) {
        self.made.extend(event::ready("0"));
        if again {
            self.made.extend(event::reset("0"));
        }
    }

    /// Says where a ticket begins.
    pub(super) fn begin_ticket(&mut self) -> Result<(), Problem> {
        let Source::Ticket(ticket) = &self.source else {
            return Err(Problem::new(ProblemKind::Internal));
        };
        let position = ticket.position().to_string();
        self.made.extend(event::ready(&position));
        if ticket.is_from_anew() {
            self.made.extend(event::reset(&position));
        }
        Ok(())
    }

    /// The next event; none when the stream is over.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if *self.ended.borrow() {
                return None;
            }
            if let Some(event) = self.made.pop_front() {
                return Some(event);
            }
            match self.wait().await {
                Woken::Over => return None,
                Woken::Heartbeat => {
                    self.next_heartbeat += HEARTBEAT;
                    return Some(event::heartbeat());
                }
                Woken::Look => {}
            }
            if let Err(over) = self.look().await {
                over.log();
                return None;
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let (source, not_before) = (&mut self.source, self.not_before);
        let heard = async {
            sleep_until(not_before).await;
            match source {
                Source::List(list) => list.wait().await,
                Source::Ticket(ticket) => ticket.wait().await,
            }
        };
        tokio::select! {
            biased;
            _ = self.ended.wait_for(|ended| *ended) => Woken::Over,
            () = sleep_until(self.next_heartbeat) => Woken::Heartbeat,
            heard = heard => if heard { Woken::Look } else { Woken::Over },
            () = sleep_until(self.next_check) => Woken::Look,
        }
    }

    /// Asks who the caller is now, and what they may know.
    async fn look(&mut self) -> Result<(), Over> {
        let found = self
            .api
            .authenticate
            .authenticate(&self.api.desk, &self.parts)
            .await?;
        let caller = found
            .filter(|caller| is_same(caller, &self.caller))
            .ok_or(Over::NotAllowed)?;
        let mut pause = PAUSE;
        match &mut self.source {
            Source::List(list) => {
                for news in list.news(&caller).await? {
                    if news == ListNews::Missed {
                        pause = PAUSE_AFTER_RESET;
                    }
                    self.told += 1;
                    let id = self.told.to_string();
                    self.made.push_back(event::of_list(&news, &id)?);
                }
            }
            Source::Ticket(ticket) => {
                let number = ticket.number();
                for news in ticket.news(&caller).await? {
                    self.made.push_back(event::of_ticket(number, news)?);
                }
            }
        }
        self.caller = caller;
        let now = Instant::now();
        self.not_before = now + pause;
        self.next_check = now + CHECK;
        Ok(())
    }
}

/// Why a stream does something.
enum Woken {
    Over,
    Heartbeat,
    Look,
}

/// Why a stream ends.
enum Over {
    NotAllowed,
    Fault(String),
}

impl From<DeskError> for Over {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(_) => Self::NotAllowed,
            error => Self::Fault(error.to_string()),
        }
    }
}

impl From<axum::Error> for Over {
    fn from(error: axum::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

impl Over {
    /// Whoever listens comes back and is told then what is wrong; a fault is for the log too.
    fn log(self) {
        match self {
            Self::NotAllowed => tracing::debug!("a stream ended: its reader lost the right"),
            Self::Fault(fault) => tracing::warn!(fault, "a stream was ended by a fault"),
        }
    }
}
