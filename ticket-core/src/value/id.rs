//! Identities: ours are UUIDs of version 7, the host's are whatever the host uses.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Invalid;

macro_rules! uuid_id {
    ($(#[$doc:meta] $name:ident, $field:literal;)+) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID; version 7 keeps indexes dense, any version works.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| Invalid::new($field, text, "a UUID is needed"))
            }
        }
    )+};
}

uuid_id! {
    /// Identity of a ticket.
    TicketId, "ticket";
    /// Identity of a public message.
    MessageId, "message";
    /// Identity of an internal note.
    NoteId, "note";
    /// Identity of a notice: one thing to tell one recipient over one channel.
    NoticeId, "notice";
    /// Identity of a raw mail in the spool.
    SpoolId, "spool";
    /// Identity of a call: one thing to tell one webhook.
    CallId, "call";
}

/// One tenant of a store; an app without tenants uses the default one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TenantId(u32);

impl TenantId {
    /// Names a tenant by its number.
    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The number inside.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Longest id of a host's person or organization, in bytes.
const HOST_ID_MAX: usize = 128;

macro_rules! host_id {
    ($(#[$doc:meta] $name:ident, $field:literal;)+) => {$(
        #[$doc]
        ///
        /// The host decides what it is: an integer, a UUID or a text of 1 to 128 bytes without
        /// control characters and without white space at its ends.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes an id in the host's own spelling.
            ///
            /// # Errors
            /// When it is empty, longer than 128 bytes, padded, or holds control characters.
            pub fn new(id: &str) -> Result<Self, Invalid> {
                let fits = !id.is_empty()
                    && id.len() <= HOST_ID_MAX
                    && id.trim() == id
                    && !id.chars().any(char::is_control);
                if fits {
                    Ok(Self(id.into()))
                } else {
                    Err(Invalid::new(
                        $field,
                        id,
                        "1 to 128 bytes without control characters or padding are",
                    ))
                }
            }

            /// The id in the host's spelling.
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
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id.to_string().into())
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id.to_string().into())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id.to_string().into())
            }
        }
    )+};
}

host_id! {
    /// Identity of a person.
    PersonId, "person";
    /// Identity of an organization.
    OrganizationId, "organization";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_bring_ids_of_any_type() {
        assert_eq!(PersonId::from(42_u64).as_str(), "42");
        assert_eq!(
            PersonId::new("auth0|x1").map(String::from),
            Ok("auth0|x1".to_owned())
        );
        let uuid = Uuid::from_u128(7);
        assert_eq!(PersonId::from(uuid).as_str(), uuid.to_string());
    }

    #[test]
    fn a_bad_host_id_is_refused_with_its_field() {
        for bad in ["", " 7", "7\n", "a\0b", &"x".repeat(129)] {
            assert_eq!(
                PersonId::new(bad).map_err(|error| error.field),
                Err("person".to_owned())
            );
        }
    }
}
