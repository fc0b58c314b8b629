//! Credentials.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::port::{Credential, Sessions, StoreError};
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
            "SELECT json FROM credentials WHERE tenant = $1 AND digest = $2 \
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
            "SELECT json FROM credentials WHERE tenant = $1 AND person = $2 \
             AND (expires_at IS NULL OR expires_at > $3) ORDER BY created_at, digest",
        )
        .bind(self.id())
        .bind(person.as_str())
        .bind(now.micros());
        let rows = self.primary().read(asked).await?;
        let credentials: Result<_, Error> = rows.iter().map(credential).collect();
        Ok(credentials?)
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

fn credential(row: &PgRow) -> Result<Credential, Error> {
    from_json("a credential", row.try_get(0)?)
}
