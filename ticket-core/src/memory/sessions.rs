//! Credentials.

use async_trait::async_trait;

use super::MemoryStore;
use crate::port::{Credential, Sessions, StoreError, USE_NOTED_EVERY};
use crate::ticket::Digest;
use crate::value::{PersonId, Timestamp};

#[async_trait]
impl Sessions for MemoryStore {
    async fn issue(&self, credential: &Credential) -> Result<(), StoreError> {
        let mut records = self.records();
        if records.credentials.contains_key(&credential.digest) {
            return Err(StoreError::AlreadyExists { what: "credential" });
        }
        records
            .credentials
            .insert(credential.digest, credential.clone());
        Ok(())
    }

    async fn credential(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Credential>, StoreError> {
        let records = self.records();
        let found = records.credentials.get(digest);
        Ok(found.filter(|own| is_valid(own, now)).cloned())
    }

    async fn credentials(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<Credential>, StoreError> {
        let records = self.records();
        let mut found: Vec<Credential> = records
            .credentials
            .values()
            .filter(|own| own.person == *person && is_valid(own, now))
            .cloned()
            .collect();
        found.sort_by_key(|own| (own.created_at, own.digest));
        Ok(found)
    }

    async fn note_use(&self, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
        if let Some(own) = self.records().credentials.get_mut(digest)
            && own
                .last_used_at
                .is_none_or(|last| last.plus(USE_NOTED_EVERY) <= at)
        {
            own.last_used_at = Some(at);
        }
        Ok(())
    }

    async fn revoke(&self, digest: &Digest) -> Result<bool, StoreError> {
        Ok(self.records().credentials.remove(digest).is_some())
    }

    async fn revoke_all(&self, person: &PersonId) -> Result<u64, StoreError> {
        let mut records = self.records();
        let before = records.credentials.len();
        records.credentials.retain(|_, own| own.person != *person);
        let revoked = before - records.credentials.len();
        Ok(u64::try_from(revoked).unwrap_or(u64::MAX))
    }
}

fn is_valid(credential: &Credential, now: Timestamp) -> bool {
    credential.expires_at.is_none_or(|end| now < end)
}
