//! What a token is good for, as a part of what its owner may do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::value::{Invalid, listed};

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident $word:literal;)+) => {
        /// One thing that a token is good for.
        ///
        /// As text `tickets:read` and the like. To write includes to read. What a scope allows is
        /// bounded by what the token's owner may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[non_exhaustive]
        pub enum TokenScope {
            $($(#[$doc])* $name,)+
        }

        impl TokenScope {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable word of it; part of the interface.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }
    };
}

scopes! {
    /// See tickets, lists, files and live screens.
    TicketsRead "tickets:read";
    /// Open tickets, write into them and change them.
    TicketsWrite "tickets:write";
    /// See people and organizations.
    PeopleRead "people:read";
    /// Add and change people and organizations.
    PeopleWrite "people:write";
    /// See the settings as an administrator does.
    SettingsRead "settings:read";
    /// Change the settings.
    SettingsWrite "settings:write";
    /// See and change webhooks, and see what they were told.
    Webhooks "webhooks";
    /// See mail that was kept aside, and let it run again.
    Mail "mail";
    /// Make, see and revoke tokens, and see and end sessions.
    Credentials "credentials";
    /// Read the audit log.
    Audit "audit";
}

impl TokenScope {
    /// The scope that includes this one, if there is one.
    const fn wider(self) -> Option<Self> {
        match self {
            Self::TicketsRead => Some(Self::TicketsWrite),
            Self::PeopleRead => Some(Self::PeopleWrite),
            Self::SettingsRead => Some(Self::SettingsWrite),
            Self::TicketsWrite
            | Self::PeopleWrite
            | Self::SettingsWrite
            | Self::Webhooks
            | Self::Mail
            | Self::Credentials
            | Self::Audit => None,
        }
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for TokenScope {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut all = Self::ALL.iter().copied();
        all.find(|scope| scope.word() == text).ok_or_else(|| {
            let allowed = format!("one of these is: {}", listed(Self::ALL));
            Invalid::new("scopes", text, allowed)
        })
    }
}

impl TryFrom<String> for TokenScope {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<TokenScope> for String {
    fn from(scope: TokenScope) -> Self {
        scope.word().to_owned()
    }
}

/// What a token is good for.
///
/// ```
/// use ticket_core::authority::{TokenScope, TokenScopes};
///
/// let scopes: TokenScopes = [TokenScope::TicketsWrite].into_iter().collect();
/// assert!(scopes.allow(TokenScope::TicketsRead));
/// assert!(!scopes.allow(TokenScope::SettingsRead));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenScopes(BTreeSet<TokenScope>);

impl TokenScopes {
    /// Everything that its owner may do.
    pub fn all() -> Self {
        TokenScope::ALL.iter().copied().collect()
    }

    /// Whether they allow what a scope stands for.
    pub fn allow(&self, scope: TokenScope) -> bool {
        let has = |scope| self.0.contains(&scope);
        has(scope) || scope.wider().is_some_and(has)
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = TokenScope> {
        self.0.iter().copied()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<TokenScope> for TokenScopes {
    fn from_iter<I: IntoIterator<Item = TokenScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        for scope in TokenScope::ALL {
            assert_eq!(scope.word().parse::<TokenScope>().as_ref(), Ok(scope));
        }
        for bad in ["", "tickets", "Tickets:read", "tickets:read ", "*"] {
            assert!(bad.parse::<TokenScope>().is_err(), "{bad:?}");
        }
        let json = serde_json::to_string(&TokenScopes::all()).expect("JSON");
        assert!(
            json.starts_with(r#"["tickets:read","tickets:write","#),
            "{json}"
        );
        assert_eq!(
            serde_json::from_str::<TokenScopes>(&json).ok(),
            Some(TokenScopes::all())
        );
        assert!(serde_json::from_str::<TokenScopes>(r#"["everything"]"#).is_err());
    }

    #[test]
    fn to_write_includes_to_read_and_nothing_else() {
        for own in TokenScope::ALL.iter().copied() {
            let scopes: TokenScopes = [own].into_iter().collect();
            for other in TokenScope::ALL.iter().copied() {
                let expected = own == other || other.wider() == Some(own);
                assert_eq!(scopes.allow(other), expected, "{own} and {other}");
            }
        }
    }
}
