//! Credentials that nodes share, and that may get lost.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::port::{Credential, Sessions, StoreError, USE_NOTED_EVERY};
use ticket_core::ticket::Digest;
use ticket_core::value::{PersonId, Timestamp};

use crate::redis::{Redis, call, script};

/// How long a credential is kept after it expired, for nodes whose clocks are behind.
const SLACK: Duration = Duration::from_secs(60);

/// Credentials on Redis: for those that live a short time.
///
/// **What is kept here is lost when Redis is emptied**, or restarted without a file of its own:
/// people have to log in again. Tokens for programs, which nobody renews, belong into the store.
///
/// A credential is a hash, and the digests of a person's are a set. Redis removes what expired by
/// itself; whether a credential is good is decided by the time that the caller gives, as the port
/// says. A credential is good only while it is in its person's set too, so that none outlives
/// [`Sessions::revoke_all`] when Redis removed the set to make room. When Redis does not answer,
/// everything is `Unavailable`: nobody is let in by guess.
#[derive(Debug, Clone)]
pub struct RedisSessions {
    redis: Redis,
}

impl RedisSessions {
    /// Credentials of the tenant that the handle sees.
    pub fn new(redis: &Redis) -> Self {
        Self {
            redis: redis.clone(),
        }
    }

    fn credential_key(&self, digest: &str) -> String {
        self.redis.key("credential", digest)
    }

    fn person_key(&self, person: &str) -> String {
        self.redis.key("credentials", person)
    }
}

#[async_trait]
impl Sessions for RedisSessions {
    async fn issue(&self, credential: &Credential) -> Result<(), StoreError> {
        let json = serde_json::to_string(credential)
            .map_err(|error| StoreError::corrupt(error.to_string()))?;
        let digest = credential.digest.to_string();
        let mut call = call(script!("issue.lua"));
        call.key(self.credential_key(&digest))
            .key(self.person_key(credential.person.as_str()))
            .arg(digest)
            .arg(credential.person.as_str())
            .arg(json)
            .arg(kept(credential));
        let stored: bool = self.redis.run(&call).await?;
        if stored {
            Ok(())
        } else {
            Err(StoreError::AlreadyExists { what: "credential" })
        }
    }

    async fn credential(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Credential>, StoreError> {
        let name = digest.to_string();
        let mut call = call(script!("credential.lua"));
        call.key(self.credential_key(&name))
            .arg(name)
            .arg(self.person_key(""));
        let held: Option<Held> = self.redis.run(&call).await?;
        Ok(held.and_then(|held| read(&held, now)))
    }

    async fn credentials(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<Credential>, StoreError> {
        let mut call = call(script!("credentials.lua"));
        call.key(self.person_key(person.as_str()))
            .arg(self.credential_key(""));
        let found: Vec<Held> = self.redis.run(&call).await?;
        let mut found: Vec<Credential> = found
            .iter()
            .filter_map(|held| read(held, now))
            .filter(|own| own.person == *person)
            .collect();
        found.sort_by_key(|own| (own.created_at, own.digest));
        Ok(found)
    }

    async fn note_use(&self, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
        let (sessions, digest) = (self.clone(), digest.to_string());
        tokio::spawn(async move {
            let mut call = call(script!("note_use.lua"));
            call.key(sessions.credential_key(&digest))
                .arg(at.micros())
                .arg(at.minus(USE_NOTED_EVERY).micros());
            if sessions.redis.run::<bool>(&call).await.is_err() {
                tracing::debug!("the use of a credential was not noted");
            }
        });
        Ok(())
    }

    async fn revoke(&self, digest: &Digest) -> Result<bool, StoreError> {
        let digest = digest.to_string();
        let mut call = call(script!("revoke.lua"));
        call.key(self.credential_key(&digest))
            .arg(digest)
            .arg(self.person_key(""));
        Ok(self.redis.run(&call).await?)
    }

    async fn revoke_all(&self, person: &PersonId) -> Result<u64, StoreError> {
        let mut call = call(script!("revoke_all.lua"));
        call.key(self.person_key(person.as_str()))
            .arg(self.credential_key(""));
        Ok(self.redis.run(&call).await?)
    }
}

/// A credential as it lies there, and when it was last used.
type Held = (Vec<u8>, Option<i64>);

/// For how many milliseconds a credential is kept; empty when it never expires.
///
/// Counted from when it was made, by whose clock ever: Redis's own may differ.
fn kept(credential: &Credential) -> String {
    let Some(end) = credential.expires_at else {
        return String::new();
    };
    let micros = end.micros().saturating_sub(credential.created_at.micros());
    let span = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    span.saturating_add(SLACK).as_millis().to_string()
}

/// Reads a credential that is good at `now`. What can't be read is worth nothing: its owner logs
/// in again.
fn read((json, used_at): &Held, now: Timestamp) -> Option<Credential> {
    match serde_json::from_slice::<Credential>(json) {
        Ok(mut own) => {
            own.last_used_at = used_at.map(Timestamp::from_micros);
            Some(own).filter(|own| own.expires_at.is_none_or(|end| now < end))
        }
        Err(error) => {
            tracing::warn!(line = error.line(), "a credential in Redis can't be read");
            None
        }
    }
}
