//! A desk inside of a program: no server, no database, no network.
//!
//! `cargo run -p examples --example headless`

use std::error::Error;
use std::sync::Arc;

use ticket_core::command::Open;
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::memory::{MemoryDirectory, MemoryNotifier, MemoryStore};
use ticket_core::person::{Person, Role};
use ticket_core::port::Roster;
use ticket_core::ticket::EventRecord;
use ticket_core::value::Body;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it talks to whoever runs it")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Box<dyn Error>> {
    // People first: the desk asks this directory who somebody is, where they read mail, and what
    // they may do. A host puts its own user table behind the same trait.
    let people = MemoryDirectory::new();
    let ada = Person::customer("ada".parse()?, "Ada", "ada@example.org".parse()?);
    let role = Role::Agent {
        queues: ["support".parse()?].into(),
        own_tickets_only: false,
    };
    let bob = Person::new("bob".parse()?, "Bob", "bob@example.com".parse()?, role);
    people.save_person(&ada).await?;
    people.save_person(&bob).await?;

    // Without settings of your own there is one queue, `support`, with a workflow that works.
    let notifier = MemoryNotifier::new();
    let key = SigningKey::new([7; 32]); // yours is secret, and stays the same
    let desk = Desk::builder(Arc::new(MemoryStore::new()), Arc::new(people), key)
        .notifier(Arc::new(notifier.clone()))
        .build();

    // Somebody acts with the rights that they have now, so make a caller for each request.
    let asks = desk.acting(&ada.id).await?;
    let subject = "Printer jam".parse()?;
    let open = Open::new("support".parse()?, subject, "It eats paper.".parse()?);
    let ticket = asks.open(open).await?.ticket;

    let answers = desk.acting(&bob.id).await?;
    answers.take(ticket).await?;
    let secret: Body = "The same one as last week?".parse()?;
    answers.note(ticket, secret).await?;
    let reply: Body = "Please open the lid.".parse()?;
    answers.reply(ticket, reply).await?;
    answers.set_status(ticket, "solved".parse()?).await?;

    // Notices wait in the store until a worker takes them; call this again and again.
    while !desk.deliver(10).await?.is_idle() {}

    let mut report = vec!["History:".to_owned()];
    report.extend(answers.history(ticket).await?.iter().map(line));
    report.push("Letters:".to_owned());
    for letter in notifier.letters() {
        report.push(format!("  to {}: {}", letter.to.address, letter.subject));
    }
    Ok(report.join("\n"))
}

/// An event in one line; all of them serialize, so their names need no list of ours.
fn line(record: &EventRecord) -> String {
    let event = serde_json::to_value(&record.event).unwrap_or_default();
    let name = event["event"].as_str().unwrap_or_default();
    format!("  version {}: {name}", record.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ticket_is_opened_answered_and_solved() {
        let report = run().await.expect("the example runs");
        let (history, letters) = report.split_once("Letters:").expect("both parts");
        for event in ["opened", "assigned", "noted", "replied", "status_changed"] {
            assert!(history.contains(event), "{event} in {history}");
        }
        assert!(letters.contains("to ada@example.org"), "{letters}");
        assert!(letters.contains("Printer jam"), "{letters}");
    }
}
