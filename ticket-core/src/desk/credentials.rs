//! Secrets that stand for somebody: made here, shown once, stored as digests.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Desk, DeskError};
use crate::port::{Credential, Holder, Purpose};
use crate::ticket::Digest;
use crate::value::{Invalid, PersonId};

/// Prefix by which scanners find a leaked token.
const PREFIX: &str = "tkt_";

/// A secret of 256 bits that stands for somebody; its `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret as text, to be shown to its owner once: `tkt_` and 52 letters and digits.
    pub fn reveal(&self) -> String {
        let letters = data_encoding::BASE32_NOPAD
            .encode(&self.0)
            .to_ascii_lowercase();
        format!("{PREFIX}{letters}")
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl FromStr for Secret {
    type Err = Invalid;

    /// Reads a secret as shown; the error repeats nothing of it.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let letters = text
            .trim()
            .strip_prefix(PREFIX)
            .map(str::to_ascii_uppercase);
        letters
            .and_then(|letters| data_encoding::BASE32_NOPAD.decode(letters.as_bytes()).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| Invalid::new("token", "", "tkt_ and 52 letters and digits are"))
    }
}

impl Desk {
    /// A new secret, and a credential for it that is not stored yet.
    pub(super) fn fresh(&self, person: &PersonId, purpose: Purpose) -> (Secret, Credential) {
        let secret = Secret::new(self.ports.ids.secret());
        let now = self.ports.clock.now();
        let credential = Credential::new(secret.digest(), person.clone(), purpose, now);
        (secret, credential)
    }

    pub(super) async fn issue(
        &self,
        person: &PersonId,
        purpose: Purpose,
        label: &str,
        lifetime: Duration,
    ) -> Result<Secret, DeskError> {
        let (secret, mut credential) = self.fresh(person, purpose);
        credential.label = label.to_owned();
        credential.expires_at = Some(credential.created_at.plus(lifetime));
        self.ports.store.issue(&credential).await?;
        Ok(secret)
    }

    /// Whose a secret is, as long as it is worth something.
    pub(super) async fn holder(&self, secret: &str) -> Result<Option<Holder>, DeskError> {
        let Ok(secret) = secret.parse::<Secret>() else {
            return Ok(None);
        };
        let now = self.ports.clock.now();
        Ok(self.ports.lookup.holder(&secret.digest(), now).await?)
    }

    pub(super) async fn credential(&self, secret: &str) -> Result<Option<Credential>, DeskError> {
        let Ok(secret) = secret.parse::<Secret>() else {
            return Ok(None);
        };
        Ok(self
            .ports
            .store
            .credential(&secret.digest(), self.ports.clock.now())
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_never_printed() {
        let secret = Secret::new([200; 32]);
        assert_eq!(secret.reveal().parse::<Secret>().as_ref(), Ok(&secret));
        assert_eq!(secret.reveal().len(), 4 + 52);
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
        for bad in [
            "",
            "tkt_",
            "tkt_x",
            &secret.reveal()[1..],
            &secret.reveal()[..55],
        ] {
            assert!(bad.parse::<Secret>().is_err(), "{bad}");
        }
    }
}
