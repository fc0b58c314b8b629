//! Where a page of a list ends.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Sort, SortKey};
use crate::value::{Invalid, TicketNumber};

/// Where a page ended: the sort value and number of its last ticket, and the order they are of.
///
/// It holds no offset, so it stays valid while tickets come and go. To the outside it is an
/// opaque text; one that was changed is refused or, at worst, points elsewhere in the same list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// The order of the list.
    pub sort: Sort,
    /// The [sort value](super::sort_value) of the last ticket; by relevance its rank.
    pub value: i64,
    /// The number of the last ticket.
    pub number: TicketNumber,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![1, key_code(self.sort.key), u8::from(self.sort.descending)];
        bytes.extend(self.value.to_be_bytes());
        bytes.extend(self.number.get().to_be_bytes());
        f.write_str(&data_encoding::BASE64URL_NOPAD.encode(&bytes))
    }
}

impl FromStr for Cursor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        decode(text).ok_or_else(|| {
            Invalid::new(
                "cursor",
                text,
                "only a cursor that a page of this list gave is",
            )
        })
    }
}

fn decode(text: &str) -> Option<Cursor> {
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()?;
    let bytes: [u8; 19] = bytes.try_into().ok()?;
    let [1, key, descending @ (0 | 1), rest @ ..] = bytes else {
        return None;
    };
    let key = [
        SortKey::Number,
        SortKey::Created,
        SortKey::Updated,
        SortKey::Priority,
        SortKey::Due,
        SortKey::Relevance,
    ]
    .into_iter()
    .find(|candidate| key_code(*candidate) == key)?;
    let value = i64::from_be_bytes(rest[..8].try_into().ok()?);
    let number = TicketNumber::new(u64::from_be_bytes(rest[8..].try_into().ok()?)).ok()?;
    Some(Cursor {
        sort: Sort {
            key,
            descending: descending == 1,
        },
        value,
        number,
    })
}

const fn key_code(key: SortKey) -> u8 {
    match key {
        SortKey::Number => 0,
        SortKey::Created => 1,
        SortKey::Updated => 2,
        SortKey::Priority => 3,
        SortKey::Due => 4,
        SortKey::Relevance => 5,
    }
}

impl TryFrom<String> for Cursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}
