//! The first start: an admin, a token, and what to try.

use std::fmt::Write as _;

use ticket_core::desk::Secret;
use ticket_core::value::EmailAddress;

use crate::cli::Options;
use crate::output::{quoted, say};
use crate::people;
use crate::wire::{self, Wired};

/// The address of the first admin; `.localhost` names nobody's mailbox (RFC 6761, 6.3).
const ADMIN: &str = "admin@localhost";

/// Makes the first admin and the default settings if this is the first start, and answers the
/// admin's token, which is stored nowhere.
pub(crate) async fn prepare(wired: &Wired) -> anyhow::Result<Option<Secret>> {
    if wired.desk.store().settings_generation().await? > 0 {
        return Ok(None);
    }
    let email: EmailAddress = ADMIN.parse()?;
    let admin = people::admin(wired, &email, "Administrator").await?;
    if !people::settle(wired).await? {
        return Ok(None);
    }
    let token = wired.desk.issue_token(&admin, "admin", None).await?;
    Ok(Some(token))
}

/// Says where the server is and how to sign in.
pub(crate) async fn greet(
    options: &Options,
    wired: &Wired,
    address: &str,
    token: Option<Secret>,
) -> anyhow::Result<()> {
    let program = program(options);
    let mut text = String::new();
    writeln!(text, "ticketd {} is ready.", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "  Address:  {address}")?;
    writeln!(text, "  Data:     {}", wired.place)?;
    match token {
        Some(token) => {
            let secret = token.reveal();
            writeln!(text, "  Admin:    {ADMIN}")?;
            writeln!(text, "  Token:    {secret}")?;
            writeln!(
                text,
                "            It is shown this once. For another: {program} token --person {ADMIN}"
            )?;
            text.push_str(&try_it(address, &secret, &program));
        }
        None => {
            let email: EmailAddress = ADMIN.parse()?;
            let known = wired.desk.directory().by_address(&email).await?;
            let command = match known.filter(|admin| admin.active) {
                Some(_) => format!("token --person {ADMIN}"),
                None => "createsuperuser".to_owned(),
            };
            writeln!(
                text,
                "  Sign in with a token. For a new one: {program} {command}"
            )?;
        }
    }
    say(&text)
}

fn try_it(address: &str, secret: &str, program: &str) -> String {
    let mail = r"From: Ada <ada@example.org>\nTo: support@localhost\nSubject: Printer jam\nMessage-ID: <1@example.org>\n\nIt is stuck.\n";
    format!(
        "
To see who you are:
  curl -s {address}/api/v1/me -H 'Authorization: Bearer {secret}'

To pipe a mail in, which becomes a ticket within a second:
  printf '{mail}' | {program} mail-in --queue support

To list tickets, and to answer the first one:
  curl -s {address}/api/v1/tickets -H 'Authorization: Bearer {secret}'
  curl -s {address}/api/v1/tickets/1/messages -H 'Authorization: Bearer {secret}' \\
    -H 'Content-Type: application/json' -d '{{\"text\": \"Pull the paper out.\"}}'

"
    )
}

/// This program, as a shell starts it with the same data.
fn program(options: &Options) -> String {
    let program = std::env::current_exe();
    let program = program.map_or_else(
        |_| "ticketd".to_owned(),
        |path| path.to_string_lossy().into_owned(),
    );
    let data = wire::folder(options);
    format!(
        "{} --data {}",
        quoted(&program),
        quoted(&data.to_string_lossy())
    )
}
