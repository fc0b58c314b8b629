//! What comes from outside, parsed into values before anything is done with it.

mod body;
mod headers;
mod parameters;

pub(crate) use body::{Input, Said, Written, present};
pub(crate) use headers::{if_match, if_none_match};
pub(crate) use parameters::{ListParameters, TicketPath};
