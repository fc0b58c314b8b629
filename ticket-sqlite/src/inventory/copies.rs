//! Columns and index entries are copies of what the JSON says: do they still agree?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ticket_core::person::Person;
use ticket_core::port::Stray;
use ticket_core::ticket::{InternalNote, PublicMessage, Ticket};

use crate::directory::memberships;
use crate::error::Error;
use crate::row::{Filing, LinkRow, Term, from_json, id_bytes, links, number, terms};
use crate::words::{self, Documents};

/// How many rows are read at once.
const PAGE: i64 = 200;

fn stray(kind: &str, id: impl Display, detail: &str) -> Stray {
    Stray {
        kind: kind.to_owned(),
        id: id.to_string(),
        detail: detail.to_owned(),
    }
}

/// Compares each ticket with its columns, terms, links and indexed subject.
pub(super) async fn of_tickets(
    reader: &mut SqliteConnection,
    (tenant, documents): (i64, Documents),
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(
            "SELECT t.*, count(z.id) AS indexed, z.sz AS words, \
             ifnull((SELECT max(m.place) FROM messages m \
             WHERE m.tenant = t.tenant AND m.ticket = t.number), 0) AS message_place, \
             ifnull((SELECT max(n.place) FROM notes n \
             WHERE n.tenant = t.tenant AND n.ticket = t.number), 0) AS note_place \
             FROM tickets t LEFT JOIN public_words_docsize z ON z.id = ?1 + (t.number << 15) \
             WHERE t.tenant = ?2 AND t.number > ?3 GROUP BY t.number ORDER BY t.number LIMIT ?4",
        )
        .bind(documents.first())
        .bind(tenant)
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *reader)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        let until = last.try_get("number")?;
        let terms = read_terms(reader, tenant, after, until).await?;
        let links = read_links(reader, tenant, after, until).await?;
        for row in &rows {
            compare_ticket(row, &terms, &links, strays)?;
        }
        after = until;
    }
}

type Many<T> = BTreeMap<i64, BTreeSet<T>>;

fn compare_ticket(
    row: &SqliteRow,
    stored_terms: &Many<Term>,
    stored_links: &Many<LinkRow>,
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let own: i64 = row.try_get("number")?;
    let Ok(ticket) = from_json::<Ticket>("a ticket", row.try_get("json")?) else {
        strays.push(stray("ticket", own, "it can't be read"));
        return Ok(());
    };
    let mut differs = |what: &str| strays.push(stray("ticket", own, what));
    if !has_its_columns(row, &ticket)? {
        differs("its columns are not what it says");
    }
    if stored_terms.get(&own).cloned().unwrap_or_default() != terms(&ticket) {
        differs("its terms are not what it says");
    }
    if stored_links.get(&own).cloned().unwrap_or_default() != links(&ticket) {
        differs("its links are not what it says");
    }
    let place = row.try_get::<i64, _>("message_place")?;
    if row.try_get::<i64, _>("texts")? < place.max(row.try_get("note_place")?) {
        differs("it counts fewer texts than it has");
    }
    if !is_indexed(row, ticket.subject.as_str())? {
        differs("its subject is not in the search index");
    }
    Ok(())
}

fn has_its_columns(row: &SqliteRow, ticket: &Ticket) -> Result<bool, Error> {
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
    let times = (
        row.try_get("updated_at")?,
        row.try_get("public_updated_at")?,
    );
    Ok(filing == Filing::of(ticket)
        && row.try_get::<&[u8], _>("id")? == id_bytes(ticket.id.uuid())
        && row.try_get::<i64, _>("number")? == number(ticket.number)
        && row.try_get::<i64, _>("version")?.unsigned_abs() == ticket.version.get()
        && times
            == (
                ticket.updated_at.micros(),
                ticket.public_updated_at.micros(),
            ))
}

