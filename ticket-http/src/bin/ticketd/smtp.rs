//! The mail server that takes our mail.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use ticket_core::port::{BlobStore, MailReader, Notifier};
use ticket_mail::{Credentials, Security, SmtpNotifier, SmtpSettings};

use crate::cli::{SmtpOptions, SmtpSecurity};
use crate::secret;

/// The variable of the password.
const PASSWORD: &str = "TICKETD_SMTP_PASSWORD";

/// What brings letters to people, if a server is named.
pub(crate) fn notifier(
    options: &SmtpOptions,
    blobs: Arc<dyn BlobStore>,
) -> anyhow::Result<Option<Arc<dyn Notifier>>> {
    let Some(host) = options.smtp_host.as_deref().filter(|host| !host.is_empty()) else {
        return Ok(None);
    };
    let (security, port) = match options.smtp_security {
        SmtpSecurity::Starttls => (Security::StartTls, 587),
        SmtpSecurity::Tls => (Security::Tls, 465),
        SmtpSecurity::None => (Security::None, 25),
    };
    let mut settings = SmtpSettings::new(host);
    settings.security = security;
    settings.port = options.smtp_port.unwrap_or(port);
    settings.credentials = match (&options.smtp_user, secret::from_environment(PASSWORD)?) {
        (Some(user), Some(password)) => Some(Credentials::new(user, password)),
        (None, None) => None,
        (Some(_), None) => bail!("there is a user name for the mail server, but no {PASSWORD}"),
        (None, Some(_)) => bail!("there is a {PASSWORD}, but no TICKETD_SMTP_USER"),
    };
    let notifier = SmtpNotifier::new(settings, blobs);
    Ok(Some(Arc::new(notifier.context("the mail server")?)))
}

/// What understands MIME.
pub(crate) struct Mime;

impl MailReader for Mime {
    fn read(&self, raw: &[u8]) -> Result<ticket_core::mail::InboundMail, String> {
        ticket_mail::read(raw).map_err(|error| error.to_string())
    }
}
