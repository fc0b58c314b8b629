//! People and their tokens.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use ticket_core::desk::DeskError;
use ticket_core::person::{Person, Role};
use ticket_core::port::{Ids as _, StoreError};
use ticket_core::settings::Settings;
use ticket_core::system::RandomIds;
use ticket_core::value::{EmailAddress, PersonId, QueueKey};

use crate::cli::{NewPerson, Options, RoleWord};
use crate::output::{hint, say};
use crate::wire::{self, Wired};

/// One day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// `ticketd createsuperuser`
pub(crate) async fn create_superuser(
    options: &Options,
    email: Option<EmailAddress>,
    name: Option<String>,
) -> anyhow::Result<()> {
    let email = match email {
        Some(email) => email,
        None => ask("E-mail address")?.parse()?,
    };
    let name = match name {
        Some(name) => name,
        None => ask("Name")?,
    };
    let wired = wire::make(options).await?;
    let admin = admin(&wired, &email, &name).await?;
    let token = wired.desk.issue_token(&admin, "admin", None).await?;
    settle(&wired).await?;
    wired.close().await;
    hint(&format!(
        "{email} is an admin. The token is shown this once:"
    ));
    say(&format!("{}\n", token.reveal()))
}

/// Makes somebody an admin, new or known.
pub(crate) async fn admin(
    wired: &Wired,
    email: &EmailAddress,
    name: &str,
) -> anyhow::Result<PersonId> {
    let mut taken = false;
    loop {
        let known = wired.roster.by_address(email).await?;
        let mut person =
            known.unwrap_or_else(|| Person::new(new_id(), name, email.clone(), Role::Admin));
        person.role = Role::Admin;
        person.active = true;
        match wired.roster.save_person(&person).await {
            Ok(()) => return Ok(person.id),
            // Another node made the same person meanwhile.
            Err(StoreError::AlreadyExists { .. }) if !taken => taken = true,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Saves the default settings if there are none; from then on this is no first start. Of several
/// nodes that do so at once, one is told that it was the first.
pub(crate) async fn settle(wired: &Wired) -> anyhow::Result<bool> {
    if wired.desk.store().settings_generation().await? > 0 {
        return Ok(false);
    }
    let saved = wired
        .desk
        .operating()
        .save_settings(0, Settings::default())
        .await;
    match saved {
        Ok(_) => Ok(true),
        Err(DeskError::Store(StoreError::Conflict { .. })) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// `ticketd token`
pub(crate) async fn token(
    options: &Options,
    email: &EmailAddress,
    label: &str,
    days: Option<u16>,
) -> anyhow::Result<()> {
    let wired = wire::open(options).await?;
    let person = wired.desk.directory().by_address(email).await?;
    let person = person.with_context(|| format!("there is nobody with the address {email}"))?;
    if !person.active {
        bail!("{email} is not active");
    }
    let lifetime = days.map(|days| Duration::from_secs(u64::from(days) * DAY));
    let token = wired.desk.issue_token(&person.id, label, lifetime).await?;
    wired.close().await;
    hint("The token is shown this once:");
    say(&format!("{}\n", token.reveal()))
}

/// `ticketd person add`
pub(crate) async fn add(options: &Options, new: NewPerson) -> anyhow::Result<()> {
    let wired = wire::make(options).await?;
    let settings = wired.desk.settings().await?;
    let unknown = new
        .queues
        .iter()
        .find(|queue| settings.queue(queue).is_none());
    if let Some(queue) = unknown {
        let queues = settings.settings().queues.iter();
        let allowed: Vec<&str> = queues.map(|queue| queue.key.as_str()).collect();
        bail!(
            "there is no queue {queue}; there are: {}",
            allowed.join(", ")
        );
    }
    if let Some(known) = wired.roster.by_address(&new.email).await? {
        bail!("{} is there already, with the id {}", new.email, known.id);
    }
    let role = role(new.role, new.queues)?;
    let person = Person::new(new_id(), &new.name, new.email, role);
    wired.roster.save_person(&person).await?;
    wired.close().await;
    hint("Added. The id is:");
    say(&format!("{}\n", person.id))
}

fn role(word: RoleWord, queues: Vec<QueueKey>) -> anyhow::Result<Role> {
    let queues: BTreeSet<QueueKey> = queues.into_iter().collect();
    let works = !queues.is_empty();
    Ok(match word {
        RoleWord::Customer | RoleWord::Admin if works => {
            bail!("--queue is for agents and light agents; admins work on all queues")
        }
        RoleWord::Agent | RoleWord::LightAgent if !works => {
            bail!("an agent needs at least one --queue to work on")
        }
        RoleWord::Customer => Role::Customer,
        RoleWord::Agent => Role::Agent {
            queues,
            own_tickets_only: false,
        },
        RoleWord::LightAgent => Role::LightAgent { queues },
        RoleWord::Admin => Role::Admin,
    })
}

fn new_id() -> PersonId {
    RandomIds.uuid().into()
}

fn ask(what: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        hint(&format!("{what}:"));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let line = line.trim();
    if line.is_empty() {
        bail!("{what} is needed, as an option or on the standard input");
    }
    Ok(line.to_owned())
}
