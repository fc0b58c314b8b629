//! Settings and credentials.

use async_trait::async_trait;
use ticket_core::port::{Credential, Sessions, SettingsStore, StoreError, StoredSettings};
use ticket_core::settings::Settings;
use ticket_core::ticket::Digest;
use ticket_core::value::{PersonId, Timestamp};

use crate::call::Call;
use crate::journal::JournalStore;

#[async_trait]
impl SettingsStore for JournalStore {
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError> {
        self.read().await?.settings().await
    }

    async fn settings_generation(&self) -> Result<u64, StoreError> {
        self.read().await?.settings_generation().await
    }

    async fn save_settings(&self, seen: u64, settings: &Settings) -> Result<u64, StoreError> {
        let writing = self.write().await?;
        let generation = writing.state.save_settings(seen, settings).await?;
        writing.keep(Call::SaveSettings(seen, Box::new(settings.clone())))?;
        Ok(generation)
    }
}

#[async_trait]
impl Sessions for JournalStore {
    async fn issue(&self, credential: &Credential) -> Result<(), StoreError> {
        let writing = self.write().await?;
        writing.state.issue(credential).await?;
        writing.keep(Call::Issue(credential.clone()))
    }

    async fn credential(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Credential>, StoreError> {
        self.read().await?.credential(digest, now).await
    }

    async fn credentials(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<Credential>, StoreError> {
        self.read().await?.credentials(person, now).await
    }

    async fn note_use(&self, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
        let writing = self.write().await?;
        writing.state.note_use(digest, at).await?;
        writing.keep(Call::NoteUse(*digest, at))
    }

    async fn revoke(&self, digest: &Digest) -> Result<bool, StoreError> {
        let writing = self.write().await?;
        let revoked = writing.state.revoke(digest).await?;
        if revoked {
            writing.keep(Call::Revoke(*digest))?;
        }
        Ok(revoked)
    }

    async fn revoke_all(&self, person: &PersonId) -> Result<u64, StoreError> {
        let writing = self.write().await?;
        let revoked = writing.state.revoke_all(person).await?;
        if revoked > 0 {
            writing.keep(Call::RevokeAll(person.clone()))?;
        }
        Ok(revoked)
    }
}
