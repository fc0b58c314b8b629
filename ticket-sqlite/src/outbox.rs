//! Notices on their way out.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ticket_core::notice::Notice;
use ticket_core::port::{
    Claimed, Fence, NoticeState, NoticeStatus, Outbox, Settlement, StoreError,
};
use ticket_core::value::{EmailAddress, Line, NoticeId, TicketId, Timestamp};

use crate::error::Error;
use crate::row::{from_column, from_json, id_bytes, to_column};
use crate::store::SqliteTenant;

/// The numbers of the states in columns; never change one.
const WAITING: i64 = 0;
const CLAIMED: i64 = 1;
const SENT: i64 = 2;
const DEAD: i64 = 3;
const SUPPRESSED: i64 = 4;

#[async_trait]
impl Outbox for SqliteTenant {
    async fn claim_notices(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<Claimed>, StoreError> {
        let tenant = self.id();
        Ok(self
            .write(move |connection| Box::pin(claim(connection, tenant, now, lease, limit)))
            .await?)
    }

    async fn settle_notice(
        &self,
        id: NoticeId,
        fence: Fence,
        settlement: &Settlement,
    ) -> Result<bool, StoreError> {
        let tenant = self.id();
        let settlement = settlement.clone();
        Ok(self
            .write(move |connection| Box::pin(settle(connection, tenant, id, fence, settlement)))
            .await?)
    }

    async fn notice(&self, id: NoticeId) -> Result<Option<NoticeStatus>, StoreError> {
        let mut reader = self.reader().await?;
        let row = sqlx::query(
            "SELECT json, state, moment, error, attempts FROM notices WHERE tenant = ? AND id = ?",
        )
        .bind(self.id())
        .bind(id_bytes(id.uuid()))
        .fetch_optional(&mut *reader)
        .await
        .map_err(Error::from)?;
        Ok(row.as_ref().map(status).transpose()?)
    }

    async fn notices(&self, ticket: TicketId) -> Result<Vec<NoticeStatus>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = sqlx::query(
            "SELECT json, state, moment, error, attempts FROM notices WHERE tenant = ?1 \
             AND ticket = (SELECT number FROM tickets WHERE tenant = ?1 AND id = ?2) \
             ORDER BY created_at, id",
        )
        .bind(self.id())
        .bind(id_bytes(ticket.uuid()))
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let notices: Result<_, Error> = rows.iter().map(status).collect();
        Ok(notices?)
    }

    async fn mark_bounced(&self, id: NoticeId, error: &Line) -> Result<bool, StoreError> {
        let (tenant, error) = (self.id(), error.to_string());
        Ok(self
            .write(move |connection| Box::pin(mark_bounced(connection, tenant, id, error)))
            .await?)
    }

    async fn requeue_notice(&self, id: NoticeId, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.id();
        Ok(self
            .write(move |connection| Box::pin(requeue(connection, tenant, id, now)))
            .await?)
    }

    async fn automatic_before(
        &self,
        address: &EmailAddress,
        since: Timestamp,
        before: &Notice,
    ) -> Result<u32, StoreError> {
        let mut reader = self.reader().await?;
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM notices WHERE tenant = ? AND address = ? AND automatic = 1 \
             AND created_at > ? AND (created_at, id) < (?, ?) AND state <> 4",
        )
        .bind(self.id())
        .bind(address.normal().to_owned())
        .bind(since.micros())
        .bind(before.created_at.micros())
        .bind(id_bytes(before.id.uuid()))
        .fetch_one(&mut *reader)
        .await
        .map_err(Error::from)?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

async fn claim(
    connection: &mut SqliteConnection,
    tenant: i64,
    now: Timestamp,
    lease: Duration,
    limit: u16,
) -> Result<Vec<Claimed>, Error> {
    // The subquery finds the oldest unsettled notice to the same reader: only that one may go.
    let due: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT n.id FROM notices n INDEXED BY notices_unsettled \
         WHERE n.tenant = ? AND n.state < 2 AND n.moment <= ? AND n.id = (\
             SELECT e.id FROM notices e INDEXED BY notices_reader \
             WHERE e.tenant = n.tenant AND e.ticket = n.ticket AND e.person = n.person \
             AND e.state < 2 ORDER BY e.created_at, e.id LIMIT 1) \
         ORDER BY n.created_at, n.id LIMIT ?",
    )
    .bind(tenant)
    .bind(now.micros())
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        let row = sqlx::query(
            "UPDATE notices SET state = 1, moment = ?, attempts = attempts + 1, fence = fence + 1, \
             error = NULL WHERE tenant = ? AND id = ? RETURNING json, fence, attempts",
        )
        .bind(now.plus(lease).micros())
        .bind(tenant)
        .bind(id)
        .fetch_one(&mut *connection)
        .await?;
        claimed.push(Claimed {
            notice: from_json("a notice", row.try_get(0)?)?,
            fence: Fence(from_column("a fence", row.try_get(1)?)?),
            attempt: from_column("a count of attempts", row.try_get(2)?)?,
        });
    }
    Ok(claimed)
}

