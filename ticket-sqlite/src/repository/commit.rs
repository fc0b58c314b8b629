//! Writing a plan, inside one transaction.

use std::collections::BTreeSet;

use sqlx::{Row, SqliteConnection};
use ticket_core::plan::{IdempotencyKey, Receipt};
use ticket_core::port::StoreError;
use ticket_core::ticket::Ticket;
use ticket_core::value::Version;

use super::rows::{EventRow, KeyRow, NoticeRow, Rows, TicketRow};
use super::text::{self, Index};
use crate::calls;
use crate::error::Error;
use crate::row::{Filing, LinkRow, Term, from_column, from_json, links, terms};
use crate::words::Documents;

/// Writes a plan, unless its key was used before.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    rows: Rows,
) -> Result<Receipt, Error> {
    if let Some(own) = &rows.key
        && let Some(receipt) = earlier(connection, rows.tenant, &own.key).await?
    {
        return Ok(receipt);
    }
    let (documents, texts) = match rows.expected {
        None => insert_ticket(connection, &rows).await?,
        Some(expected) => update_ticket(connection, &rows, expected).await?,
    };
    let (tenant, ticket) = (rows.tenant, rows.ticket.number);
    for event in &rows.events {
        insert_event(connection, tenant, ticket, event).await?;
    }
    let own = (tenant, documents);
    let messages = rows.messages.iter().map(|row| (Index::Public, row));
    let postings = messages.chain(rows.notes.iter().map(|row| (Index::Notes, row)));
    for (place, (index, posting)) in (texts + 1..).zip(postings) {
        text::insert_posting(connection, index, own, (ticket, place), posting).await?;
    }
    for (posting, redaction) in &rows.redactions {
        text::redact(connection, own, *posting, redaction).await?;
    }
    for notice in &rows.notices {
        insert_notice(connection, tenant, ticket, notice).await?;
    }
    for call in &rows.calls {
        calls::insert(connection, tenant, Some(ticket), call).await?;
    }
    if let Some(key) = &rows.key {
        insert_key(connection, tenant, ticket, key).await?;
    }
    Ok(rows.receipt)
}

/// What an earlier commit with this key answered.
pub(super) async fn earlier(
    connection: &mut SqliteConnection,
    tenant: i64,
    key: &IdempotencyKey,
) -> Result<Option<Receipt>, Error> {
    let found = sqlx::query(
        "SELECT fingerprint, receipt FROM keys WHERE tenant = ? AND scope = ? AND key = ?",
    )
    .bind(tenant)
    .bind(key.scope.clone())
    .bind(key.key.clone())
    .fetch_optional(connection)
    .await?;
    let Some(found) = found else {
        return Ok(None);
    };
    if found.try_get::<&[u8], _>(0)? != key.fingerprint.bytes() {
        return Err(already("idempotency key"));
    }
    let receipt: Receipt = from_json("a receipt", found.try_get(1)?)?;
    Ok(Some(Receipt {
        replayed: true,
        ..receipt
    }))
}

fn already(what: &'static str) -> Error {
    StoreError::AlreadyExists { what }.into()
}

