//! Rows that name rows of another table, which are not there.

use sqlx::{PgConnection, Row};
use ticket_core::port::Stray;

use super::stray;
use crate::error::Error;

/// What of one kind belongs to nothing: a statement that answers ids for the tenant `$1`.
struct Orphans {
    kind: &'static str,
    detail: &'static str,
    sql: &'static str,
}

/// All of them.
pub(super) async fn all(connection: &mut PgConnection, tenant: i64) -> Result<Vec<Stray>, Error> {
    let mut strays = Vec::new();
    for orphans in ORPHANS {
        let rows = sqlx::query(orphans.sql)
            .bind(tenant)
            .fetch_all(&mut *connection)
            .await?;
        for row in &rows {
            let id: String = row.try_get(0)?;
            strays.push(stray(orphans.kind, id, orphans.detail));
        }
    }
    Ok(strays)
}

const NO_TICKET: &str = "its ticket is gone";

/// The rows of a table whose ticket is not there.
macro_rules! without_ticket {
    ($id:literal, $table:literal) => {
        concat!(
            "SELECT ",
            $id,
            " FROM ",
            $table,
            " o WHERE o.tenant = $1 AND NOT EXISTS \
             (SELECT 1 FROM tickets t WHERE t.tenant = o.tenant AND t.number = o.ticket)"
        )
    };
}

const ORPHANS: &[Orphans] = &[
    Orphans {
        kind: "message",
        detail: NO_TICKET,
        sql: without_ticket!("o.id::text", "messages"),
    },
    Orphans {
        kind: "note",
        detail: NO_TICKET,
        sql: without_ticket!("o.id::text", "notes"),
    },
    Orphans {
        kind: "event",
        detail: NO_TICKET,
        sql: without_ticket!("concat_ws('/', o.ticket, o.version, o.place)", "events"),
    },
    Orphans {
        kind: "notice",
        detail: NO_TICKET,
        sql: without_ticket!("o.id::text", "notices"),
    },
    Orphans {
        kind: "key",
        detail: NO_TICKET,
        sql: without_ticket!("encode(o.key, 'hex')", "keys"),
    },
    Orphans {
        kind: "mail id",
        detail: NO_TICKET,
        sql: without_ticket!("o.mail", "mail_ids"),
    },
    Orphans {
        kind: "term",
        detail: NO_TICKET,
        sql: without_ticket!("concat_ws('/', o.kind, o.name, o.term)", "terms"),
    },
    Orphans {
        kind: "link",
        detail: NO_TICKET,
        sql: without_ticket!("o.target::text", "links"),
    },
    Orphans {
        kind: "index",
        detail: NO_TICKET,
        sql: without_ticket!("o.document::text", "public_words"),
    },
    Orphans {
        kind: "index",
        detail: NO_TICKET,
        sql: without_ticket!("o.document::text", "note_words"),
    },
    Orphans {
        kind: "notice",
        detail: "no event has its version",
        sql: "SELECT o.id::text FROM notices o WHERE o.tenant = $1 AND NOT EXISTS \
              (SELECT 1 FROM events e WHERE e.tenant = o.tenant AND e.ticket = o.ticket \
              AND e.version = o.version)",
    },
    Orphans {
        kind: "call",
        detail: "no event has its version",
        sql: "SELECT o.id::text FROM calls o WHERE o.tenant = $1 AND o.ticket IS NOT NULL \
              AND NOT EXISTS \
              (SELECT 1 FROM events e WHERE e.tenant = o.tenant AND e.ticket = o.ticket \
              AND e.version = o.version)",
    },
    Orphans {
        kind: "ticket",
        detail: "no event has its version",
        sql: "SELECT o.id::text FROM tickets o WHERE o.tenant = $1 AND NOT EXISTS \
              (SELECT 1 FROM events e WHERE e.tenant = o.tenant AND e.ticket = o.number \
              AND e.version = o.version)",
    },
    Orphans {
        kind: "event",
        detail: "its version is later than its ticket's",
        sql: "SELECT concat_ws('/', o.ticket, o.version, o.place) FROM events o \
              JOIN tickets t ON t.tenant = o.tenant AND t.number = o.ticket \
              WHERE o.tenant = $1 AND o.version > t.version",
    },
    Orphans {
        kind: "mail",
        detail: "its message is gone",
        sql: "SELECT o.id::text FROM mails o WHERE o.tenant = $1 AND o.state = 2 AND NOT EXISTS \
              (SELECT 1 FROM messages m WHERE m.tenant = o.tenant AND m.id = o.message) \
              AND NOT EXISTS \
              (SELECT 1 FROM notes n WHERE n.tenant = o.tenant AND n.id = o.note)",
    },
    Orphans {
        kind: "mail",
        detail: "its bytes are not as many as it says",
        sql: "SELECT o.id::text FROM mails o WHERE o.tenant = $1 \
              AND octet_length(o.raw) <> o.size",
    },
    Orphans {
        kind: "blob",
        detail: "its chunks are not as long as it is",
        sql: "SELECT encode(o.digest, 'hex') FROM blobs o WHERE o.tenant = $1 AND o.size <> \
              (SELECT coalesce(sum(octet_length(c.bytes)), 0) FROM chunks c \
              WHERE c.tenant = o.tenant AND c.upload = o.upload)",
    },
    Orphans {
        kind: "chunk",
        detail: "it belongs to no blob and no upload",
        sql: "SELECT concat_ws('/', o.upload, o.place) FROM chunks o WHERE o.tenant = $1 \
              AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.tenant = $1 AND b.upload = o.upload) \
              AND NOT EXISTS \
              (SELECT 1 FROM uploads u WHERE u.tenant = $1 AND u.upload = o.upload)",
    },
    Orphans {
        kind: "address",
        detail: "its person is gone",
        sql: "SELECT o.address FROM addresses o WHERE o.tenant = $1 AND NOT EXISTS \
              (SELECT 1 FROM people p WHERE p.tenant = o.tenant AND p.id = o.person)",
    },
];
