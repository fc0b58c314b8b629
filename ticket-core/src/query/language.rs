//! The line that people type into a search box.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Query;
use crate::settings::CheckedSettings;
use crate::value::{EmailAddress, PersonId};

/// What is wrong in a search line, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at {}: {found:?} is not understood; {allowed}", at.start + 1)]
pub struct QueryError {
    /// Where, in characters from the beginning of the line.
    pub at: Range<usize>,
    /// What stands there.
    pub found: String,
    /// What is allowed there.
    pub allowed: String,
}

/// A search line that was understood, before people are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    query: Query,
}

impl Parsed {
    /// The addresses that the line names, to be looked up in the directory.
    pub fn addresses(&self) -> Vec<EmailAddress> {
        Vec::new()
    }

    /// The query, with `me` and addresses put in.
    ///
    /// # Errors
    /// When the line says `me` and there is nobody, or an address is nobody's.
    pub fn bind(
        self,
        me: Option<&PersonId>,
        people: &BTreeMap<EmailAddress, PersonId>,
    ) -> Result<Query, QueryError> {
        let _ = (me, people);
        Ok(self.query)
    }
}

/// Reads a search line such as `status:open assignee:me -tag:spam "printer jam"`.
///
/// # Errors
/// When a part of the line is not understood.
pub fn parse(line: &str, settings: &CheckedSettings) -> Result<Parsed, QueryError> {
    let _ = (line, settings);
    Ok(Parsed {
        query: Query::all(),
    })
}