/// Writes a new ticket; answers the documents of the tenant and how many texts the ticket had.
async fn insert_ticket(
    connection: &mut SqliteConnection,
    rows: &Rows,
) -> Result<(Documents, i64), Error> {
    let (tenant, row) = (rows.tenant, &rows.ticket);
    // A number that came from elsewhere, such as an import, is not given again.
    let slot = sqlx::query_scalar(
        "INSERT INTO counters (tenant, number) VALUES (?, ?) \
         ON CONFLICT (tenant) DO UPDATE SET number = max(number, excluded.number) RETURNING slot",
    )
    .bind(tenant)
    .bind(row.number)
    .fetch_one(&mut *connection)
    .await?;
    let documents = Documents::of(slot)?;
    let subject = documents.document(row.number, Documents::SUBJECT)?;
    let filing = &row.filing;
    // Unique constraints refuse an identity or number that is there.
    sqlx::query(
        "INSERT INTO tickets (tenant, number, id, version, queue, status, category, done, \
         priority, requester, organization, assignee, snoozed_until, due, created_at, updated_at, \
         public_updated_at, status_since, texts, json) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(tenant)
    .bind(row.number)
    .bind(&row.id)
    .bind(row.version)
    .bind(&filing.queue)
    .bind(&filing.status)
    .bind(filing.category)
    .bind(filing.done)
    .bind(filing.priority)
    .bind(&filing.requester)
    .bind(&filing.organization)
    .bind(&filing.assignee)
    .bind(filing.snoozed_until)
    .bind(filing.due)
    .bind(filing.created_at)
    .bind(row.updated_at)
    .bind(row.public_updated_at)
    .bind(filing.status_since)
    .bind(rows.texts())
    .bind(&row.json)
    .execute(&mut *connection)
    .await?;
    text::index(connection, Index::Public, subject, &row.words).await?;
    change_terms(connection, tenant, row, &BTreeSet::new()).await?;
    change_links(connection, tenant, row, &BTreeSet::new()).await?;
    Ok((documents, 0))
}

/// Writes a changed ticket; answers the documents of the tenant and how many texts the ticket had.
async fn update_ticket(
    connection: &mut SqliteConnection,
    rows: &Rows,
    expected: Version,
) -> Result<(Documents, i64), Error> {
    let (tenant, row) = (rows.tenant, &rows.ticket);
    let found = sqlx::query(
        "SELECT version, json, texts, (SELECT slot FROM counters WHERE tenant = ?1) \
         FROM tickets WHERE tenant = ?1 AND id = ?2",
    )
    .bind(tenant)
    .bind(&row.id)
    .fetch_optional(&mut *connection)
    .await?;
    let current = match &found {
        Some(found) => from_column("a version", found.try_get(0)?)?,
        None => 0,
    };
    let current = Version::new(current);
    let Some(found) = found.filter(|_| current == expected) else {
        return Err(StoreError::Conflict { current }.into());
    };
    let before: Ticket = from_json("a ticket", found.try_get(1)?)?;
    let documents = Documents::of(found.try_get(3)?)?;
    touch(connection, tenant, row, rows.texts()).await?;
    if Filing::of(&before) != row.filing {
        refile(connection, tenant, row).await?;
    }
    change_terms(connection, tenant, row, &terms(&before)).await?;
    change_links(connection, tenant, row, &links(&before)).await?;
    if before.subject != row.subject {
        let subject = documents.document(row.number, Documents::SUBJECT)?;
        text::unindex(connection, Index::Public, subject).await?;
        text::index(connection, Index::Public, subject, &row.words).await?;
    }
    Ok((documents, found.try_get(2)?))
}

/// What every commit changes. Apart from the other columns, because SQLite writes all indexes
/// of the columns that a statement names, whether they change or not.
async fn touch(
    connection: &mut SqliteConnection,
    tenant: i64,
    row: &TicketRow,
    more_texts: i64,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE tickets SET version = ?, updated_at = ?, public_updated_at = ?, \
         texts = texts + ?, json = ? WHERE tenant = ? AND number = ?",
    )
    .bind(row.version)
    .bind(row.updated_at)
    .bind(row.public_updated_at)
    .bind(more_texts)
    .bind(&row.json)
    .bind(tenant)
    .bind(row.number)
    .execute(connection)
    .await?;
    Ok(())
}

