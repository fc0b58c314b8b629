//! Calls of webhooks on their way out.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ticket_core::port::{
    CallLog, CallOutbox, CallSettlement, CallState, CallStatus, ClaimedCall, Fence, StoreError,
};
use ticket_core::value::{CallId, TicketId, Timestamp, WebhookKey};
use ticket_core::webhook::{Attempt, Call};

use crate::error::Error;
use crate::row::{from_column, from_json, id_bytes, to_column, to_json};
use crate::store::SqliteTenant;

/// The numbers of the states in columns; never change one.
const WAITING: i64 = 0;
const CLAIMED: i64 = 1;
const DELIVERED: i64 = 2;
const DEAD: i64 = 3;

/// A call with what it is claimed by.
pub(crate) struct CallRow {
    id: Vec<u8>,
    webhook: String,
    /// The version of the ticket; none when it tells of no commit.
    version: Option<i64>,
    created_at: i64,
    json: String,
}

impl CallRow {
    pub(crate) fn of(call: &Call) -> Result<Self, Error> {
        let version = |version: u64| to_column("a version", version);
        let about = call.about.map(|about| about.version.get());
        Ok(Self {
            id: id_bytes(call.id.uuid()),
            webhook: call.webhook.as_str().to_owned(),
            version: about.map(version).transpose()?,
            created_at: call.created_at.micros(),
            json: to_json("a call", call)?,
        })
    }
}

/// Writes a call; one of a ticket waits for its turn.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    tenant: i64,
    ticket: Option<i64>,
    call: &CallRow,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO calls (tenant, id, webhook, ticket, version, created_at, moment, in_order, \
         json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)",
    )
    .bind(tenant)
    .bind(&call.id)
    .bind(&call.webhook)
    .bind(ticket)
    .bind(ticket.and(call.version))
    .bind(call.created_at)
    .bind(ticket.is_some())
    .bind(&call.json)
    .execute(connection)
    .await?;
    Ok(())
}

#[async_trait]
impl CallOutbox for SqliteTenant {
    async fn post_call(&self, call: &Call) -> Result<(), StoreError> {
        let (tenant, row) = (self.id(), CallRow::of(call)?);
        Ok(self
            .write(move |connection| Box::pin(post(connection, tenant, row)))
            .await?)
    }

    async fn claim_calls(
        &self,
        now: Timestamp,
        lease: Duration,
        wanted: &[(WebhookKey, u16)],
    ) -> Result<Vec<ClaimedCall>, StoreError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (tenant, until) = (self.id(), now.plus(lease));
        let wanted = wanted.to_vec();
        Ok(self
            .write(move |connection| Box::pin(claim(connection, tenant, (now, until), wanted)))
            .await?)
    }

    async fn settle_call(
        &self,
        id: CallId,
        fence: Fence,
        settlement: &CallSettlement,
    ) -> Result<bool, StoreError> {
        let (tenant, settlement) = (self.id(), settlement.clone());
        Ok(self
            .write(move |connection| Box::pin(settle(connection, tenant, (id, fence), settlement)))
            .await?)
    }

    async fn requeue_call(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.id();
        Ok(self
            .write(move |connection| Box::pin(requeue(connection, tenant, id, now)))
            .await?)
    }

    async fn end_calls(
        &self,
        now: Timestamp,
        active: &[WebhookKey],
        error: &str,
    ) -> Result<u64, StoreError> {
        let (tenant, error) = (self.id(), error.to_owned());
        let active = to_json("keys", &active)?;
        Ok(self
            .write(move |connection| Box::pin(end(connection, tenant, now, (active, error))))
            .await?)
    }

    async fn forget_calls(
        &self,
        known: &[WebhookKey],
        newest: u32,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let (tenant, known) = (self.id(), known.to_vec());
        Ok(self
            .write_relaxed(move |connection| {
                Box::pin(forget(connection, tenant, known, (newest, limit)))
            })
            .await?)
    }
}

#[async_trait]
impl CallLog for SqliteTenant {
    async fn call(&self, id: CallId) -> Result<Option<CallStatus>, StoreError> {
        let mut reader = self.reader().await?;
        let row = sqlx::query(
            "SELECT json, state, moment, error, attempts, log FROM calls \
             WHERE tenant = ? AND id = ?",
        )
        .bind(self.id())
        .bind(id_bytes(id.uuid()))
        .fetch_optional(&mut *reader)
        .await
        .map_err(Error::from)?;
        Ok(row.as_ref().map(status).transpose()?)
    }

