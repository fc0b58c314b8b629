//! What understands MIME.

use crate::mail::InboundMail;

/// Understands raw mail.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait MailReader: Send + Sync {
    /// Reads a raw mail.
    ///
    /// Pure and bounded in time and memory by the size of the mail, whatever it holds.
    ///
    /// # Errors
    /// Why the bytes are no mail, in one line without contents.
    fn read(&self, raw: &[u8]) -> Result<InboundMail, String>;
}
