//! Numbers that grow: a ticket's number for people, a ticket's version for writers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// The number by which people know a ticket.
///
/// Unique in its tenant and growing, not necessarily without gaps; between 1 and `i64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = u64, minimum = 1, maximum = 9223372036854775807i64, examples(1042)))]
#[serde(try_from = "u64", into = "u64")]
pub struct TicketNumber(u64);

impl TicketNumber {
    /// Takes a number.
    ///
    /// # Errors
    /// When it is zero or larger than `i64::MAX`.
    pub fn new(number: u64) -> Result<Self, Invalid> {
        if number == 0 || number > i64::MAX.unsigned_abs() {
            return Err(Invalid::new(
                "number",
                &number.to_string(),
                "a positive whole number is",
            ));
        }
        Ok(Self(number))
    }

    /// The number inside.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TicketNumber {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let number = digits
            .parse()
            .map_err(|_| Invalid::new("number", text, "a positive whole number is"))?;
        Self::new(number)
    }
}

impl TryFrom<u64> for TicketNumber {
    type Error = Invalid;

    fn try_from(number: u64) -> Result<Self, Invalid> {
        Self::new(number)
    }
}

impl From<TicketNumber> for u64 {
    fn from(number: TicketNumber) -> Self {
        number.0
    }
}

/// The version of a ticket: 1 after it was opened, then one more with each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = u64, minimum = 1))]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version of a ticket that was just opened.
    pub const FIRST: Self = Self(1);

    /// Takes a version as stored.
    pub const fn new(version: u64) -> Self {
        Self(version)
    }

    /// The number inside.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
