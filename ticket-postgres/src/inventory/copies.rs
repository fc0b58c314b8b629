//! Columns and index entries are copies of what the JSON says: do they still agree?

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use ticket_core::port::Stray;
use ticket_core::ticket::Ticket;
use uuid::Uuid;

use super::stray;
use crate::error::Error;
use crate::row::{Filing, from_json, links, number, terms};
use crate::text::{Language, Piece};
use crate::texts::{Span, Texts};

/// How many tickets are read at once, with everything of them.
const PAGE: i64 = 200;

/// Compares each ticket with its columns, terms and links, and each text with its index.
pub(super) async fn of_tickets(
    connection: &mut PgConnection,
    (tenant, language): (i64, Language),
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let mut after = i64::MIN;
    loop {
        let rows = sqlx::query(
            "SELECT * FROM tickets WHERE tenant = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .bind(tenant)
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        let until = last.try_get("number")?;
        let span = Span {
            tenant,
            after,
            until,
        };
        let copies = Copies::read(connection, span).await?;
        let mut public = Indexed::read(connection, span, Texts::Messages).await?;
        let mut notes = Indexed::read(connection, span, Texts::Notes).await?;
        for row in &rows {
            if let Some(ticket) = compare_ticket(row, &copies, strays)? {
                let due = language.pieces(ticket.subject.as_str());
                if !public.is_indexed(ticket.id.uuid(), &due) {
                    let own = number(ticket.number);
                    strays.push(stray(
                        "ticket",
                        own,
                        "its subject is not in the search index",
                    ));
                }
            }
        }
        for (texts, index) in [(Texts::Messages, &mut public), (Texts::Notes, &mut notes)] {
            for row in span.read(connection, texts.all()).await? {
                compare_text(&row, texts, (language, &mut *index), strays)?;
            }
            let gone = format!("its {} is gone", texts.kind());
            let left = index.documents.keys();
            strays.extend(left.map(|document| stray("index", document, &gone)));
        }
        after = until;
    }
}

/// What an index has of some tickets.
struct Indexed {
    documents: BTreeMap<Uuid, Vec<Piece>>,
}

impl Indexed {
    async fn read(connection: &mut PgConnection, span: Span, texts: Texts) -> Result<Self, Error> {
        let mut documents = BTreeMap::<Uuid, Vec<Piece>>::new();
        for row in span.read(connection, texts.indexed()).await? {
            let pieces = documents.entry(row.try_get("document")?).or_default();
            pieces.push(Piece {
                words: row.try_get("words")?,
                overlap: row.try_get("overlap")?,
            });
        }
        Ok(Self { documents })
    }

    /// Whether it has exactly these words of a document, which is not looked at again.
    fn is_indexed(&mut self, document: Uuid, due: &[Piece]) -> bool {
        self.documents.remove(&document).unwrap_or_default() == due
    }
}

fn compare_text(
    row: &PgRow,
    texts: Texts,
    (language, index): (Language, &mut Indexed),
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let id: Uuid = row.try_get("id")?;
    let Ok(due) = texts.due(language, row.try_get("json")?) else {
        strays.push(stray(texts.kind(), id, "it can't be read"));
        return Ok(());
    };
    if !index.is_indexed(id, &due) {
        let detail = "its words in the search index are not its own";
        strays.push(stray(texts.kind(), id, detail));
    }
    Ok(())
}

/// What some tickets are found by, by their numbers.
struct Copies {
    terms: BTreeMap<i64, BTreeSet<(i16, String, String)>>,
    links: BTreeMap<i64, BTreeSet<(Uuid, i16)>>,
}

impl Copies {
    async fn read(connection: &mut PgConnection, span: Span) -> Result<Self, Error> {
        let mut copies = Self {
            terms: BTreeMap::new(),
            links: BTreeMap::new(),
        };
        let sql = "SELECT ticket, kind, name, term FROM terms \
                   WHERE tenant = $1 AND ticket > $2 AND ticket <= $3";
        for row in span.read(connection, sql).await? {
            let own = copies.terms.entry(row.try_get(0)?).or_default();
            own.insert((row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
        }
        let sql = "SELECT ticket, target, kind FROM links \
                   WHERE tenant = $1 AND ticket > $2 AND ticket <= $3";
        for row in span.read(connection, sql).await? {
            let own = copies.links.entry(row.try_get(0)?).or_default();
            own.insert((row.try_get(1)?, row.try_get(2)?));
        }
        Ok(copies)
    }
}

fn compare_ticket(
    row: &PgRow,
    copies: &Copies,
    strays: &mut Vec<Stray>,
) -> Result<Option<Ticket>, Error> {
    let own: i64 = row.try_get("number")?;
    let Ok(ticket) = from_json::<Ticket>("a ticket", row.try_get("json")?) else {
        strays.push(stray("ticket", own, "it can't be read"));
        return Ok(None);
    };
    let mut differs = |what: &str| strays.push(stray("ticket", own, what));
    if !has_its_columns(row, &ticket)? {
        differs("its columns are not what it says");
    }
    if copies.terms.get(&own).cloned().unwrap_or_default() != terms(&ticket) {
        differs("its terms are not what it says");
    }
    if copies.links.get(&own).cloned().unwrap_or_default() != links(&ticket) {
        differs("its links are not what it says");
    }
    Ok(Some(ticket))
}

fn has_its_columns(row: &PgRow, ticket: &Ticket) -> Result<bool, Error> {
    let filing = Filing {
        queue: row.try_get("queue")?,
        status: row.try_get("status")?,
        category: row.try_get("category")?,
        done: row.try_get("done")?,
        priority: row.try_get("priority")?,
        requester: row.try_get("requester")?,
        organization: row.try_get("organization")?,
        assignee: row.try_get("assignee")?,
        snoozed_until: row.try_get("snoozed_until")?,
        due: row.try_get("due")?,
        created_at: row.try_get("created_at")?,
        status_since: row.try_get("status_since")?,
    };
    let times: (i64, i64) = (
        row.try_get("updated_at")?,
        row.try_get("public_updated_at")?,
    );
    let due = (
        ticket.updated_at.micros(),
        ticket.public_updated_at.micros(),
    );
    Ok(filing == Filing::of(ticket)
        && row.try_get::<Uuid, _>("id")? == ticket.id.uuid()
        && row.try_get::<i64, _>("number")? == number(ticket.number)
        && row.try_get::<i64, _>("version")?.unsigned_abs() == ticket.version.get()
        && times == due)
}
