//! What an error of the server means for the letter.

use lettre::transport::smtp::Error;
use ticket_core::port::NotifyError;

use super::settings::Credentials;

/// Longest error text, in characters.
const TEXT_MAX: usize = 300;

/// Where in the conversation something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Greeting, EHLO, STARTTLS and the like: about us.
    Connect,
    /// Signing in: about us.
    SignIn,
    /// MAIL FROM: about us.
    Sender,
    /// RCPT TO: about the recipient.
    Recipient,
    /// DATA and the mail itself: about the letter.
    Data,
}

impl Stage {
    const fn words(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::SignIn => "signing in",
            Self::Sender => "giving the sender",
            Self::Recipient => "giving the recipient",
            Self::Data => "handing over the mail",
        }
    }

    const fn is_about_the_letter(self) -> bool {
        match self {
            Self::Connect | Self::SignIn | Self::Sender => false,
            Self::Recipient | Self::Data => true,
        }
    }
}

/// What to tell the desk.
pub(super) fn failure(
    stage: Stage,
    error: &Error,
    credentials: Option<&Credentials>,
) -> NotifyError {
    let text = format!("{}: {}", stage.words(), whole(error));
    let text = credentials.map_or_else(|| text.clone(), |one| one.hide_in(&text));
    let text = one_line(&text);
    if stage.is_about_the_letter() && error.is_permanent() && !wants_sign_in(error) {
        NotifyError::Never(text)
    } else {
        NotifyError::Later(text)
    }
}

/// Whether the connection can be used after this error: the server answered, and did not close.
pub(super) fn is_answer(error: &Error) -> bool {
    (error.is_permanent() || error.is_transient()) && code(error) != Some(421)
}

/// 530, 534, 535 and 538 (RFC 4954, 6) are about our settings, wherever they come.
fn wants_sign_in(error: &Error) -> bool {
    matches!(code(error), Some(530 | 534 | 535 | 538))
}

fn code(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// An error with its causes.
fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(TEXT_MAX)
        .collect()
}
