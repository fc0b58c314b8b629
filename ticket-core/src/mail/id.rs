//! The Message-ID of a mail.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::value::Invalid;

/// Longest Message-ID that is kept, in bytes: a line of RFC 5322 less the field's name.
const MAX: usize = 980;

/// A Message-ID (RFC 5322, 3.6.4) without its angle brackets.
///
/// Kept as written; many in the wild break the grammar, so anything without spaces, control
/// characters and angle brackets is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, examples("<1@example.org>")))]
#[serde(try_from = "String", into = "String")]
pub struct MailMessageId(String);

impl MailMessageId {
    /// Takes a Message-ID, with or without angle brackets.
    ///
    /// # Errors
    /// When it is empty, longer than 980 bytes, or holds spaces, control characters or brackets.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let inner = text.trim();
        let inner = inner.strip_prefix('<').unwrap_or(inner);
        let inner = inner.strip_suffix('>').unwrap_or(inner);
        let wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>');
        if inner.is_empty() || inner.len() > MAX || inner.chars().any(wrong) {
            return Err(Invalid::new(
                "message_id",
                text,
                "1 to 980 bytes without spaces, control characters or angle brackets are",
            ));
        }
        Ok(Self(inner.to_owned()))
    }

    /// Takes an id that this crate made, which is well formed by construction.
    pub(super) const fn made_here(id: String) -> Self {
        Self(id)
    }

    /// The id without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MailMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

impl FromStr for MailMessageId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl TryFrom<String> for MailMessageId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<MailMessageId> for String {
    fn from(id: MailMessageId) -> Self {
        id.0
    }
}
