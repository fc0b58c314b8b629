//! Raw mail, stored before it is understood.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ticket_core::port::{
    ClaimedMail, Fence, MailSettlement, MailSpool, SpoolState, SpooledMail, SpooledStatus,
    StoreError,
};
use ticket_core::ticket::Posting;
use ticket_core::value::{Line, QueueKey, SpoolId, Timestamp};

use crate::error::Error;
use crate::row::{from_column, from_json, id_bytes, id_from, to_column, to_json};
use crate::store::SqliteTenant;

/// The numbers of the states in columns; never change one.
const WAITING: i64 = 0;
const CLAIMED: i64 = 1;
const DONE: i64 = 2;
const QUARANTINED: i64 = 3;

#[async_trait]
impl MailSpool for SqliteTenant {
    async fn accept_mail(&self, mail: &SpooledMail) -> Result<(), StoreError> {
        let (tenant, mail) = (self.id(), mail.clone());
        Ok(self
            .write(move |connection| Box::pin(accept(connection, tenant, mail)))
            .await?)
    }

    async fn claim_mail(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let tenant = self.id();
        Ok(self
            .write(move |connection| Box::pin(claim(connection, tenant, now, lease, limit)))
            .await?)
    }

    async fn settle_mail(
        &self,
        id: SpoolId,
        fence: Fence,
        settlement: &MailSettlement,
    ) -> Result<bool, StoreError> {
        let tenant = self.id();
        let settled = Settled::of(settlement)?;
        Ok(self
            .write(move |connection| Box::pin(settle(connection, tenant, id, fence, settled)))
            .await?)
    }

    async fn mail(&self, id: SpoolId) -> Result<Option<SpooledMail>, StoreError> {
        let mut reader = self.reader().await?;
        Ok(whole(&mut reader, self.id(), &id_bytes(id.uuid())).await?)
    }

    async fn mail_status(&self, id: SpoolId) -> Result<Option<SpooledStatus>, StoreError> {
        let mut reader = self.reader().await?;
        let row = sqlx::query(
            "SELECT id, queue, received_at, size, state, moment, error, attempts, outcome \
             FROM mails WHERE tenant = ? AND id = ?",
        )
        .bind(self.id())
        .bind(id_bytes(id.uuid()))
        .fetch_optional(&mut *reader)
        .await
        .map_err(Error::from)?;
        Ok(row.as_ref().map(status).transpose()?)
    }

    async fn quarantined_mail(
        &self,
        before: Option<SpoolId>,
        limit: u16,
    ) -> Result<Vec<SpooledStatus>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = sqlx::query(
            "SELECT id, queue, received_at, size, state, moment, error, attempts, outcome \
             FROM mails WHERE tenant = ?1 AND state = 3 AND (?2 IS NULL OR id < ?2) \
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(self.id())
        .bind(before.map(|id| id_bytes(id.uuid())))
        .bind(i64::from(limit))
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let mails: Result<_, Error> = rows.iter().map(status).collect();
        Ok(mails?)
    }

    async fn run_mail_again(&self, id: SpoolId, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.id();
        Ok(self
            .write(move |connection| Box::pin(run_again(connection, tenant, id, now)))
            .await?)
    }
}

async fn accept(
    connection: &mut SqliteConnection,
    tenant: i64,
    mail: SpooledMail,
) -> Result<(), Error> {
    let id = id_bytes(mail.id.uuid());
    let size = i64::try_from(mail.raw.len()).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO mails (tenant, id, queue, received_at, size, moment) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
    )
    .bind(tenant)
    .bind(&id)
    .bind(mail.queue.as_str())
    .bind(mail.received_at.micros())
    .bind(size)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO mail_bytes (tenant, id, raw) VALUES (?, ?, ?)")
        .bind(tenant)
        .bind(id)
        .bind(mail.raw)
        .execute(connection)
        .await?;
    Ok(())
}

async fn claim(
    connection: &mut SqliteConnection,
    tenant: i64,
    now: Timestamp,
    lease: Duration,
    limit: u16,
) -> Result<Vec<ClaimedMail>, Error> {
    let due: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT id FROM mails INDEXED BY mails_unsettled \
         WHERE tenant = ? AND state < 2 AND moment <= ? ORDER BY received_at, id LIMIT ?",
    )
    .bind(tenant)
    .bind(now.micros())
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        let row = sqlx::query(
            "UPDATE mails SET state = 1, moment = ?, attempts = attempts + 1, fence = fence + 1, \
             error = NULL WHERE tenant = ? AND id = ? RETURNING fence, attempts",
        )
        .bind(now.plus(lease).micros())
        .bind(tenant)
        .bind(&id)
        .fetch_one(&mut *connection)
        .await?;
        let mail = whole(connection, tenant, &id).await?;
        claimed.push(ClaimedMail {
            mail: mail.ok_or(Error::Unreadable { what: "a raw mail" })?,
            fence: Fence(from_column("a fence", row.try_get(0)?)?),
            attempt: from_column("a count of attempts", row.try_get(1)?)?,
        });
    }
    Ok(claimed)
}

