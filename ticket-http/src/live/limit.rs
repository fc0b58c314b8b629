//! How many streams there may be, and their end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ticket_core::desk::Caller;
use ticket_core::value::PersonId;
use tokio::sync::watch;

use crate::problem::{Problem, ProblemKind};

/// How many streams one person may have open: some windows, on some machines.
const EACH: u32 = 16;

/// How many streams all together may be open on one node.
const ALL: u32 = 2_000;

/// When to ask again for a stream.
const LATER: Duration = Duration::from_secs(5);

/// The live streams of a router; clones are the same.
///
/// A server that stops calls [`Live::end`]: streams have no end of their own.
#[derive(Debug, Clone)]
pub struct Live(Arc<Streams>);

#[derive(Debug)]
struct Streams {
    open: Mutex<Open>,
    end: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Open {
    all: u32,
    of: BTreeMap<Option<PersonId>, u32>,
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

impl Live {
    /// No streams yet.
    pub fn new() -> Self {
        Self(Arc::new(Streams {
            open: Mutex::default(),
            end: watch::Sender::new(false),
        }))
    }

    /// Ends all streams now, and those that begin later.
    ///
    /// Browsers come back by themselves, to another node, and hear what they missed.
    pub fn end(&self) {
        self.0.end.send_replace(true);
    }

    pub(super) fn ended(&self) -> watch::Receiver<bool> {
        self.0.end.subscribe()
    }

    /// A place for one more stream of a person.
    pub(super) fn seat(&self, caller: &Caller) -> Result<Seat, Problem> {
        let person = caller.actor().id().cloned();
        let mut open = self.open();
        let own = open.of.get(&person).copied().unwrap_or(0);
        let refuse = |detail: String| {
            let problem = Problem::new(ProblemKind::TooOften).detail(detail);
            Err(problem.retry_after(LATER))
        };
        if own >= EACH {
            return refuse(format!("{own} streams are open; more are not allowed"));
        }
        if open.all >= ALL {
            return refuse("too many streams are open".to_owned());
        }
        open.all += 1;
        open.of.insert(person.clone(), own + 1);
        drop(open);
        let live = self.clone();
        Ok(Seat { live, person })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a stream, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    live: Live,
    person: Option<PersonId>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.live.open();
        open.all = open.all.saturating_sub(1);
        if let Some(own) = open.of.get_mut(&self.person) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.of.remove(&self.person);
            }
        }
    }
}
