//! Credentials.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ticket_core::port::{Credential, Sessions, StoreError, USE_NOTED_EVERY};
use ticket_core::ticket::Digest;
use ticket_core::value::{PersonId, Timestamp};

use crate::error::Error;
use crate::row::{from_json, to_json};
use crate::store::SqliteTenant;

#[async_trait]
impl Sessions for SqliteTenant {
    async fn issue(&self, credential: &Credential) -> Result<(), StoreError> {
        let (tenant, credential) = (self.id(), credential.clone());
        Ok(self
            .write(move |connection| Box::pin(issue(connection, tenant, credential)))
            .await?)
    }

    async fn credential(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Credential>, StoreError> {
        let mut reader = self.reader().await?;
        let row = sqlx::query(
            "SELECT json, used_at FROM credentials WHERE tenant = ? AND digest = ? \
             AND (expires_at IS NULL OR expires_at > ?)",
        )
        .bind(self.id())
        .bind(digest.bytes().to_vec())
        .bind(now.micros())
        .fetch_optional(&mut *reader)
        .await
        .map_err(Error::from)?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    async fn credentials(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<Credential>, StoreError> {
        let mut reader = self.reader().await?;
        let found = sqlx::query(
            "SELECT json, used_at FROM credentials WHERE tenant = ? AND person = ? \
             AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at, digest",
        )
        .bind(self.id())
        .bind(person.as_str().to_owned())
        .bind(now.micros())
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let credentials: Result<_, Error> = found.iter().map(read).collect();
        Ok(credentials?)
    }

    async fn note_use(&self, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
        let (tenant, digest) = (self.id(), digest.bytes().to_vec());
        self.writer().write_sometime(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE credentials SET used_at = ? WHERE tenant = ? AND digest = ? \
                     AND (used_at IS NULL OR used_at <= ?)",
                )
                .bind(at.micros())
                .bind(tenant)
                .bind(digest)
                .bind(at.minus(USE_NOTED_EVERY).micros())
                .execute(connection)
                .await?;
                Ok(())
            })
        });
        Ok(())
    }

    async fn revoke(&self, digest: &Digest) -> Result<bool, StoreError> {
        let (tenant, digest) = (self.id(), digest.bytes().to_vec());
        Ok(self
            .write(move |connection| Box::pin(revoke(connection, tenant, digest)))
            .await?)
    }

    async fn revoke_all(&self, person: &PersonId) -> Result<u64, StoreError> {
        let (tenant, person) = (self.id(), person.as_str().to_owned());
        Ok(self
            .write(move |connection| Box::pin(revoke_all(connection, tenant, person)))
            .await?)
    }
}

fn read(row: &SqliteRow) -> Result<Credential, Error> {
    let mut credential: Credential = from_json("a credential", row.try_get("json")?)?;
    let used_at: Option<i64> = row.try_get("used_at")?;
    credential.last_used_at = used_at.map(Timestamp::from_micros);
    Ok(credential)
}

async fn issue(
    connection: &mut SqliteConnection,
    tenant: i64,
    credential: Credential,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO credentials (tenant, digest, person, created_at, expires_at, json) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(tenant)
    .bind(credential.digest.bytes().to_vec())
    .bind(credential.person.as_str())
    .bind(credential.created_at.micros())
    .bind(credential.expires_at.map(Timestamp::micros))
    .bind(to_json("a credential", &credential)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn revoke(
    connection: &mut SqliteConnection,
    tenant: i64,
    digest: Vec<u8>,
) -> Result<bool, Error> {
    let revoked = sqlx::query("DELETE FROM credentials WHERE tenant = ? AND digest = ?")
        .bind(tenant)
        .bind(digest)
        .execute(connection)
        .await?;
    Ok(revoked.rows_affected() == 1)
}

async fn revoke_all(
    connection: &mut SqliteConnection,
    tenant: i64,
    person: String,
) -> Result<u64, Error> {
    let revoked = sqlx::query("DELETE FROM credentials WHERE tenant = ? AND person = ?")
        .bind(tenant)
        .bind(person)
        .execute(connection)
        .await?;
    Ok(revoked.rows_affected())
}
