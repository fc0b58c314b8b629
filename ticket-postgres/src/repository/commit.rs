//! Writing a plan, and finding out whether it was written.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::port::StoreError;
use ticket_core::value::Version;
use tokio::time::Instant;

use super::rows::{Events, FoundBy, Notices, Postings, Rows, TicketRow, Words, key_digest};
use crate::calls::CallRows;
use crate::error::{Error, Fate};
use crate::pool::Query;
use crate::row::{from_column, from_json};
use crate::store::PostgresTenant;

/// The call of the function; its arguments are bound in the order in which it declares them.
const COMMIT: &str = "SELECT outcome, seen, used_fingerprint, used_receipt FROM commit_plan(\
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, \
    $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, \
    $57, $58, $59, $60, $61)";

/// The same, with calls of webhooks in the same statement, and so in the same transaction: the
/// tenant and the ticket are the arguments that they are above.
const COMMIT_AND_CALL: &str = "WITH done AS MATERIALIZED (\
    SELECT outcome, seen, used_fingerprint, used_receipt FROM commit_plan(\
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, \
    $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, \
    $57, $58, $59, $60, $61)), \
    called AS (INSERT INTO calls (tenant, ticket, in_order, id, webhook, version, created_at, \
    moment, json) SELECT $1, $6, true, c.id, c.webhook, c.version, c.created_at, c.created_at, \
    c.json FROM done, unnest($62::uuid[], $63::text[], $64::bigint[], $65::bigint[], $66::text[]) \
    AS c (id, webhook, version, created_at, json) WHERE done.outcome = 0) \
    SELECT outcome, seen, used_fingerprint, used_receipt FROM done";

/// The outcomes of the function.
const WRITTEN: i16 = 0;
const USED: i16 = 1;
const OTHER_VERSION: i16 = 2;

impl PostgresTenant {
    /// Writes a plan, unless its key was used before.
    pub(super) async fn write(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, Error> {
        let deadline = self.primary().deadline();
        let mut rows = Rows::of(self.id(), plan, key, self.language())?;
        if !plan.redactions.is_empty() {
            self.erase(plan, &mut rows).await?;
        }
        let events = Written {
            ticket: rows.ticket.number,
            version: rows.ticket.version,
            events: rows.events.jsons.clone(),
        };
        match self.primary().write_until(deadline, call(rows)).await {
            Ok(answers) => answered(plan, key, answers.first()),
            Err(error) if error.fate() == Fate::Unknown => {
                self.settle(plan, key, &events, (deadline, error)).await
            }
            Err(error) => Err(error),
        }
    }

    /// The connection went while a plan was written: looks whether it was, and says so if it is
    /// certain. Nothing is written again: the server may still be at it.
    async fn settle(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
        events: &Written,
        (deadline, error): (Instant, Error),
    ) -> Result<Receipt, Error> {
        tracing::warn!(%error, ticket = %plan.ticket.id, "a connection was lost during a commit");
        let look = || async {
            if self.is_written(events, deadline).await? {
                return Ok(Some(plan.receipt()));
            }
            match key {
                Some(key) => self.earlier(key, deadline).await,
                None => Ok(None),
            }
        };
        let pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(20))
            .with_max_times(4);
        let missing = || async {
            match look().await {
                Ok(Some(receipt)) => Ok(receipt),
                Ok(None) => Err(None),
                Err(error) => Err(Some(error)),
            }
        };
        let found = missing.retry(pauses).when(|error| {
            let is_refusal = matches!(error, Some(Error::Answer(_)));
            !is_refusal && Instant::now() < deadline
        });
        match found.await {
            Ok(receipt) => Ok(receipt),
            Err(Some(refusal @ Error::Answer(_))) => Err(refusal),
            Err(_) => Err(error),
        }
    }

    /// Whether these very events are stored.
    async fn is_written(&self, written: &Written, deadline: Instant) -> Result<bool, Error> {
        let asked = sqlx::query(
            "SELECT json FROM events WHERE tenant = $1 AND ticket = $2 AND version = $3 \
             ORDER BY place",
        )
        .bind(self.id())
        .bind(written.ticket)
        .bind(written.version);
        let rows = self.primary().read_until(deadline, asked).await?;
        let stored: Result<Vec<String>, sqlx::Error> =
            rows.iter().map(|row| row.try_get(0)).collect();
        Ok(!written.events.is_empty() && stored? == written.events)
    }

    /// What an earlier commit with this key answered.
    pub(super) async fn earlier(
        &self,
        key: &IdempotencyKey,
        deadline: Instant,
    ) -> Result<Option<Receipt>, Error> {
        let asked =
            sqlx::query("SELECT fingerprint, receipt FROM keys WHERE tenant = $1 AND key = $2")
                .bind(self.id())
                .bind(key_digest(key));
        let rows = self.primary().read_until(deadline, asked).await?;
        let used = |row| used(key, row, "fingerprint", "receipt");
        rows.first().map(used).transpose()
    }
}

/// What tells that a plan was written.
struct Written {
    ticket: i64,
    version: i64,
    events: Vec<String>,
}

