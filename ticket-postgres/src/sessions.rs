//! Credentials.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::port::{Credential, Sessions, StoreError, USE_NOTED_EVERY};
use ticket_core::ticket::Digest;
use ticket_core::value::{PersonId, Timestamp};

use crate::error::Error;
use crate::row::{from_json, to_json};
use crate::store::PostgresTenant;

#[async_trait]
impl Sessions for PostgresTenant {
    async fn issue(&self, credential: &Credential) -> Result<(), StoreError> {
        let insert = sqlx::query(
            "INSERT INTO credentials (tenant, digest, person, created_at, expires_at, json) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.id())
        .bind(credential.digest.bytes().as_slice())
        .bind(credential.person.as_str())
        .bind(credential.created_at.micros())
        .bind(credential.expires_at.map(Timestamp::micros))
        .bind(to_json("a credential", credential)?);
        self.primary().execute(insert).await?;
        Ok(())
    }

    async fn credential(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Credential>, StoreError> {
        let asked = sqlx::query(
            "SELECT json, used_at FROM credentials WHERE tenant = $1 AND digest = $2 \
             AND (expires_at IS NULL OR expires_at > $3)",
        )
        .bind(self.id())
        .bind(digest.bytes().as_slice())
        .bind(now.micros());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map(credential).transpose()?)
    }

    async fn credentials(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<Credential>, StoreError> {
        let asked = sqlx::query(
            "SELECT json, used_at FROM credentials WHERE tenant = $1 AND person = $2 \
             AND (expires_at IS NULL OR expires_at > $3) ORDER BY created_at, digest",
        )
        .bind(self.id())
        .bind(person.as_str())
        .bind(now.micros());
        let rows = self.primary().read(asked).await?;
        let credentials: Result<_, Error> = rows.iter().map(credential).collect();
        Ok(credentials?)
    }

    async fn note_use(&self, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
        let (tenant, digest) = (self.clone(), *digest);
        tokio::spawn(async move {
            let update = sqlx::query(
                "UPDATE credentials SET used_at = $3 WHERE tenant = $1 AND digest = $2 \
                 AND (used_at IS NULL OR used_at <= $4)",
            )
            .bind(tenant.id())
            .bind(digest.bytes().as_slice())
            .bind(at.micros())
            .bind(at.minus(USE_NOTED_EVERY).micros());
            if let Err(error) = tenant.primary().execute(update).await {
                tracing::debug!(%error, "the use of a credential was not noted");
            }
        });
        Ok(())
    }

    async fn revoke(&self, digest: &Digest) -> Result<bool, StoreError> {
        let delete = sqlx::query("DELETE FROM credentials WHERE tenant = $1 AND digest = $2")
            .bind(self.id())
            .bind(digest.bytes().as_slice());
        Ok(self.primary().execute(delete).await? == 1)
    }

    async fn revoke_all(&self, person: &PersonId) -> Result<u64, StoreError> {
        let delete = sqlx::query("DELETE FROM credentials WHERE tenant = $1 AND person = $2")
            .bind(self.id())
            .bind(person.as_str());
        Ok(self.primary().execute(delete).await?)
    }
}

/// A credential of a row with its `json` and `used_at`.
pub(crate) fn credential(row: &PgRow) -> Result<Credential, Error> {
    let mut credential: Credential = from_json("a credential", row.try_get("json")?)?;
    let used_at: Option<i64> = row.try_get("used_at")?;
    credential.last_used_at = used_at.map(Timestamp::from_micros);
    Ok(credential)
}
