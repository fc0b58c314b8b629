//! What comes from outside, parsed into values before anything is done with it.

mod body;
mod described;
mod headers;
mod parameters;
mod prefix;

pub(crate) use body::{Input, Said, Written, present};
pub(crate) use described::{IdempotencyKeyHeader, IfMatch, IfNoneMatch, LastEventId};
pub(crate) use headers::{if_match, if_none_match};
pub(crate) use parameters::{ListParameters, ListQuery, TicketPath};
pub(crate) use prefix::Prefix;
