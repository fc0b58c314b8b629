//! `ticketd mail-in`: a mail server's pipe. Stored durably, then exit 0; the rest is a worker's.

use std::io::Read as _;

use ticket_core::value::QueueKey;

use crate::cli::Options;
use crate::exit::{Exit, Failure};
use crate::output::hint;
use crate::wire;

/// Largest mail, in bytes.
const MAIL_MAX: u64 = 50 * 1024 * 1024;

/// Takes one mail from the standard input.
pub(crate) async fn run(options: &Options, queue: &QueueKey) -> anyhow::Result<()> {
    let raw = read()?;
    store(options, queue, raw).await.map_err(|error| {
        let message = format!("the mail was not stored, try again later: {error:#}");
        failure(Exit::Later, &message)
    })
}

fn read() -> anyhow::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let mut input = std::io::stdin().lock().take(MAIL_MAX + 1);
    if let Err(error) = input.read_to_end(&mut raw) {
        let message = format!("the mail could not be read: {error}");
        return Err(failure(Exit::Later, &message));
    }
    if raw.is_empty() {
        return Err(failure(
            Exit::Data,
            "there is no mail on the standard input",
        ));
    }
    if raw.len() as u64 > MAIL_MAX {
        return Err(failure(Exit::Data, "the mail is larger than 50 MiB"));
    }
    Ok(raw)
}

async fn store(options: &Options, queue: &QueueKey, raw: Vec<u8>) -> anyhow::Result<()> {
    let wired = wire::open(options).await?;
    wired.desk.accept_mail(queue.clone(), raw).await?;
    // It is stored: from here on nothing may make the mail server send it again.
    if let Ok(settings) = wired.desk.settings().await
        && settings.queue(queue).is_none()
    {
        hint(&format!(
            "ticketd: there is no queue {queue}; the mail is kept aside, see `ticketd mail list`"
        ));
    }
    wired.close().await;
    Ok(())
}

fn failure(exit: Exit, message: &str) -> anyhow::Error {
    let message = message.to_owned();
    Failure { exit, message }.into()
}