fn answered(
    plan: &Plan,
    key: Option<&IdempotencyKey>,
    answer: Option<&PgRow>,
) -> Result<Receipt, Error> {
    let unreadable = Error::Unreadable {
        what: "the outcome of a commit",
    };
    let Some(row) = answer else {
        return Err(unreadable);
    };
    match (row.try_get("outcome")?, key) {
        (WRITTEN, _) => Ok(plan.receipt()),
        (USED, Some(key)) => used(key, row, "used_fingerprint", "used_receipt"),
        (OTHER_VERSION, _) => {
            let seen: Option<i64> = row.try_get("seen")?;
            let current = from_column("a version", seen.unwrap_or(0))?;
            Err(StoreError::Conflict {
                current: Version::new(current),
            }
            .into())
        }
        _ => Err(unreadable),
    }
}

/// What a key was used for, from a row that has it in these columns.
pub(crate) fn used(
    key: &IdempotencyKey,
    row: &PgRow,
    fingerprint: &str,
    receipt: &str,
) -> Result<Receipt, Error> {
    if row.try_get::<&[u8], _>(fingerprint)? != key.fingerprint.bytes() {
        return Err(StoreError::AlreadyExists {
            what: "idempotency key",
        }
        .into());
    }
    let receipt: Receipt = from_json("a receipt", row.try_get(receipt)?)?;
    Ok(Receipt {
        replayed: true,
        ..receipt
    })
}

/// The call that writes all rows.
pub(super) fn call(rows: Rows) -> Query<'static> {
    let calls = !rows.calls.ids.is_empty();
    let query = sqlx::query(if calls { COMMIT_AND_CALL } else { COMMIT }).bind(rows.tenant);
    let query = match rows.key {
        Some(key) => query
            .bind(Some(key.key))
            .bind(Some(key.fingerprint))
            .bind(Some(key.receipt)),
        None => query
            .bind(None::<Vec<u8>>)
            .bind(None::<Vec<u8>>)
            .bind(None::<String>),
    };
    let query = bind_ticket(query.bind(rows.expected), rows.ticket, rows.found_by);
    let query = bind_events(query, rows.events);
    let query = bind_notes(bind_messages(query, rows.messages), rows.notes);
    let query = query
        .bind(rows.erased_messages.ids)
        .bind(rows.erased_messages.jsons)
        .bind(rows.erased_notes.ids)
        .bind(rows.erased_notes.jsons)
        .bind(rows.mails.into_iter().collect::<Vec<_>>());
    let query = bind_notices(query, rows.notices);
    if calls {
        bind_calls(query, rows.calls)
    } else {
        query
    }
}

fn bind_ticket(query: Query<'static>, row: TicketRow, found_by: FoundBy) -> Query<'static> {
    let filing = row.filing;
    query
        .bind(row.number)
        .bind(row.id)
        .bind(row.version)
        .bind(filing.queue)
        .bind(filing.status)
        .bind(filing.category)
        .bind(filing.priority)
        .bind(filing.done)
        .bind(filing.requester)
        .bind(filing.organization)
        .bind(filing.assignee)
        .bind(filing.snoozed_until)
        .bind(filing.due)
        .bind(filing.created_at)
        .bind(row.updated_at)
        .bind(row.public_updated_at)
        .bind(filing.status_since)
        .bind(found_by.digest)
        .bind(row.json)
        .bind(found_by.subject)
        .bind(found_by.term_kinds)
        .bind(found_by.term_names)
        .bind(found_by.terms)
        .bind(found_by.link_targets)
        .bind(found_by.link_kinds)
}

fn bind_events(query: Query<'static>, events: Events) -> Query<'static> {
    query
        .bind(events.versions)
        .bind(events.places)
        .bind(events.jsons)
}

fn bind_messages(query: Query<'static>, messages: Postings) -> Query<'static> {
    let query = query
        .bind(messages.ids)
        .bind(messages.ats)
        .bind(messages.authors)
        .bind(messages.jsons);
    bind_words(query, messages.words)
}

fn bind_notes(query: Query<'static>, notes: Postings) -> Query<'static> {
    let query = query.bind(notes.ids).bind(notes.ats).bind(notes.jsons);
    bind_words(query, notes.words)
}

fn bind_words(query: Query<'static>, words: Words) -> Query<'static> {
    query
        .bind(words.documents)
        .bind(words.pieces)
        .bind(words.overlaps)
        .bind(words.texts)
}

fn bind_notices(query: Query<'static>, notices: Notices) -> Query<'static> {
    query
        .bind(notices.ids)
        .bind(notices.versions)
        .bind(notices.persons)
        .bind(notices.addresses)
        .bind(notices.automatics)
        .bind(notices.created_ats)
        .bind(notices.jsons)
        .bind(notices.are_told)
}

fn bind_calls(query: Query<'static>, calls: CallRows) -> Query<'static> {
    query
        .bind(calls.ids)
        .bind(calls.webhooks)
        .bind(calls.versions)
        .bind(calls.created_ats)
        .bind(calls.jsons)
}