async fn refile(
    connection: &mut SqliteConnection,
    tenant: i64,
    row: &TicketRow,
) -> Result<(), Error> {
    let filing = &row.filing;
    sqlx::query(
        "UPDATE tickets SET queue = ?, status = ?, category = ?, done = ?, priority = ?, \
         requester = ?, organization = ?, assignee = ?, snoozed_until = ?, due = ?, \
         created_at = ?, status_since = ? WHERE tenant = ? AND number = ?",
    )
    .bind(&filing.queue)
    .bind(&filing.status)
    .bind(filing.category)
    .bind(filing.done)
    .bind(filing.priority)
    .bind(&filing.requester)
    .bind(&filing.organization)
    .bind(&filing.assignee)
    .bind(filing.snoozed_until)
    .bind(filing.due)
    .bind(filing.created_at)
    .bind(filing.status_since)
    .bind(tenant)
    .bind(row.number)
    .execute(connection)
    .await?;
    Ok(())
}

async fn change_terms(
    connection: &mut SqliteConnection,
    tenant: i64,
    row: &TicketRow,
    before: &BTreeSet<Term>,
) -> Result<(), Error> {
    for (kind, name, term) in before.difference(&row.terms) {
        sqlx::query(
            "DELETE FROM terms \
             WHERE tenant = ? AND kind = ? AND name = ? AND term = ? AND ticket = ?",
        )
        .bind(tenant)
        .bind(kind)
        .bind(name)
        .bind(term)
        .bind(row.number)
        .execute(&mut *connection)
        .await?;
    }
    for (kind, name, term) in row.terms.difference(before) {
        sqlx::query("INSERT INTO terms (tenant, kind, name, term, ticket) VALUES (?, ?, ?, ?, ?)")
            .bind(tenant)
            .bind(kind)
            .bind(name)
            .bind(term)
            .bind(row.number)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn change_links(
    connection: &mut SqliteConnection,
    tenant: i64,
    row: &TicketRow,
    before: &BTreeSet<LinkRow>,
) -> Result<(), Error> {
    for (target, kind) in before.difference(&row.links) {
        sqlx::query(
            "DELETE FROM links WHERE tenant = ? AND target = ? AND ticket = ? AND kind = ?",
        )
        .bind(tenant)
        .bind(target)
        .bind(row.number)
        .bind(kind)
        .execute(&mut *connection)
        .await?;
    }
    for (target, kind) in row.links.difference(before) {
        sqlx::query("INSERT INTO links (tenant, target, ticket, kind) VALUES (?, ?, ?, ?)")
            .bind(tenant)
            .bind(target)
            .bind(row.number)
            .bind(kind)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn insert_event(
    connection: &mut SqliteConnection,
    tenant: i64,
    ticket: i64,
    event: &EventRow,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO events (tenant, ticket, version, place, json) VALUES (?, ?, ?, ?, ?)")
        .bind(tenant)
        .bind(ticket)
        .bind(event.version)
        .bind(event.place)
        .bind(&event.json)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_notice(
    connection: &mut SqliteConnection,
    tenant: i64,
    ticket: i64,
    notice: &NoticeRow,
) -> Result<(), Error> {
    // It is due when it was made, or was sent then.
    let (state, attempts) = if notice.told { (2, 1) } else { (0, 0) };
    sqlx::query(
        "INSERT INTO notices (tenant, id, ticket, version, person, address, automatic, \
         created_at, moment, json, state, attempts) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)",
    )
    .bind(tenant)
    .bind(&notice.id)
    .bind(ticket)
    .bind(notice.version)
    .bind(&notice.person)
    .bind(&notice.address)
    .bind(notice.automatic)
    .bind(notice.created_at)
    .bind(&notice.json)
    .bind(state)
    .bind(attempts)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_key(
    connection: &mut SqliteConnection,
    tenant: i64,
    ticket: i64,
    row: &KeyRow,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO keys (tenant, scope, key, fingerprint, ticket, used_at, receipt) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(tenant)
    .bind(&row.key.scope)
    .bind(&row.key.key)
    .bind(row.key.fingerprint.bytes().as_slice())
    .bind(ticket)
    .bind(row.used_at)
    .bind(&row.receipt)
    .execute(connection)
    .await?;
    Ok(())
}