/// Whether the index holds the document, with as many words as the text has.
fn is_indexed(row: &SqliteRow, text: &str) -> Result<bool, Error> {
    if row.try_get::<i64, _>("indexed")? != 1 {
        return Ok(false);
    }
    let words: &[u8] = row.try_get("words")?;
    Ok(varint(words) == u64::try_from(words::word_count(text)).ok())
}

/// The first number of FTS5's record of a document's size: big-endian groups of 7 bits. Sizes of
/// 9 bytes, whose last byte is whole, do not occur.
fn varint(bytes: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for byte in bytes.iter().take(8) {
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

async fn read_terms(
    reader: &mut SqliteConnection,
    tenant: i64,
    after: i64,
    until: i64,
) -> Result<Many<Term>, Error> {
    let rows: Vec<(i64, i64, String, String)> = sqlx::query_as(
        "SELECT ticket, kind, name, term FROM terms \
         WHERE tenant = ? AND ticket > ? AND ticket <= ?",
    )
    .bind(tenant)
    .bind(after)
    .bind(until)
    .fetch_all(reader)
    .await?;
    let mut terms = Many::<Term>::new();
    for (ticket, kind, name, term) in rows {
        terms.entry(ticket).or_default().insert((kind, name, term));
    }
    Ok(terms)
}

async fn read_links(
    reader: &mut SqliteConnection,
    tenant: i64,
    after: i64,
    until: i64,
) -> Result<Many<LinkRow>, Error> {
    let rows: Vec<(i64, Vec<u8>, i64)> = sqlx::query_as(
        "SELECT ticket, target, kind FROM links \
         WHERE tenant = ? AND ticket > ? AND ticket <= ?",
    )
    .bind(tenant)
    .bind(after)
    .bind(until)
    .fetch_all(reader)
    .await?;
    let mut links = Many::<LinkRow>::new();
    for (ticket, target, kind) in rows {
        links.entry(ticket).or_default().insert((target, kind));
    }
    Ok(links)
}

/// Which texts are compared with their index.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    Messages,
    Notes,
}

impl Text {
    const fn kind(self) -> &'static str {
        match self {
            Self::Messages => "message",
            Self::Notes => "note",
        }
    }

    /// A page of texts with their entries in the index.
    const fn page(self) -> &'static str {
        match self {
            Self::Messages => {
                "SELECT m.id, m.json, count(z.id) AS indexed, z.sz AS words, m.place \
                 FROM messages m LEFT JOIN public_words_docsize z \
                 ON z.id = ?1 + (m.ticket << 15) + m.place \
                 WHERE m.tenant = ?2 AND m.id > ?3 GROUP BY m.id ORDER BY m.id LIMIT ?4"
            }
            Self::Notes => {
                "SELECT m.id, m.json, count(z.id) AS indexed, z.sz AS words, m.place \
                 FROM notes m LEFT JOIN note_words_docsize z \
                 ON z.id = ?1 + (m.ticket << 15) + m.place \
                 WHERE m.tenant = ?2 AND m.id > ?3 GROUP BY m.id ORDER BY m.id LIMIT ?4"
            }
        }
    }

    /// Documents of the index that no text has.
    const fn leftovers(self) -> &'static str {
        match self {
            Self::Messages => {
                "SELECT z.id FROM public_words_docsize z WHERE z.id BETWEEN ?2 AND ?3 \
                 AND z.id NOT IN (SELECT ?2 + (number << 15) FROM tickets WHERE tenant = ?1) \
                 AND z.id NOT IN (SELECT ?2 + (ticket << 15) + place FROM messages \
                 WHERE tenant = ?1 AND place IS NOT NULL)"
            }
            Self::Notes => {
                "SELECT z.id FROM note_words_docsize z WHERE z.id BETWEEN ?2 AND ?3 \
                 AND z.id NOT IN (SELECT ?2 + (ticket << 15) + place FROM notes \
                 WHERE tenant = ?1 AND place IS NOT NULL)"
            }
        }
    }

    /// The text of a message or note, and whether it was redacted.
    fn read(self, json: &str) -> Result<(String, bool), Error> {
        let (body, redacted) = match self {
            Self::Messages => {
                let message: PublicMessage = from_json("a message", json)?;
                (message.body, message.redacted)
            }
            Self::Notes => {
                let note: InternalNote = from_json("a note", json)?;
                (note.body, note.redacted)
            }
        };
        Ok((body.text().to_owned(), redacted.is_some()))
    }
}