    async fn calls(&self, ticket: TicketId) -> Result<Vec<CallStatus>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = sqlx::query(
            "SELECT json, state, moment, error, attempts, log FROM calls WHERE tenant = ?1 \
             AND ticket = (SELECT number FROM tickets WHERE tenant = ?1 AND id = ?2) \
             ORDER BY created_at, id",
        )
        .bind(self.id())
        .bind(id_bytes(ticket.uuid()))
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let calls: Result<_, Error> = rows.iter().map(status).collect();
        Ok(calls?)
    }

    async fn calls_to(
        &self,
        webhook: &WebhookKey,
        before: Option<CallId>,
        limit: u16,
    ) -> Result<Vec<CallStatus>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = sqlx::query(
            "SELECT json, state, moment, error, attempts, log FROM calls \
             WHERE tenant = ? AND webhook = ? AND id < ? ORDER BY id DESC LIMIT ?",
        )
        .bind(self.id())
        .bind(webhook.as_str().to_owned())
        // No call has this identity: it is of no version.
        .bind(id_bytes(before.map_or(uuid::Uuid::max(), CallId::uuid)))
        .bind(i64::from(limit))
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let calls: Result<_, Error> = rows.iter().map(status).collect();
        Ok(calls?)
    }
}

async fn post(connection: &mut SqliteConnection, tenant: i64, row: CallRow) -> Result<(), Error> {
    let is_there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM calls WHERE tenant = ? AND id = ?)")
            .bind(tenant)
            .bind(&row.id)
            .fetch_one(&mut *connection)
            .await?;
    if is_there {
        return Err(StoreError::AlreadyExists { what: "call" }.into());
    }
    insert(connection, tenant, None, &row).await
}

async fn claim(
    connection: &mut SqliteConnection,
    tenant: i64,
    (now, until): (Timestamp, Timestamp),
    wanted: Vec<(WebhookKey, u16)>,
) -> Result<Vec<ClaimedCall>, Error> {
    let mut claimed = Vec::new();
    for (webhook, most) in wanted {
        // The subquery finds an earlier version that is unsettled: then it is not this one's turn.
        let due: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT c.id FROM calls c INDEXED BY calls_unsettled \
             WHERE c.tenant = ?1 AND c.webhook = ?2 AND c.state < 2 AND c.moment <= ?3 \
             AND (c.in_order = 0 OR NOT EXISTS (\
             SELECT 1 FROM calls e INDEXED BY calls_turn WHERE e.tenant = ?1 AND e.webhook = ?2 \
             AND e.ticket = c.ticket AND e.version < c.version AND e.state < 2 \
             AND e.in_order = 1)) ORDER BY c.moment, c.id LIMIT ?4",
        )
        .bind(tenant)
        .bind(webhook.as_str().to_owned())
        .bind(now.micros())
        .bind(i64::from(most))
        .fetch_all(&mut *connection)
        .await?;
        for id in due {
            let row = sqlx::query(
                "UPDATE calls SET state = 1, moment = ?, attempts = attempts + 1, \
                 fence = fence + 1 WHERE tenant = ? AND id = ? \
                 RETURNING json, log, fence, attempts",
            )
            .bind(until.micros())
            .bind(tenant)
            .bind(id)
            .fetch_one(&mut *connection)
            .await?;
            claimed.push(ClaimedCall {
                call: from_json("a call", row.try_get("json")?)?,
                fence: Fence(from_column("a fence", row.try_get("fence")?)?),
                attempt: from_column("a count of attempts", row.try_get("attempts")?)?,
                log: log(&row)?,
            });
        }
    }
    Ok(claimed)
}

