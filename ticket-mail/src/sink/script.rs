//! What the sink shares between its sessions: what to do next, and what it took.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Received;

/// A step of an SMTP conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The greeting.
    Greeting,
    /// EHLO or HELO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The end of the mail.
    Message,
}

/// What the sink does at a step, instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behaviour {
    /// Answers this line, such as `451 4.3.0 later`.
    Answer(String),
    /// Closes the connection without an answer.
    Drop,
    /// Never answers.
    Stall,
    /// Does what it should, but answers this.
    ObeyWith(String),
    /// Does what it should and closes the connection then.
    ObeyThenDrop,
}

#[derive(Default)]
pub(super) struct Shared {
    script: Mutex<Vec<(Step, Behaviour)>>,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    connections: Mutex<usize>,
}

impl Shared {
    pub(super) fn script(&self, step: Step, behaviour: Behaviour) {
        lock(&self.script).push((step, behaviour));
    }

    /// Takes the next behaviour for a step.
    pub(super) fn next(&self, step: Step) -> Option<Behaviour> {
        let mut script = lock(&self.script);
        let at = script.iter().position(|(one, _)| *one == step)?;
        Some(script.remove(at).1)
    }

    pub(super) fn connected(&self) -> usize {
        let mut connections = lock(&self.connections);
        *connections += 1;
        *connections
    }

    pub(super) fn connections(&self) -> usize {
        *lock(&self.connections)
    }

    pub(super) fn take(&self, mail: Received) {
        let mut received = lock(&self.received);
        received.push(mail);
        self.count.send_replace(received.len());
    }

    pub(super) fn received(&self) -> Vec<Received> {
        lock(&self.received).clone()
    }

    pub(super) async fn wait_for(&self, count: usize) -> Vec<Received> {
        // The sender lives as long as this value, so waiting can't fail.
        let _ = self.count.subscribe().wait_for(|now| *now >= count).await;
        self.received()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
