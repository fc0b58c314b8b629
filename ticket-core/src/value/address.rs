//! E-mail addresses: shown as written, compared in normal form.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::Invalid;

/// What is allowed, for error texts.
const RULE: &str = "an address such as name@example.org is (RFC 5321, RFC 6531)";

/// Longest address: a path of 256 octets less its angle brackets (RFC 5321, 4.5.3.1.3).
const ADDRESS_MAX: usize = 254;

/// An e-mail address by RFC 5321 and RFC 5322, international ones (RFC 6531) included.
///
/// It keeps the spelling that it was given. Two addresses are equal when their normal forms
/// are: the domain as lower-case ASCII (IDNA, UTS 46), the local part in NFC and lower case.
/// RFC 5321 lets a host tell `Ada@` from `ada@`; hosts that do are unknown in practice, and
/// treating them as two people loses replies.
///
/// ```
/// use ticket_core::value::EmailAddress;
/// let written: EmailAddress = "Ada@BÜCHER.example".parse()?;
/// assert_eq!(written, "ada@xn--bcher-kva.example".parse()?);
/// assert_eq!(written.to_string(), "Ada@BÜCHER.example");
/// # Ok::<(), ticket_core::value::Invalid>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    written: String,
    normal: String,
    at: usize,
}

impl EmailAddress {
    /// The spelling that was given.
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The normal form, by which addresses are compared and stored for look-up.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// The part before the `@`, in normal form.
    pub fn local(&self) -> &str {
        &self.normal[..self.at]
    }

    /// The domain in lower-case ASCII.
    pub fn domain(&self) -> &str {
        &self.normal[self.at + 1..]
    }
}

impl FromStr for EmailAddress {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refuse = || Invalid::new("address", text, RULE);
        let written = text.trim();
        if written.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refuse());
        }
        let at = written.rfind('@').ok_or_else(refuse)?;
        let (local, domain) = (&written[..at], &written[at + 1..]);
        let domain = if domain.starts_with('[') {
            domain.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii_strict(domain).map_err(|_| refuse())?
        };
        let local: String = local
            .nfc()
            .collect::<String>()
            .to_lowercase()
            .nfc()
            .collect();
        let normal = format!("{local}@{domain}");
        let fits = normal.len() <= ADDRESS_MAX && email_address::EmailAddress::is_valid(&normal);
        if !fits {
            return Err(refuse());
        }
        Ok(Self {
            written: written.to_owned(),
            at: local.len(),
            normal,
        })
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.written
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for EmailAddress {}

impl PartialOrd for EmailAddress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EmailAddress {
    fn cmp(&self, other: &Self) -> Ordering {
        self.normal.cmp(&other.normal)
    }
}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal.hash(state);
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.written)
    }
}

/// An address with the name that it is shown under.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Mailbox {
    /// The display name; without control characters.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

impl Mailbox {
    /// A mailbox; control characters in the name become spaces, an empty name becomes none.
    pub fn new(name: Option<&str>, address: EmailAddress) -> Self {
        let name = name
            .map(super::text::one_line)
            .filter(|name| !name.is_empty());
        Self { name, address }
    }
}

impl From<EmailAddress> for Mailbox {
    fn from(address: EmailAddress) -> Self {
        Self {
            name: None,
            address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_kept_and_case_is_folded() {
        let written: EmailAddress = "Ada.Lovelace@Example.ORG".parse().expect("an address");
        assert_eq!(written.as_written(), "Ada.Lovelace@Example.ORG");
        assert_eq!(written.normal(), "ada.lovelace@example.org");
        assert_eq!(
            (written.local(), written.domain()),
            ("ada.lovelace", "example.org")
        );
    }

    #[test]
    fn unicode_domains_and_local_parts_meet_their_other_spellings() {
        let composed: EmailAddress = "jos\u{e9}@bücher.example".parse().expect("an address");
        let decomposed: EmailAddress = "jose\u{301}@XN--BCHER-KVA.example".parse().expect("one");
        assert_eq!(composed, decomposed);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "x".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@example.org",
            "a@b\r\nBcc: c@d",
            "a@-b.example",
            &long,
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }
}