async fn settle(
    connection: &mut SqliteConnection,
    tenant: i64,
    (id, fence): (CallId, Fence),
    settlement: CallSettlement,
) -> Result<bool, Error> {
    let (state, moment, error, log) = match settlement {
        CallSettlement::Delivered { at, log } => (DELIVERED, at.micros(), None, Some(log)),
        CallSettlement::Retry { at, log } => (WAITING, at.micros(), None, Some(log)),
        CallSettlement::Dead { error, log } => (DEAD, 0, Some(error), Some(log)),
        CallSettlement::GivenBack { at } => (WAITING, at.micros(), None, None),
        CallSettlement::Underway { until } => (CLAIMED, until.micros(), None, None),
    };
    let log = log.map(|log| to_json("a log", &log)).transpose()?;
    let settled = sqlx::query(
        "UPDATE calls SET state = ?, moment = ?, error = ?, log = ifnull(?, log) \
         WHERE tenant = ? AND id = ? AND state = 1 AND fence = ?",
    )
    .bind(state)
    .bind(moment)
    .bind(error)
    .bind(log)
    .bind(tenant)
    .bind(id_bytes(id.uuid()))
    .bind(to_column("a fence", fence.0).unwrap_or(-1))
    .execute(connection)
    .await?;
    Ok(settled.rows_affected() == 1)
}

async fn requeue(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: CallId,
    now: Timestamp,
) -> Result<bool, Error> {
    let requeued = sqlx::query(
        "UPDATE calls SET state = 0, moment = ?, error = NULL, attempts = 0, in_order = 0 \
         WHERE tenant = ? AND id = ? AND state > 1",
    )
    .bind(now.micros())
    .bind(tenant)
    .bind(id_bytes(id.uuid()))
    .execute(connection)
    .await?;
    Ok(requeued.rows_affected() == 1)
}

async fn end(
    connection: &mut SqliteConnection,
    tenant: i64,
    now: Timestamp,
    (active, error): (String, String),
) -> Result<u64, Error> {
    let ended = sqlx::query(
        "UPDATE calls SET state = 3, moment = 0, error = ?1 WHERE tenant = ?2 AND state < 2 \
         AND webhook NOT IN (SELECT value FROM json_each(?3)) AND (state = 0 OR moment <= ?4)",
    )
    .bind(error)
    .bind(tenant)
    .bind(active)
    .bind(now.micros())
    .execute(connection)
    .await?;
    Ok(ended.rows_affected())
}

async fn forget(
    connection: &mut SqliteConnection,
    tenant: i64,
    known: Vec<WebhookKey>,
    (newest, limit): (u32, u32),
) -> Result<u64, Error> {
    let mut left = i64::from(limit);
    for webhook in &known {
        let forgotten = sqlx::query(
            "DELETE FROM calls WHERE tenant = ?1 AND id IN (SELECT id FROM calls \
             WHERE tenant = ?1 AND webhook = ?2 AND state > 1 ORDER BY id DESC LIMIT ?3 OFFSET ?4)",
        )
        .bind(tenant)
        .bind(webhook.as_str().to_owned())
        .bind(left)
        .bind(i64::from(newest))
        .execute(&mut *connection)
        .await?;
        left -= i64::try_from(forgotten.rows_affected()).unwrap_or(left);
    }
    let forgotten = sqlx::query(
        "DELETE FROM calls WHERE tenant = ?1 AND id IN (SELECT id FROM calls \
         WHERE tenant = ?1 AND state > 1 \
         AND webhook NOT IN (SELECT value FROM json_each(?2)) LIMIT ?3)",
    )
    .bind(tenant)
    .bind(to_json("keys", &known)?)
    .bind(left)
    .execute(&mut *connection)
    .await?;
    left -= i64::try_from(forgotten.rows_affected()).unwrap_or(left);
    Ok(u64::from(limit) - left.unsigned_abs())
}

fn log(row: &SqliteRow) -> Result<Vec<Attempt>, Error> {
    from_json("a log", row.try_get("log")?)
}

fn status(row: &SqliteRow) -> Result<CallStatus, Error> {
    let moment = Timestamp::from_micros(row.try_get("moment")?);
    let state = match row.try_get::<i64, _>("state")? {
        WAITING => CallState::Waiting { due: moment },
        CLAIMED => CallState::Claimed { until: moment },
        DELIVERED => CallState::Delivered { at: moment },
        DEAD => CallState::Dead {
            error: row
                .try_get::<Option<String>, _>("error")?
                .unwrap_or_default(),
        },
        _ => {
            return Err(Error::Unreadable {
                what: "the state of a call",
            });
        }
    };
    Ok(CallStatus {
        call: from_json("a call", row.try_get("json")?)?,
        state,
        attempts: from_column("a count of attempts", row.try_get("attempts")?)?,
        log: log(row)?,
    })
}
