//! Tickets: what is read and what is written. A handler extracts, calls and maps; it has no rule.

mod presence;
mod read;
mod write;

pub(crate) use presence::{appear, leave, present};
pub(crate) use read::{history, list, notices, show};
pub(crate) use write::{assign, note, open, reply, set_status};
