//! A few connections, used again and again.
//!
//! lettre's own pool leaves `TCP_NODELAY` off, which costs 40 ms a mail (fixed after 0.11.23), and
//! asks each connection whether it lives before each mail.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use ticket_core::port::NotifyError;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::connect::Connector;
use super::outcome::{Stage, failure, is_answer};
use super::settings::{SmtpSettings, WrongSmtpSettings};

pub(super) struct Pool {
    connector: Connector,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    smtp: AsyncSmtpConnection,
    used: Instant,
    letters: u32,
}

/// Why a letter did not go over a connection.
enum Failure {
    /// The server had closed the connection before it heard of the letter.
    Stale(NotifyError),
    /// Anything else.
    Final(NotifyError),
}

impl Pool {
    pub(super) fn new(settings: SmtpSettings) -> Result<Self, WrongSmtpSettings> {
        let connector = Connector::new(settings)?;
        Ok(Self {
            permits: Semaphore::new(connector.settings().connections),
            connector,
            idle: Mutex::default(),
        })
    }

    /// Sends a mail over an idle connection or a new one.
    pub(super) async fn send(&self, envelope: &Envelope, mail: &[u8]) -> Result<(), NotifyError> {
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| NotifyError::Later("the notifier is closed".to_owned()))?;
        if let Some(connection) = self.take_idle() {
            match self.send_over(connection, envelope, mail).await {
                Err(Failure::Stale(_)) => {}
                Err(Failure::Final(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
        let fresh = Connection {
            smtp: self.connector.connect().await?,
            used: Instant::now(),
            letters: 0,
        };
        self.send_over(fresh, envelope, mail)
            .await
            .map_err(|failure| match failure {
                Failure::Stale(error) | Failure::Final(error) => error,
            })
    }

    /// Says QUIT on all idle connections.
    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.lock());
        for mut connection in idle {
            let goodbye = connection.smtp.quit();
            // Whether the server answers does not matter any more.
            let _ = timeout(self.connector.settings().command_timeout, goodbye).await;
        }
    }

    /// The connection used last, so that the others grow old; old ones are dropped.
    fn take_idle(&self) -> Option<Connection> {
        let longest = self.connector.settings().idle;
        let mut idle = self.lock();
        idle.retain(|connection| connection.used.elapsed() < longest);
        idle.pop()
    }

    fn put_back(&self, mut connection: Connection) {
        connection.used = Instant::now();
        if connection.letters < self.connector.settings().letters_per_connection
            && !connection.smtp.has_broken()
        {
            self.lock().push(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send_over(
        &self,
        mut connection: Connection,
        envelope: &Envelope,
        mail: &[u8],
    ) -> Result<(), Failure> {
        let reused = connection.letters > 0;
        connection.letters += 1;
        let (stage, found) = self.converse(&mut connection.smtp, envelope, mail).await?;
        let Err(error) = found else {
            self.put_back(connection);
            return Ok(());
        };
        let told = failure(
            stage,
            &error,
            self.connector.settings().credentials.as_ref(),
        );
        if is_answer(&error) {
            let reset = self
                .answer("resetting", connection.smtp.command(Rset))
                .await;
            if matches!(reset, Ok(Ok(_))) {
                self.put_back(connection);
            }
            Err(Failure::Final(told))
        } else if reused && stage == Stage::Sender {
            Err(Failure::Stale(told))
        } else {
            Err(Failure::Final(told))
        }
    }

    /// The conversation about one mail: how far it came, and what the server said there.
    async fn converse(
        &self,
        smtp: &mut AsyncSmtpConnection,
        envelope: &Envelope,
        mail: &[u8],
    ) -> Result<(Stage, Result<Response, Error>), Failure> {
        let mut parameters = Vec::new();
        if !mail.is_ascii() || is_international(envelope) {
            if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                let text = "the server takes no international addresses (RFC 6531)";
                return Err(Failure::Final(NotifyError::Never(text.to_owned())));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let sender = smtp.command(Mail::new(envelope.from().cloned(), parameters));
        let sender = self.answer("giving the sender", sender).await?;
        if sender.is_err() {
            return Ok((Stage::Sender, sender));
        }
        for to in envelope.to() {
            let recipient = smtp.command(Rcpt::new(to.clone(), Vec::new()));
            let recipient = self.answer("giving the recipient", recipient).await?;
            if recipient.is_err() {
                return Ok((Stage::Recipient, recipient));
            }
        }
        let data = self
            .answer("handing over the mail", smtp.command(Data))
            .await?;
        if data.is_err() {
            return Ok((Stage::Data, data));
        }
        // lettre adds a line break before the final dot.
        let mail = mail.strip_suffix(b"\r\n").unwrap_or(mail);
        // A large mail may take longer than a command; the time for the letter bounds it.
        Ok((Stage::Data, smtp.message(mail).await))
    }

    async fn answer<T>(&self, what: &str, command: impl Future<Output = T>) -> Result<T, Failure> {
        timeout(self.connector.settings().command_timeout, command)
            .await
            .map_err(|_| Failure::Final(self.connector.slow(what)))
    }
}

fn is_international(envelope: &Envelope) -> bool {
    let mut addresses = envelope.to().iter().chain(envelope.from());
    addresses.any(|address| {
        let text: &str = address.as_ref();
        !text.is_ascii()
    })
}
