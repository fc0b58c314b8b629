//! Tokens: with them programs call the API in their owner's name.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Caller, Desk, DeskError, Secret, lookup};
use crate::authority::{TokenScopes, permit_credentials, permit_token};
use crate::person::Person;
use crate::port::{Credential, Footing, Purpose, USE_NOTED_EVERY};
use crate::refusal::Refusal;
use crate::ticket::{Cause, Channel, Digest};
use crate::value::{Invalid, LABEL_RULE, PersonId, Timestamp, is_label};

/// How many uses are remembered before old ones are forgotten.
const REMEMBERED: usize = 4096;

/// A token that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// A name by which its owner knows it: one line of 1 to 100 characters.
    pub label: String,
    /// What of its owner's rights it gives; at least one.
    pub scopes: TokenScopes,
    /// From when on it is worth nothing; none: never.
    pub expires_at: Option<Timestamp>,
}

/// Uses that were handed to the store a short while ago, so that a crowd of requests with one
/// credential hands over one.
#[derive(Default)]
pub(super) struct Uses(Mutex<BTreeMap<Digest, Timestamp>>);

impl Uses {
    /// Whether this use is to be noted: nobody else noted one a short while ago.
    fn is_new(&self, credential: &Credential, now: Timestamp) -> bool {
        let is_old = |last: Timestamp| last.plus(USE_NOTED_EVERY) <= now || now < last;
        if !credential.last_used_at.is_none_or(is_old) {
            return false;
        }
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() >= REMEMBERED {
            uses.retain(|_, last| !is_old(*last));
        }
        let earlier = uses.insert(credential.digest, now);
        match earlier.filter(|last| !is_old(*last)) {
            Some(last) => {
                uses.insert(credential.digest, last);
                false
            }
            None => true,
        }
    }
}

impl Desk {
    /// Makes a token with which its owner calls the API, with all their rights: for what an
    /// operator does by hand. See [`Caller::issue_token`].
    ///
    /// # Errors
    /// Refused, when there is nobody of this id; or the store fails.
    pub async fn issue_token(
        &self,
        person: &PersonId,
        label: &str,
        lifetime: Option<Duration>,
    ) -> Result<Secret, DeskError> {
        let now = self.ports.clock.now();
        let token = NewToken {
            label: label.to_owned(),
            scopes: TokenScopes::all(),
            expires_at: lifetime.map(|lifetime| now.plus(lifetime)),
        };
        let (secret, _) = self.operating().issue_token(person, token).await?;
        Ok(secret)
    }

    /// Who calls the API with a token: `None` when it is unknown, expired, revoked or for
    /// something else, or its owner may not act any more, or not as when it was made.
    ///
    /// Every answer is of this moment: nothing of it is kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Caller>, DeskError> {
        let Some(holder) = self.holder(token).await? else {
            return Ok(None);
        };
        match holder.credential.purpose {
            Purpose::ApiToken => {}
            Purpose::GuestLink { .. } | Purpose::MailboxProof { .. } => return Ok(None),
        }
        let Some(actor) = lookup::actor_by(&holder) else {
            return Ok(None);
        };
        self.note_use(&holder.credential).await;
        let cause = Cause::Request {
            channel: Channel::Api,
        };
        Ok(Some(Caller {
            desk: self.clone(),
            actor,
            cause,
        }))
    }

    /// Notes that a credential was used; nobody waits for it, and it may get lost.
    async fn note_use(&self, credential: &Credential) {
        let now = self.ports.clock.now();
        if self.ports.uses.is_new(credential, now) {
            drop(self.ports.store.note_use(&credential.digest, now).await);
        }
    }

    async fn owner(&self, id: &PersonId) -> Result<Person, DeskError> {
        let standing = self.ports.lookup.standing(id).await?;
        let standing = standing.ok_or(Refusal::NotFound { what: "person" })?;
        Ok(standing.person)
    }
}