async fn settle(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: NoticeId,
    fence: Fence,
    settlement: Settlement,
) -> Result<bool, Error> {
    let (state, moment, error) = match settlement {
        Settlement::Sent { at } => (SENT, at.micros(), None),
        Settlement::Retry { at, error } => (WAITING, at.micros(), Some(String::from(error))),
        Settlement::Dead { error } => (DEAD, 0, Some(error.into())),
        Settlement::Suppressed => (SUPPRESSED, 0, None),
        Settlement::Underway { until } => (CLAIMED, until.micros(), None),
    };
    let settled = sqlx::query(
        "UPDATE notices SET state = ?, moment = ?, error = ? \
         WHERE tenant = ? AND id = ? AND state = 1 AND fence = ?",
    )
    .bind(state)
    .bind(moment)
    .bind(error)
    .bind(tenant)
    .bind(id_bytes(id.uuid()))
    .bind(to_column("a fence", fence.0).unwrap_or(-1))
    .execute(connection)
    .await?;
    Ok(settled.rows_affected() == 1)
}

async fn mark_bounced(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: NoticeId,
    error: String,
) -> Result<bool, Error> {
    let marked = sqlx::query(
        "UPDATE notices SET state = 3, error = ? WHERE tenant = ? AND id = ? AND state = 2",
    )
    .bind(error)
    .bind(tenant)
    .bind(id_bytes(id.uuid()))
    .execute(connection)
    .await?;
    Ok(marked.rows_affected() == 1)
}

async fn requeue(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: NoticeId,
    now: Timestamp,
) -> Result<bool, Error> {
    let requeued = sqlx::query(
        "UPDATE notices SET state = 0, moment = ?, error = NULL, attempts = 0 \
         WHERE tenant = ? AND id = ? AND state IN (3, 4)",
    )
    .bind(now.micros())
    .bind(tenant)
    .bind(id_bytes(id.uuid()))
    .execute(connection)
    .await?;
    Ok(requeued.rows_affected() == 1)
}

fn status(row: &SqliteRow) -> Result<NoticeStatus, Error> {
    let moment = Timestamp::from_micros(row.try_get("moment")?);
    let error: Option<String> = row.try_get("error")?;
    let error = error.map(Line::from);
    let state = match row.try_get::<i64, _>("state")? {
        WAITING => NoticeState::Waiting { due: moment, error },
        CLAIMED => NoticeState::Claimed { until: moment },
        SENT => NoticeState::Sent { at: moment },
        DEAD => NoticeState::Dead {
            error: error.unwrap_or_default(),
        },
        SUPPRESSED => NoticeState::Suppressed,
        _ => {
            return Err(Error::Unreadable {
                what: "the state of a notice",
            });
        }
    };
    Ok(NoticeStatus {
        notice: from_json("a notice", row.try_get("json")?)?,
        state,
        attempts: from_column("a count of attempts", row.try_get("attempts")?)?,
    })
}
