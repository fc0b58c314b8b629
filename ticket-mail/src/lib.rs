#![doc = include_str!("../README.md")]

mod html;
mod read;
mod send;
#[cfg(feature = "sink")]
pub mod sink;

pub use html::to_text as html_to_text;
pub use read::{Unreadable, limits, read};
pub use send::{Credentials, Security, SmtpNotifier, SmtpSettings, WrongSmtpSettings};
