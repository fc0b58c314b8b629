//! Calls of webhooks on their way out.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::port::{
    CallLog, CallOutbox, CallSettlement, CallState, CallStatus, ClaimedCall, Fence, StoreError,
};
use ticket_core::value::{CallId, TicketId, Timestamp, WebhookKey};
use ticket_core::webhook::{Attempt, Call};
use uuid::Uuid;

use crate::error::Error;
use crate::lease::{self, CLAIMED, WAITING};
use crate::row::{from_json, to_column, to_json};
use crate::store::PostgresTenant;

/// The numbers of the other states in columns; never change one.
const DELIVERED: i16 = 2;
const DEAD: i16 = 3;

/// Claims for each webhook as many as are wanted: webhooks, so many of each, the tenant, the time
/// and the end of the lease are its arguments. It asks webhook by webhook, so the calls of one that
/// is down are in nobody's way, and locks rows as it finds them.
const CLAIM: &str = "WITH due AS MATERIALIZED (\
    SELECT d.id FROM unnest($1::text[], $2::integer[]) AS w (webhook, most) CROSS JOIN LATERAL (\
    SELECT q.id FROM calls q WHERE q.tenant = $3 AND q.webhook = w.webhook AND q.state < 2 \
    AND q.moment <= $4 AND (NOT q.in_order OR NOT EXISTS (\
    SELECT 1 FROM calls e WHERE e.tenant = q.tenant AND e.webhook = q.webhook \
    AND e.ticket = q.ticket AND e.version < q.version AND e.state < 2 AND e.in_order)) \
    ORDER BY q.moment, q.id LIMIT w.most FOR UPDATE OF q SKIP LOCKED) d) \
    UPDATE calls c SET state = 1, moment = $5, attempts = c.attempts + 1, fence = c.fence + 1 \
    WHERE c.tenant = $3 AND c.id = ANY (ARRAY(SELECT d.id FROM due d)) \
    RETURNING c.fence, c.attempts, c.log, c.json";

const SETTLE: &str = lease::settling!(
    "calls" set "state = $4, moment = $5, error = $6, log = coalesce($7, log)"
);

/// Finds what is old webhook by webhook, and then what belongs to webhooks that nobody knows.
const FORGET: &str = "WITH old AS MATERIALIZED (\
    SELECT o.id FROM unnest($2::text[]) AS k (webhook) CROSS JOIN LATERAL (\
    SELECT s.id FROM calls s WHERE s.tenant = $1 AND s.webhook = k.webhook AND s.state > 1 \
    ORDER BY s.id DESC OFFSET $3) o LIMIT $4), \
    others AS MATERIALIZED (\
    SELECT s.id FROM calls s WHERE s.tenant = $1 AND s.webhook <> ALL ($2) AND s.state > 1 LIMIT $4) \
    DELETE FROM calls c WHERE c.tenant = $1 AND c.state > 1 AND c.id = ANY (ARRAY(\
    SELECT a.id FROM (SELECT old.id FROM old UNION ALL SELECT others.id FROM others) a LIMIT $4))";

/// The calls of a commit, column by column.
#[derive(Default)]
pub(crate) struct CallRows {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) webhooks: Vec<String>,
    pub(crate) versions: Vec<i64>,
    pub(crate) created_ats: Vec<i64>,
    pub(crate) jsons: Vec<String>,
}

impl CallRows {
    pub(crate) fn of(calls: &[Call]) -> Result<Self, Error> {
        let mut own = Self::default();
        for call in calls {
            let version = call.about.map_or(0, |about| about.version.get());
            own.ids.push(call.id.uuid());
            own.webhooks.push(call.webhook.as_str().to_owned());
            own.versions.push(to_column("a version", version)?);
            own.created_ats.push(call.created_at.micros());
            own.jsons.push(to_json("a call", call)?);
        }
        Ok(own)
    }
}

fn names(webhooks: &[WebhookKey]) -> Vec<String> {
    let names = webhooks.iter().map(WebhookKey::as_str);
    names.map(str::to_owned).collect()
}

#[async_trait]
impl CallOutbox for PostgresTenant {
    async fn post_call(&self, call: &Call) -> Result<(), StoreError> {
        let post = sqlx::query(
            "INSERT INTO calls (tenant, id, webhook, created_at, moment, in_order, json) \
             VALUES ($1, $2, $3, $4, $4, false, $5) ON CONFLICT DO NOTHING",
        )
        .bind(self.id())
        .bind(call.id.uuid())
        .bind(call.webhook.as_str())
        .bind(call.created_at.micros())
        .bind(to_json("a call", call)?);
        if self.primary().execute(post).await? == 1 {
            return Ok(());
        }
        Err(StoreError::AlreadyExists { what: "call" })
    }