/// A settlement as columns.
struct Settled {
    state: i64,
    moment: i64,
    error: Option<String>,
    message: Option<Vec<u8>>,
    note: Option<Vec<u8>>,
    outcome: Option<String>,
}

impl Settled {
    fn of(settlement: &MailSettlement) -> Result<Self, Error> {
        let what = "what became of a mail";
        let (state, moment, error) = match settlement {
            MailSettlement::Done { .. } => (DONE, 0, None),
            MailSettlement::Quarantined { .. } => (QUARANTINED, 0, None),
            MailSettlement::Retry { at, error } => (WAITING, at.micros(), Some(error.to_string())),
        };
        let (mut message, mut note) = (None, None);
        let outcome = match settlement {
            MailSettlement::Done { posting, .. } => {
                match posting {
                    Posting::Message(id) => message = Some(id_bytes(id.uuid())),
                    Posting::Note(id) => note = Some(id_bytes(id.uuid())),
                }
                Some(to_json(what, settlement)?)
            }
            MailSettlement::Quarantined { .. } => Some(to_json(what, settlement)?),
            MailSettlement::Retry { .. } => None,
        };
        Ok(Self {
            state,
            moment,
            error,
            message,
            note,
            outcome,
        })
    }
}

async fn settle(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: SpoolId,
    fence: Fence,
    settled: Settled,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE mails SET state = ?, moment = ?, error = ?, message = ?, note = ?, outcome = ? \
         WHERE tenant = ? AND id = ? AND state = 1 AND fence = ?",
    )
    .bind(settled.state)
    .bind(settled.moment)
    .bind(settled.error)
    .bind(settled.message)
    .bind(settled.note)
    .bind(settled.outcome)
    .bind(tenant)
    .bind(id_bytes(id.uuid()))
    .bind(to_column("a fence", fence.0).unwrap_or(-1))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn run_again(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: SpoolId,
    now: Timestamp,
) -> Result<bool, Error> {
    let again = sqlx::query(
        "UPDATE mails SET state = 0, moment = ?, error = NULL, attempts = 0, outcome = NULL \
         WHERE tenant = ? AND id = ? AND state = 3",
    )
    .bind(now.micros())
    .bind(tenant)
    .bind(id_bytes(id.uuid()))
    .execute(connection)
    .await?;
    Ok(again.rows_affected() == 1)
}

async fn whole(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: &[u8],
) -> Result<Option<SpooledMail>, Error> {
    let row = sqlx::query(
        "SELECT m.queue, m.received_at, b.raw FROM mails m \
         CROSS JOIN mail_bytes b ON b.tenant = m.tenant AND b.id = m.id \
         WHERE m.tenant = ? AND m.id = ?",
    )
    .bind(tenant)
    .bind(id.to_vec())
    .fetch_optional(connection)
    .await?;
    let mail = |row: SqliteRow| {
        Ok(SpooledMail {
            id: SpoolId::new(id_from("a mail's id", id)?),
            queue: queue(row.try_get(0)?)?,
            received_at: Timestamp::from_micros(row.try_get(1)?),
            raw: row.try_get(2)?,
        })
    };
    row.map(mail).transpose()
}

fn status(row: &SqliteRow) -> Result<SpooledStatus, Error> {
    let what = "what became of a mail";
    let moment = Timestamp::from_micros(row.try_get("moment")?);
    let state = match row.try_get::<i64, _>("state")? {
        WAITING => SpoolState::Waiting {
            due: moment,
            error: row.try_get::<Option<String>, _>("error")?.map(Line::from),
        },
        CLAIMED => SpoolState::Claimed { until: moment },
        DONE | QUARANTINED => from_json(what, row.try_get("outcome")?)?,
        _ => return Err(Error::Unreadable { what }),
    };
    Ok(SpooledStatus {
        id: SpoolId::new(id_from("a mail's id", row.try_get("id")?)?),
        queue: queue(row.try_get("queue")?)?,
        received_at: Timestamp::from_micros(row.try_get("received_at")?),
        size: from_column("the size of a mail", row.try_get("size")?)?,
        state,
        attempts: from_column("a count of attempts", row.try_get("attempts")?)?,
    })
}

fn queue(key: &str) -> Result<QueueKey, Error> {
    QueueKey::new(key).map_err(|_| Error::Unreadable { what: "a queue" })
}
