//! Keys: short names that an administrator or host gives to parts of the settings.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// Longest key, in bytes.
const KEY_MAX: usize = 63;

/// What is allowed in a key, for error texts.
pub(crate) const KEY_RULE: &str =
    "1 to 63 lower-case letters, digits, '-' or '_' are, beginning with a letter or digit";

fn is_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=KEY_MAX).contains(&text.len())
        && text.bytes().next().is_some_and(plain)
        && text
            .bytes()
            .all(|byte| plain(byte) || byte == b'-' || byte == b'_')
}

macro_rules! key {
    ($(#[$doc:meta] $name:ident, $field:literal;)+) => {$(
        #[$doc]
        ///
        /// 1 to 63 lower-case letters, digits, `-` or `_`, beginning with a letter or digit.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a key.
            ///
            /// # Errors
            /// When the text is not a key.
            pub fn new(text: &str) -> Result<Self, Invalid> {
                if is_key(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(Invalid::new($field, text, KEY_RULE))
                }
            }

            /// The key as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.0.as_ref().to_owned()
            }
        }
    )+};
}

key! {
    /// Key of a queue, such as `support`.
    QueueKey, "queue";
    /// Key of a status inside a workflow, such as `open`.
    StatusKey, "status";
    /// Key of a workflow.
    WorkflowKey, "workflow";
    /// Key of a custom field.
    FieldKey, "field";
    /// Key of a rule.
    RuleKey, "rule";
    /// Key of an action that the host offers on tickets, such as `refund`.
    ActionKey, "action";
    /// Key of a webhook.
    WebhookKey, "webhook";
    /// Kind of a thing of the host that a ticket may be about, such as `order`.
    SubjectKind, "kind";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_lower_case_names() {
        for good in ["a", "support", "2nd-line", "very_long-name_1"] {
            assert_eq!(QueueKey::new(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", "-a", "Support", "a b", "ä", &"x".repeat(64)] {
            assert!(QueueKey::new(bad).is_err(), "{bad:?}");
        }
    }
}
