//! Messages and notes, and their words in the search index.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Row, SqliteConnection};
use ticket_core::ticket::{InternalNote, Posting, PublicMessage, Redaction};

use super::rows::PostingRow;
use crate::error::Error;
use crate::row::{from_json, id_bytes, to_json};
use crate::words::Documents;

/// The two search indexes, and the tables whose texts they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// Subjects and public messages.
    Public,
    /// Internal notes, which only the team may search.
    Notes,
}

/// Writes a message or note, its words and its Message-ID.
pub(super) async fn insert_posting(
    connection: &mut SqliteConnection,
    index_of: Index,
    (tenant, documents): (i64, Documents),
    (ticket, place): (i64, i64),
    row: &PostingRow,
) -> Result<(), Error> {
    let document = documents.document(ticket, place)?;
    sqlx::query(match index_of {
        Index::Public => {
            "INSERT INTO messages (tenant, id, ticket, at, place, json) \
             VALUES (?, ?, ?, ?, ?, ?)"
        }
        Index::Notes => {
            "INSERT INTO notes (tenant, id, ticket, at, place, json) VALUES (?, ?, ?, ?, ?, ?)"
        }
    })
    .bind(tenant)
    .bind(&row.id)
    .bind(ticket)
    .bind(row.at)
    .bind(place)
    .bind(&row.json)
    .execute(&mut *connection)
    .await?;
    index(connection, index_of, document, &row.words).await?;
    if let Some(mail) = &row.mail {
        // The ticket that had the mail first keeps it.
        sqlx::query(
            "INSERT INTO mail_ids (tenant, mail, ticket) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(mail)
        .bind(ticket)
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Puts the words of a document into an index.
pub(super) async fn index(
    connection: &mut SqliteConnection,
    index: Index,
    document: i64,
    words: &str,
) -> Result<(), Error> {
    sqlx::query(match index {
        Index::Public => "INSERT INTO public_words (rowid, words) VALUES (?, ?)",
        Index::Notes => "INSERT INTO note_words (rowid, words) VALUES (?, ?)",
    })
    .bind(document)
    .bind(words.to_owned())
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the words of a document out of an index.
pub(super) async fn unindex(
    connection: &mut SqliteConnection,
    index: Index,
    document: i64,
) -> Result<(), Error> {
    sqlx::query(match index {
        Index::Public => "DELETE FROM public_words WHERE rowid = ?",
        Index::Notes => "DELETE FROM note_words WHERE rowid = ?",
    })
    .bind(document)
    .execute(connection)
    .await?;
    Ok(())
}

/// Erases the content of a message or note, and its words.
pub(super) async fn redact(
    connection: &mut SqliteConnection,
    own: (i64, Documents),
    posting: Posting,
    redaction: &Redaction,
) -> Result<(), Error> {
    match posting {
        Posting::Message(id) => {
            let erase = |mut message: PublicMessage| {
                message.redact(redaction);
                message
            };
            let id = id_bytes(id.uuid());
            rewrite(connection, Index::Public, own, &id, erase).await
        }
        Posting::Note(id) => {
            let erase = |mut note: InternalNote| {
                note.redact(redaction);
                note
            };
            let id = id_bytes(id.uuid());
            rewrite(connection, Index::Notes, own, &id, erase).await
        }
    }
}

async fn rewrite<T: Serialize + DeserializeOwned>(
    connection: &mut SqliteConnection,
    index_of: Index,
    (tenant, documents): (i64, Documents),
    id: &[u8],
    erase: impl FnOnce(T) -> T,
) -> Result<(), Error> {
    let (what, select, update) = match index_of {
        Index::Public => (
            "a message",
            "SELECT place, ticket, json FROM messages WHERE tenant = ? AND id = ?",
            "UPDATE messages SET place = NULL, json = ? WHERE tenant = ? AND id = ?",
        ),
        Index::Notes => (
            "a note",
            "SELECT place, ticket, json FROM notes WHERE tenant = ? AND id = ?",
            "UPDATE notes SET place = NULL, json = ? WHERE tenant = ? AND id = ?",
        ),
    };
    let found = sqlx::query(select)
        .bind(tenant)
        .bind(id.to_vec())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(found) = found else {
        return Ok(());
    };
    let place: Option<i64> = found.try_get(0)?;
    let erased = erase(from_json(what, found.try_get(2)?)?);
    sqlx::query(update)
        .bind(to_json(what, &erased)?)
        .bind(tenant)
        .bind(id.to_vec())
        .execute(&mut *connection)
        .await?;
    if let Some(place) = place {
        let document = documents.document(found.try_get(1)?, place)?;
        unindex(connection, index_of, document).await?;
    }
    Ok(())
}
