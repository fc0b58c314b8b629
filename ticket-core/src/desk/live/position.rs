//! Places in the news of a ticket.

use std::fmt;
use std::str::FromStr;

use crate::value::{Invalid, Version};

/// How far somebody was told about a ticket, to go on from there later.
///
/// As text `v7` for the team and `p3` for customers. What customers are told is counted apart:
/// versions count notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Position {
    /// The team was told everything up to this version.
    Version(Version),
    /// Customers were told so many pieces of news.
    Public(u64),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "v{version}"),
            Self::Public(count) => write!(f, "p{count}"),
        }
    }
}

impl FromStr for Position {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("position", text, "v and a version, or p and a number, is");
        let (kind, digits) = text.split_at_checked(1).ok_or_else(wrong)?;
        let count: u64 = digits.parse().map_err(|_| wrong())?;
        let position = match kind {
            "v" => Self::Version(Version::new(count)),
            "p" => Self::Public(count),
            _ => return Err(wrong()),
        };
        // One spelling for each: no sign, no leading zero.
        if position.to_string() == text {
            Ok(position)
        } else {
            Err(wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        for text in ["v0", "v7", "p0", "p18446744073709551615"] {
            let position: Position = text.parse().expect("a position");
            assert_eq!(position.to_string(), text);
        }
        for bad in [
            "",
            "v",
            "p",
            "7",
            "v-1",
            "v+1",
            "v01",
            "x7",
            "v 7",
            "é7",
            "p18446744073709551616",
        ] {
            assert!(bad.parse::<Position>().is_err(), "{bad:?}");
        }
    }
}
