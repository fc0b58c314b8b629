//! A walk over everything, for `verify` and exports.

mod copies;
mod file;

use async_trait::async_trait;
use sqlx::{Connection, Row, SqliteConnection};
use ticket_core::port::{Inventory, StoreError, Stray};
use ticket_core::value::TicketId;

use crate::error::Error;
use crate::row::{id_bytes, id_from};
use crate::store::SqliteTenant;
use crate::words::Documents;

#[async_trait]
impl Inventory for SqliteTenant {
    async fn tickets_after(
        &self,
        after: Option<TicketId>,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        let mut reader = self.reader().await?;
        let ids: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT id FROM tickets WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(self.id())
        // No bytes at all come before every identity.
        .bind(after.map_or_else(Vec::new, |id| id_bytes(id.uuid())))
        .bind(i64::from(limit))
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let read = |id: &Vec<u8>| Ok(TicketId::new(id_from("a ticket's id", id)?));
        let ids: Result<_, Error> = ids.iter().map(read).collect();
        Ok(ids?)
    }

    async fn strays(&self) -> Result<Vec<Stray>, StoreError> {
        Ok(self.find_strays().await?)
    }
}

impl SqliteTenant {
    async fn find_strays(&self) -> Result<Vec<Stray>, Error> {
        let tenant = self.id();
        // A connection of its own: the integrity check of FTS5 takes what a connection remembers
        // of an index for the truth, and other connections have changed that since.
        let mut reader = self.new_reader().await?;
        // One moment for all questions: what is written meanwhile is no stray.
        let mut moment = reader.begin().await?;
        let mut strays = look(&mut moment, tenant).await?;
        moment.rollback().await?;
        reader.close().await?;
        let indexes = self
            .write_relaxed(|connection| Box::pin(file::index_faults(connection)))
            .await?;
        strays.extend(indexes);
        Ok(strays)
    }
}

async fn look(reader: &mut SqliteConnection, tenant: i64) -> Result<Vec<Stray>, Error> {
    let mut strays = Vec::new();
    for orphans in ORPHANS {
        strays.extend(ask(reader, tenant, orphans).await?);
    }
    let slot: Option<i64> = sqlx::query_scalar("SELECT slot FROM counters WHERE tenant = ?")
        .bind(tenant)
        .fetch_optional(&mut *reader)
        .await?;
    // Slots begin at 1: without one, nothing of the tenant is in the index.
    let own = (tenant, Documents::of(slot.unwrap_or(0))?);
    copies::of_tickets(reader, own, &mut strays).await?;
    copies::of_texts(reader, own, copies::Text::Messages, &mut strays).await?;
    copies::of_texts(reader, own, copies::Text::Notes, &mut strays).await?;
    copies::of_people(reader, tenant, &mut strays).await?;
    file::faults(reader, &mut strays).await?;
    Ok(strays)
}

/// What of one kind belongs to nothing: a statement that answers ids for the tenant `?1`.
struct Orphans {
    kind: &'static str,
    detail: &'static str,
    sql: &'static str,
}

async fn ask(
    reader: &mut SqliteConnection,
    tenant: i64,
    orphans: &Orphans,
) -> Result<Vec<Stray>, Error> {
    let rows = sqlx::query(orphans.sql)
        .bind(tenant)
        .fetch_all(reader)
        .await?;
    let stray = |row: &sqlx::sqlite::SqliteRow| {
        Ok(Stray {
            kind: orphans.kind.to_owned(),
            id: row.try_get(0)?,
            detail: orphans.detail.to_owned(),
        })
    };
    rows.iter().map(stray).collect()
}

const NO_TICKET: &str = "its ticket is gone";

