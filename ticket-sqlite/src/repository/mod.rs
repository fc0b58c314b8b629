//! Tickets with their messages, notes and history.

mod commit;
mod import;
mod rows;
mod text;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::port::{Reference, StoreError, TicketRepository};
use ticket_core::ticket::{EventRecord, LinkKind, Thread, Ticket};
use ticket_core::value::{TicketId, TicketNumber, Version};

use crate::error::Error;
use crate::row::{from_json, id_bytes, id_from, link_kind, number, to_column};
use crate::store::SqliteTenant;
use rows::Rows;

#[async_trait]
impl TicketRepository for SqliteTenant {
    async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let mut reader = self.reader().await?;
        let mut found = Vec::with_capacity(references.len());
        for reference in references {
            found.push(load(&mut reader, self.id(), reference).await?);
        }
        Ok(found)
    }

    async fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError> {
        Ok(self.read_thread(ticket).await?)
    }

    async fn history(
        &self,
        ticket: TicketId,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, StoreError> {
        Ok(self.read_history(ticket, after).await?)
    }

    async fn linking_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, StoreError> {
        Ok(self.read_links_to(ticket).await?)
    }

    async fn next_number(&self) -> Result<TicketNumber, StoreError> {
        let tenant = self.id();
        // No loss when the machine fails: the number was given to no ticket then, since the
        // commit of a ticket makes everything before it durable.
        let number: i64 = self
            .write_relaxed(move |connection| Box::pin(next_number(connection, tenant)))
            .await?;
        TicketNumber::new(number.unsigned_abs())
            .map_err(|_| StoreError::corrupt("the counter of ticket numbers"))
    }

    async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError> {
        let mut reader = self.reader().await?;
        Ok(commit::earlier(&mut reader, self.id(), key).await?)
    }

    async fn commit(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, StoreError> {
        // Everything that needs no connection is done before the write has its turn.
        let rows = Rows::of(self.id(), plan, key)?;
        Ok(self
            .write(move |connection| Box::pin(commit::commit(connection, rows)))
            .await?)
    }
}

async fn next_number(connection: &mut SqliteConnection, tenant: i64) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(
        "INSERT INTO counters (tenant, number) VALUES (?, 1) \
         ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number",
    )
    .bind(tenant)
    .fetch_one(connection)
    .await?)
}

async fn load(
    reader: &mut SqliteConnection,
    tenant: i64,
    reference: &Reference,
) -> Result<Option<Ticket>, Error> {
    let query = match reference {
        Reference::Id(id) => {
            sqlx::query_scalar("SELECT json FROM tickets WHERE tenant = ? AND id = ?")
                .bind(tenant)
                .bind(id_bytes(id.uuid()))
        }
        Reference::Number(own) => {
            sqlx::query_scalar("SELECT json FROM tickets WHERE tenant = ? AND number = ?")
                .bind(tenant)
                .bind(number(*own))
        }
        Reference::Mail(mail) => sqlx::query_scalar(
            "SELECT t.json FROM mail_ids m CROSS JOIN tickets t \
             ON t.tenant = m.tenant AND t.number = m.ticket \
             WHERE m.tenant = ? AND m.mail = ?",
        )
        .bind(tenant)
        .bind(mail.as_str().to_owned()),
    };
    let json: Option<String> = query.fetch_optional(reader).await?;
    json.map(|json| from_json("a ticket", &json)).transpose()
}

impl SqliteTenant {
    async fn read_thread(&self, ticket: TicketId) -> Result<Thread, Error> {
        let mut reader = self.reader().await?;
        // One statement, so that both are of the same moment.
        let rows = sqlx::query(
            "WITH own AS (SELECT number FROM tickets WHERE tenant = ?1 AND id = ?2) \
             SELECT 0 AS kind, at, id, json FROM messages \
             WHERE tenant = ?1 AND ticket = (SELECT number FROM own) \
             UNION ALL \
             SELECT 1, at, id, json FROM notes \
             WHERE tenant = ?1 AND ticket = (SELECT number FROM own) \
             ORDER BY kind, at, id",
        )
        .bind(self.id())
        .bind(id_bytes(ticket.uuid()))
        .fetch_all(&mut *reader)
        .await?;
        let mut thread = Thread::default();
        for row in rows {
            let json: &str = row.try_get("json")?;
            if row.try_get::<i64, _>("kind")? == 0 {
                thread.messages.push(from_json("a message", json)?);
            } else {
                thread.notes.push(from_json("a note", json)?);
            }
        }
        Ok(thread)
    }

    async fn read_history(
        &self,
        ticket: TicketId,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, Error> {
        let after = to_column("a version", after.map_or(0, Version::get)).unwrap_or(i64::MAX);
        let mut reader = self.reader().await?;
        let events: Vec<String> = sqlx::query_scalar(
            "SELECT json FROM events WHERE tenant = ?1 \
             AND ticket = (SELECT number FROM tickets WHERE tenant = ?1 AND id = ?2) \
             AND version > ?3 ORDER BY version, place",
        )
        .bind(self.id())
        .bind(id_bytes(ticket.uuid()))
        .bind(after)
        .fetch_all(&mut *reader)
        .await?;
        let events = events.iter().map(|json| from_json("an event", json));
        events.collect()
    }

    async fn read_links_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, Error> {
        let mut reader = self.reader().await?;
        let rows = sqlx::query(
            "SELECT t.id, l.kind FROM links l CROSS JOIN tickets t \
             ON t.tenant = l.tenant AND t.number = l.ticket \
             WHERE l.tenant = ? AND l.target = ? ORDER BY l.ticket, l.kind",
        )
        .bind(self.id())
        .bind(id_bytes(ticket.uuid()))
        .fetch_all(&mut *reader)
        .await?;
        let link = |row: SqliteRow| {
            let from = TicketId::new(id_from("a ticket's id", row.try_get(0)?)?);
            Ok((from, link_kind(row.try_get(1)?)?))
        };
        rows.into_iter().map(link).collect()
    }
}