/// Compares each message or note with its entry in the search index.
pub(super) async fn of_texts(
    reader: &mut SqliteConnection,
    (tenant, documents): (i64, Documents),
    text: Text,
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let mut after = Vec::new();
    loop {
        let rows = sqlx::query(text.page())
            .bind(documents.first())
            .bind(tenant)
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *reader)
            .await?;
        let Some(last) = rows.last() else {
            break;
        };
        after = last.try_get("id")?;
        for row in &rows {
            compare_text(row, text, strays)?;
        }
    }
    let own = documents.all();
    let leftovers: Vec<i64> = sqlx::query_scalar(text.leftovers())
        .bind(tenant)
        .bind(*own.start())
        .bind(*own.end())
        .fetch_all(reader)
        .await?;
    let gone = format!("its {} is gone", text.kind());
    strays.extend(leftovers.iter().map(|id| stray("index", id, &gone)));
    Ok(())
}

fn compare_text(row: &SqliteRow, text: Text, strays: &mut Vec<Stray>) -> Result<(), Error> {
    let id: Vec<u8> = row.try_get("id")?;
    let id = uuid::Uuid::from_slice(&id).unwrap_or_default();
    let mut differs = |what: &str| strays.push(stray(text.kind(), id, what));
    let Ok((body, redacted)) = text.read(row.try_get("json")?) else {
        differs("it can't be read");
        return Ok(());
    };
    let has_place = row.try_get::<Option<i64>, _>("place")?.is_some();
    if has_place == redacted {
        differs("it is in the search index though redacted, or the other way round");
    } else if has_place && !is_indexed(row, &body)? {
        differs("its words are not in the search index");
    }
    Ok(())
}

/// Compares each person with the addresses and memberships that they are found by.
pub(super) async fn of_people(
    reader: &mut SqliteConnection,
    tenant: i64,
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let people: Vec<(String, String)> =
        sqlx::query_as("SELECT id, json FROM people WHERE tenant = ?")
            .bind(tenant)
            .fetch_all(&mut *reader)
            .await?;
    let addresses: BTreeSet<(String, String)> =
        sqlx::query_as("SELECT person, address FROM addresses WHERE tenant = ?")
            .bind(tenant)
            .fetch_all(&mut *reader)
            .await?
            .into_iter()
            .collect();
    let members: BTreeSet<(String, String)> =
        sqlx::query_as("SELECT person, queue FROM members WHERE tenant = ?")
            .bind(tenant)
            .fetch_all(&mut *reader)
            .await?
            .into_iter()
            .collect();
    let (mut named, mut joined) = (BTreeSet::new(), BTreeSet::new());
    for (id, json) in people {
        let Ok(person) = from_json::<Person>("a person", &json) else {
            strays.push(stray("person", id, "it can't be read"));
            continue;
        };
        let own = person.addresses.iter();
        named.extend(own.map(|address| (id.clone(), address.normal().to_owned())));
        joined.extend(memberships(&person).map(|queue| (id.clone(), queue.as_str().to_owned())));
    }
    for (person, _) in addresses.symmetric_difference(&named) {
        strays.push(stray(
            "person",
            person,
            "its addresses are not what it says",
        ));
    }
    for (person, _) in members.symmetric_difference(&joined) {
        strays.push(stray(
            "person",
            person,
            "its memberships are not what it says",
        ));
    }
    Ok(())
}
