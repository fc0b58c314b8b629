//! A notifier of your own: letters become messages in a team chat.
//!
//! `cargo run -p examples --example own_notifier`
//!
//! The desk keeps every notice until its notifier took it. All that a notifier decides is whether
//! a failure may pass ([`NotifyError::Later`]: the desk waits and tries again) or not
//! ([`NotifyError::Never`]: the notice is dead until somebody requeues it).

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::command::Open;
use ticket_core::desk::{Delivered, Desk};
use ticket_core::mail::{MailMessageId, SigningKey};
use ticket_core::memory::{MemoryDirectory, MemoryStore};
use ticket_core::notice::Letter;
use ticket_core::person::Person;
use ticket_core::port::{Notifier, NotifyError, Roster};
use ticket_core::system::FixedClock;

/// Posts letters to a chat; yours would call its web hook here, with a timeout.
#[derive(Default)]
struct ChatNotifier {
    chat: Mutex<Chat>,
}

#[derive(Default)]
struct Chat {
    away: bool,
    posted: Vec<String>,
    seen: BTreeSet<MailMessageId>,
}

#[async_trait]
impl Notifier for ChatNotifier {
    async fn deliver(&self, letter: &Letter) -> Result<(), NotifyError> {
        let mut chat = self.chat.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody here will ever read it: trying again would not help.
        if letter.to.address.domain() != "example.org" {
            return Err(NotifyError::Never("not one of our rooms".to_owned()));
        }
        if chat.away {
            return Err(NotifyError::Later("the chat does not answer".to_owned()));
        }
        // After a crash the desk may bring the same letter again. Its Message-ID is the same
        // then; mail servers know it by that, and so can a chat.
        if chat.seen.insert(letter.message_id.clone()) {
            let (to, subject) = (&letter.to.address, &letter.subject);
            chat.posted.push(format!("@{to}: {subject}"));
        }
        Ok(())
    }
}

impl ChatNotifier {
    fn set_away(&self, away: bool) {
        self.chat
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .away = away;
    }

    fn posted(&self) -> Vec<String> {
        let chat = self.chat.lock().unwrap_or_else(PoisonError::into_inner);
        chat.posted.clone()
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it talks to whoever runs it")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Box<dyn Error>> {
    let people = MemoryDirectory::new();
    let ada = Person::customer(1_u64.into(), "Ada", "ada@example.org".parse()?);
    let eve = Person::customer(2_u64.into(), "Eve", "eve@example.net".parse()?);
    people.save_person(&ada).await?;
    people.save_person(&eve).await?;

    // A clock that we move ourselves, so that nobody waits for the second attempt.
    let clock = FixedClock::at("2026-01-31T12:00:00Z".parse()?);
    let notifier = Arc::new(ChatNotifier::default());
    let store = Arc::new(MemoryStore::new());
    let desk = Desk::builder(store, Arc::new(people), SigningKey::new([7; 32]))
        .notifier(notifier.clone())
        .clock(Arc::new(clock.clone()))
        .build();

    // Each of them is told that the request has arrived.
    for person in [&ada.id, &eve.id] {
        let subject = "Printer jam".parse()?;
        let open = Open::new("support".parse()?, subject, "It is stuck.".parse()?);
        desk.acting(person).await?.open(open).await?;
    }

    notifier.set_away(true);
    let mut report = vec![line("the chat is away", desk.deliver(10).await?)];
    report.push(line("at once again", desk.deliver(10).await?));
    notifier.set_away(false);
    clock.advance(Duration::from_secs(60));
    report.push(line("a minute later", desk.deliver(10).await?));
    report.extend(notifier.posted());
    Ok(report.join("\n"))
}

fn line(when: &str, delivered: Delivered) -> String {
    let Delivered {
        sent,
        retried,
        dead,
        ..
    } = delivered;
    format!("{when}: {sent} sent, {retried} to try again, {dead} dead")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_what_may_not_is_given_up() {
        let report = run().await.expect("the example runs");
        let lines: Vec<&str> = report.lines().collect();
        let [away, at_once, later, posted] = lines[..] else {
            panic!("four lines in {report}");
        };
        assert_eq!(away, "the chat is away: 0 sent, 1 to try again, 1 dead");
        assert_eq!(at_once, "at once again: 0 sent, 0 to try again, 0 dead");
        assert_eq!(later, "a minute later: 1 sent, 0 to try again, 0 dead");
        assert!(posted.starts_with("@ada@example.org: "), "{posted}");
    }
}