/// Every table that names rows of another, with the question for rows that are not there.
const ORPHANS: &[Orphans] = &[
    Orphans {
        kind: "message",
        detail: NO_TICKET,
        sql: "SELECT hex(o.id) FROM messages o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "note",
        detail: NO_TICKET,
        sql: "SELECT hex(o.id) FROM notes o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "event",
        detail: NO_TICKET,
        sql: "SELECT o.ticket || '/' || o.version || '/' || o.place FROM events o \
              WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "notice",
        detail: NO_TICKET,
        sql: "SELECT hex(o.id) FROM notices o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "notice",
        detail: "no event has its version",
        sql: "SELECT hex(o.id) FROM notices o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM events e WHERE e.tenant = o.tenant AND e.ticket = o.ticket \
              AND e.version = o.version)",
    },
    Orphans {
        kind: "call",
        detail: "no event has its version",
        sql: "SELECT hex(o.id) FROM calls o WHERE o.tenant = ?1 AND o.ticket IS NOT NULL \
              AND NOT EXISTS \
              (SELECT 1 FROM events e WHERE e.tenant = o.tenant AND e.ticket = o.ticket \
              AND e.version = o.version)",
    },
    Orphans {
        kind: "ticket",
        detail: "no event has its version",
        sql: "SELECT hex(o.id) FROM tickets o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM events e WHERE e.tenant = o.tenant AND e.ticket = o.number \
              AND e.version = o.version)",
    },
    Orphans {
        kind: "event",
        detail: "its version is later than its ticket's",
        sql: "SELECT o.ticket || '/' || o.version || '/' || o.place FROM events o \
              CROSS JOIN tickets t ON t.tenant = o.tenant AND t.number = o.ticket \
              WHERE o.tenant = ?1 AND o.version > t.version",
    },
    Orphans {
        kind: "key",
        detail: NO_TICKET,
        sql: "SELECT o.key FROM keys o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "mail id",
        detail: NO_TICKET,
        sql: "SELECT o.mail FROM mail_ids o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "term",
        detail: NO_TICKET,
        sql: "SELECT o.kind || '/' || o.name || '/' || o.term FROM terms o \
              WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "link",
        detail: NO_TICKET,
        sql: "SELECT hex(o.target) FROM links o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)",
    },
    Orphans {
        kind: "mail",
        detail: "its message is gone",
        sql: "SELECT hex(o.id) FROM mails o WHERE o.tenant = ?1 AND o.state = 2 AND NOT EXISTS \
              (SELECT 1 FROM messages m WHERE m.tenant = o.tenant AND m.id = o.message) \
              AND NOT EXISTS \
              (SELECT 1 FROM notes n WHERE n.tenant = o.tenant AND n.id = o.note)",
    },
    Orphans {
        kind: "mail",
        detail: "its bytes are gone",
        sql: "SELECT hex(o.id) FROM mails o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM mail_bytes b WHERE b.tenant = o.tenant AND b.id = o.id \
              AND length(b.raw) = o.size)",
    },
    Orphans {
        kind: "mail bytes",
        detail: "their mail is gone",
        sql: "SELECT hex(o.id) FROM mail_bytes o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM mails m WHERE m.tenant = o.tenant AND m.id = o.id)",
    },
    Orphans {
        kind: "blob",
        detail: "its chunks are not as long as it is",
        sql: "SELECT hex(o.digest) FROM blobs o WHERE o.tenant = ?1 AND o.size <> \
              (SELECT ifnull(sum(length(c.bytes)), 0) FROM chunks c \
              WHERE c.tenant = o.tenant AND c.upload = o.upload)",
    },
    Orphans {
        kind: "chunk",
        detail: "it belongs to no blob and no upload",
        sql: "SELECT hex(o.upload) || '/' || o.place FROM chunks o WHERE o.tenant = ?1 \
              AND o.upload NOT IN (SELECT upload FROM blobs WHERE tenant = ?1) \
              AND o.upload NOT IN (SELECT upload FROM uploads WHERE tenant = ?1)",
    },
    Orphans {
        kind: "address",
        detail: "its person is gone",
        sql: "SELECT o.address FROM addresses o WHERE o.tenant = ?1 AND NOT EXISTS \
              (SELECT 1 FROM people p WHERE p.tenant = o.tenant AND p.id = o.person)",
    },
];
