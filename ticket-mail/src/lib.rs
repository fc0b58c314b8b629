mod html;
mod read;
// mod send;

pub use html::to_text as html_to_text;
pub use read::{Unreadable, limits, read};
// pub use send::{Credentials, Security, SmtpNotifier, SmtpSettings, WrongSmtpSettings};
