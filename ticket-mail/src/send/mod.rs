//! Letters out, over SMTP.

mod connect;
mod files;
mod letter;
mod outcome;
mod pool;
mod settings;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::notice::Letter;
use ticket_core::port::{BlobStore, Notifier, NotifyError};
use tokio::time::timeout;

use pool::Pool;
pub use settings::{Credentials, Security, SmtpSettings, WrongSmtpSettings};

/// Delivers letters to one SMTP server.
///
/// It keeps a few connections and reuses them. A letter that the server refuses for good (5xx
/// for its recipient or its content) is [`NotifyError::Never`]; everything else, such as a
/// server that is down, slow or refuses us rather than the letter, is [`NotifyError::Later`].
/// Both hold what the server said, on one line and without our credentials.
pub struct SmtpNotifier {
    pool: Pool,
    blobs: Arc<dyn BlobStore>,
    files_max: u64,
    total: Duration,
}

impl SmtpNotifier {
    /// A notifier that takes the files of letters from `blobs`; it connects when it has
    /// something to send.
    ///
    /// # Errors
    /// When the settings don't fit together; see [`WrongSmtpSettings`].
    pub fn new(
        settings: SmtpSettings,
        blobs: Arc<dyn BlobStore>,
    ) -> Result<Self, WrongSmtpSettings> {
        Ok(Self {
            files_max: settings.files_max,
            total: settings.total_timeout,
            pool: Pool::new(settings)?,
            blobs,
        })
    }

    /// The mail that a letter becomes: the same bytes for the same letter.
    ///
    /// # Errors
    /// When its files can't be read, or its addresses can't be sent to.
    pub async fn render(&self, letter: &Letter) -> Result<Vec<u8>, NotifyError> {
        let files = files::load(self.blobs.as_ref(), &letter.attachments, self.files_max).await?;
        letter::render(letter, files)
    }

    /// Takes leave of the server on all idle connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn send(&self, letter: &Letter) -> Result<(), NotifyError> {
        let mail = self.render(letter).await?;
        let envelope = letter::envelope(letter)?;
        self.pool.send(&envelope, &mail).await
    }
}

#[async_trait]
impl Notifier for SmtpNotifier {
    async fn deliver(&self, letter: &Letter) -> Result<(), NotifyError> {
        timeout(self.total, self.send(letter))
            .await
            .unwrap_or_else(|_| {
                let seconds = self.total.as_secs();
                Err(NotifyError::Later(format!("not sent within {seconds} s")))
            })
    }
}