impl Caller {
    /// Makes a token with which its owner calls the API; admins make them for others too. The
    /// secret is told this once and stored nowhere.
    ///
    /// # Errors
    /// Refused, when it is for somebody else and the caller is no admin, when it would allow what
    /// the caller's own token does not, or when the owner is unknown or inactive; or the store
    /// fails.
    pub async fn issue_token(
        &self,
        owner: &PersonId,
        token: NewToken,
    ) -> Result<(Secret, Credential), DeskError> {
        permit_token(&self.actor, owner, &token.scopes)?;
        check(&token, self.desk.ports.clock.now())?;
        let owner = self.desk.owner(owner).await?;
        if !owner.active {
            return Err(Invalid::new("owner", owner.id.as_str(), "somebody active is").into());
        }
        let (secret, mut credential) = self.desk.fresh(&owner.id, Purpose::ApiToken);
        credential.label = token.label;
        credential.scopes = token.scopes;
        credential.expires_at = token.expires_at;
        credential.footing = Some(Footing::of(&owner));
        self.desk.ports.store.issue(&credential).await?;
        Ok((secret, credential))
    }

    /// The tokens of somebody that are not expired, the oldest first: one's own, and for admins
    /// everybody's.
    ///
    /// # Errors
    /// Refused, when they are somebody else's and the caller is no admin; or the store fails.
    pub async fn tokens(&self, owner: &PersonId) -> Result<Vec<Credential>, DeskError> {
        permit_credentials(&self.actor, owner)?;
        let ports = &self.desk.ports;
        let mut found = ports.store.credentials(owner, ports.clock.now()).await?;
        found.retain(|own| own.purpose == Purpose::ApiToken);
        Ok(found)
    }

    /// Makes a token of somebody worth nothing, from the next request on, on all nodes.
    ///
    /// # Errors
    /// Refused, when it is somebody else's and the caller is no admin, or the owner has no such
    /// token; or the store fails.
    pub async fn revoke_token(&self, owner: &PersonId, token: &Digest) -> Result<(), DeskError> {
        let tokens = self.tokens(owner).await?;
        let unknown = Refusal::NotFound { what: "token" };
        if !tokens.iter().any(|own| own.digest == *token) {
            return Err(unknown.into());
        }
        match self.desk.ports.store.revoke(token).await? {
            true => Ok(()),
            false => Err(unknown.into()),
        }
    }
}

/// Whether a token can be had like this, apart from rights.
fn check(token: &NewToken, now: Timestamp) -> Result<(), Invalid> {
    if !is_label(&token.label) {
        return Err(Invalid::new("label", &token.label, LABEL_RULE));
    }
    if token.scopes.is_empty() {
        return Err(Invalid::new("scopes", "", "at least one scope is"));
    }
    match token.expires_at {
        Some(end) if end <= now => {
            let allowed = "a time in the future is";
            Err(Invalid::new("expires_at", &end.to_string(), allowed))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_crowd_of_uses_one_is_noted() {
        let start = Timestamp::from_micros(1_000_000_000);
        let digest = Digest::of(b"a secret");
        let mut own = Credential::new(digest, 7_u64.into(), Purpose::ApiToken, start);
        let uses = Uses::default();
        assert!(uses.is_new(&own, start));
        assert!(!uses.is_new(&own, start.plus(Duration::from_secs(59))));
        assert!(uses.is_new(&own, start.plus(Duration::from_secs(60))));
        assert!(!uses.is_new(&own, start.plus(Duration::from_secs(61))));
        // Another node noted it.
        own.last_used_at = Some(start.plus(Duration::from_secs(100)));
        assert!(!uses.is_new(&own, start.plus(Duration::from_secs(130))));
        assert!(uses.is_new(&own, start.plus(Duration::from_secs(160))));
        // A clock that was set back is no reason to note nothing for ever.
        assert!(uses.is_new(&own, start));
    }

    #[test]
    fn uses_that_are_old_are_forgotten() {
        let start = Timestamp::from_micros(1_000_000_000);
        let uses = Uses::default();
        for count in 0..3 * REMEMBERED {
            let digest = Digest::of(&count.to_be_bytes());
            let own = Credential::new(digest, 7_u64.into(), Purpose::ApiToken, start);
            let now = start.plus(Duration::from_millis(
                u64::try_from(count).expect("small") * 30,
            ));
            assert!(uses.is_new(&own, now));
        }
        let kept = uses.0.lock().expect("no panic").len();
        assert!(kept <= REMEMBERED, "{kept}");
    }
}