    async fn claim_calls(
        &self,
        now: Timestamp,
        lease: Duration,
        wanted: &[(WebhookKey, u16)],
    ) -> Result<Vec<ClaimedCall>, StoreError> {
        let webhooks = wanted
            .iter()
            .map(|(webhook, _)| webhook.as_str().to_owned());
        let most = wanted.iter().map(|(_, most)| i32::from(*most));
        let claim = sqlx::query(CLAIM)
            .bind(webhooks.collect::<Vec<_>>())
            .bind(most.collect::<Vec<_>>())
            .bind(self.id())
            .bind(now.micros())
            .bind(now.plus(lease).micros());
        let rows = self.primary().write(claim).await?;
        let claimed: Result<_, Error> = rows.iter().map(claimed).collect();
        Ok(claimed?)
    }

    async fn settle_call(
        &self,
        id: CallId,
        fence: Fence,
        settlement: &CallSettlement,
    ) -> Result<bool, StoreError> {
        let (state, moment, error, log) = match settlement {
            CallSettlement::Delivered { at, log } => (DELIVERED, at.micros(), None, Some(log)),
            CallSettlement::Retry { at, log } => (WAITING, at.micros(), None, Some(log)),
            CallSettlement::Dead { error, log } => (DEAD, 0, Some(error), Some(log)),
            CallSettlement::GivenBack { at } => (WAITING, at.micros(), None, None),
            CallSettlement::Underway { until } => (CLAIMED, until.micros(), None, None),
        };
        let log = log.map(|log| to_json("a log", log)).transpose()?;
        let settle = sqlx::query(SETTLE)
            .bind(self.id())
            .bind(id.uuid())
            .bind(lease::fence(fence))
            .bind(state)
            .bind(moment)
            .bind(error)
            .bind(log);
        Ok(self.primary().execute(settle).await? == 1)
    }

    async fn requeue_call(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError> {
        let change = sqlx::query(
            "UPDATE calls SET state = 0, moment = $3, error = NULL, attempts = 0, in_order = false \
             WHERE tenant = $1 AND id = $2 AND state > 1",
        )
        .bind(self.id())
        .bind(id.uuid())
        .bind(now.micros());
        Ok(self.primary().execute(change).await? == 1)
    }

    async fn end_calls(
        &self,
        now: Timestamp,
        active: &[WebhookKey],
        error: &str,
    ) -> Result<u64, StoreError> {
        let change = sqlx::query(
            "UPDATE calls SET state = 3, moment = 0, error = $4 WHERE tenant = $1 AND state < 2 \
             AND webhook <> ALL ($2) AND (state = 0 OR moment <= $3)",
        )
        .bind(self.id())
        .bind(names(active))
        .bind(now.micros())
        .bind(error);
        Ok(self.primary().execute(change).await?)
    }

    async fn forget_calls(
        &self,
        known: &[WebhookKey],
        newest: u32,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let forget = sqlx::query(FORGET)
            .bind(self.id())
            .bind(names(known))
            .bind(i64::from(newest))
            .bind(i64::from(limit));
        Ok(self.primary().execute(forget).await?)
    }
}

#[async_trait]
impl CallLog for PostgresTenant {
    async fn call(&self, id: CallId) -> Result<Option<CallStatus>, StoreError> {
        let asked = sqlx::query(
            "SELECT json, state, moment, error, attempts, log FROM calls \
             WHERE tenant = $1 AND id = $2",
        )
        .bind(self.id())
        .bind(id.uuid());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map(status).transpose()?)
    }

    async fn calls(&self, ticket: TicketId) -> Result<Vec<CallStatus>, StoreError> {
        let asked = sqlx::query(
            "SELECT json, state, moment, error, attempts, log FROM calls WHERE tenant = $1 \
             AND ticket = (SELECT number FROM tickets WHERE tenant = $1 AND id = $2) \
             ORDER BY created_at, id",
        )
        .bind(self.id())
        .bind(ticket.uuid());
        let rows = self.primary().read(asked).await?;
        let calls: Result<_, Error> = rows.iter().map(status).collect();
        Ok(calls?)
    }

    async fn calls_to(
        &self,
        webhook: &WebhookKey,
        before: Option<CallId>,
        limit: u16,
    ) -> Result<Vec<CallStatus>, StoreError> {
        let asked = sqlx::query(
            "SELECT json, state, moment, error, attempts, log FROM calls \
             WHERE tenant = $1 AND webhook = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
        )
        .bind(self.id())
        .bind(webhook.as_str())
        // No call has this identity: it is of no version.
        .bind(before.map_or(Uuid::max(), CallId::uuid))
        .bind(i64::from(limit));
        let rows = self.primary().read(asked).await?;
        let calls: Result<_, Error> = rows.iter().map(status).collect();
        Ok(calls?)
    }
}

fn claimed(row: &PgRow) -> Result<ClaimedCall, Error> {
    let (fence, attempt) = lease::attempt(row)?;
    Ok(ClaimedCall {
        call: from_json("a call", row.try_get("json")?)?,
        fence,
        attempt,
        log: log(row)?,
    })
}

fn log(row: &PgRow) -> Result<Vec<Attempt>, Error> {
    from_json("a log", row.try_get("log")?)
}

fn status(row: &PgRow) -> Result<CallStatus, Error> {
    let moment = Timestamp::from_micros(row.try_get("moment")?);
    let state = match row.try_get::<i16, _>("state")? {
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
        attempts: lease::attempts(row)?,
        log: log(row)?,
    })
}
