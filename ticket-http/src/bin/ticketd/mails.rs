//! `ticketd mail`: what was kept aside.

use std::fmt::Write as _;

use anyhow::bail;
use ticket_core::port::{SpoolState, SpooledStatus};
use ticket_core::value::SpoolId;

use crate::cli::Options;
use crate::output::say;
use crate::wire;

/// `ticketd mail list`
pub(crate) async fn list(options: &Options, limit: u16) -> anyhow::Result<()> {
    let wired = wire::open(options).await?;
    let mails = wired.desk.store().quarantined_mail(None, limit).await?;
    wired.close().await;
    let mut text = String::new();
    for mail in &mails {
        writeln!(text, "{}", line(mail)?)?;
    }
    if mails.is_empty() {
        text.push_str("No mail was kept aside.\n");
    }
    say(&text)
}

fn line(mail: &SpooledStatus) -> anyhow::Result<String> {
    let reason = match &mail.state {
        SpoolState::Quarantined { reason, .. } => serde_json::to_string(reason)?,
        SpoolState::Waiting { .. } | SpoolState::Claimed { .. } | SpoolState::Done { .. } => {
            String::new()
        }
    };
    Ok(format!(
        "{}  {}  {}  {} bytes  {reason}",
        mail.id, mail.received_at, mail.queue, mail.size
    ))
}

/// `ticketd mail run-again`
pub(crate) async fn run_again(options: &Options, id: SpoolId) -> anyhow::Result<()> {
    let wired = wire::open(options).await?;
    let again = wired.desk.run_mail_again(id).await?;
    wired.close().await;
    if !again {
        bail!("there is no mail {id} that was kept aside");
    }
    say("A worker processes it again.\n")
}
