//! Messages and notes, and their words in the search index.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Row, SqliteConnection};
use ticket_core::ticket::{InternalNote, Posting, PublicMessage, Redaction};
use ticket_core::value::Body;

use super::rows::PostingRow;
use crate::error::Error;
use crate::row::{from_json, id_bytes, to_json};
use crate::words;

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
    tenant: i64,
    ticket: i64,
    row: &PostingRow,
) -> Result<(), Error> {
    let document = new_document(connection, tenant, ticket).await?;
    sqlx::query(match index_of {
        Index::Public => {
            "INSERT INTO messages (tenant, id, ticket, at, document, json) \
             VALUES (?, ?, ?, ?, ?, ?)"
        }
        Index::Notes => {
            "INSERT INTO notes (tenant, id, ticket, at, document, json) VALUES (?, ?, ?, ?, ?, ?)"
        }
    })
    .bind(tenant)
    .bind(&row.id)
    .bind(ticket)
    .bind(row.at)
    .bind(document)
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

/// Makes a document of the search index that belongs to the ticket.
pub(super) async fn new_document(
    connection: &mut SqliteConnection,
    tenant: i64,
    ticket: i64,
) -> Result<i64, Error> {
    let count: i64 = sqlx::query_scalar(
        "INSERT INTO counters (tenant, document) VALUES (?, 1) \
         ON CONFLICT DO UPDATE SET document = document + 1 RETURNING document",
    )
    .bind(tenant)
    .fetch_one(&mut *connection)
    .await?;
    if count > words::LAST_DOCUMENT {
        return Err(Error::Unwritable {
            what: "one more document of this tenant",
        });
    }
    let document = words::document(tenant, count);
    sqlx::query("INSERT INTO documents (id, ticket) VALUES (?, ?)")
        .bind(document)
        .bind(ticket)
        .execute(connection)
        .await?;
    Ok(document)
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
    tenant: i64,
    posting: Posting,
    redaction: &Redaction,
) -> Result<(), Error> {
    match posting {
        Posting::Message(id) => {
            let erase = |mut message: PublicMessage| {
                message.body = Body::erased();
                message.attachments.clear();
                message.redacted = Some(redaction.clone());
                message
            };
            let id = id_bytes(id.uuid());
            rewrite(connection, Index::Public, tenant, &id, erase).await
        }
        Posting::Note(id) => {
            let erase = |mut note: InternalNote| {
                note.body = Body::erased();
                note.attachments.clear();
                note.redacted = Some(redaction.clone());
                note
            };
            let id = id_bytes(id.uuid());
            rewrite(connection, Index::Notes, tenant, &id, erase).await
        }
    }
}

async fn rewrite<T: Serialize + DeserializeOwned>(
    connection: &mut SqliteConnection,
    index_of: Index,
    tenant: i64,
    id: &[u8],
    erase: impl FnOnce(T) -> T,
) -> Result<(), Error> {
    let (what, select, update) = match index_of {
        Index::Public => (
            "a message",
            "SELECT document, json FROM messages WHERE tenant = ? AND id = ?",
            "UPDATE messages SET document = NULL, json = ? WHERE tenant = ? AND id = ?",
        ),
        Index::Notes => (
            "a note",
            "SELECT document, json FROM notes WHERE tenant = ? AND id = ?",
            "UPDATE notes SET document = NULL, json = ? WHERE tenant = ? AND id = ?",
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
    let document: Option<i64> = found.try_get(0)?;
    let erased = erase(from_json(what, found.try_get(1)?)?);
    sqlx::query(update)
        .bind(to_json(what, &erased)?)
        .bind(tenant)
        .bind(id.to_vec())
        .execute(&mut *connection)
        .await?;
    if let Some(document) = document {
        unindex(connection, index_of, document).await?;
        sqlx::query("DELETE FROM documents WHERE id = ?")
            .bind(document)
            .execute(connection)
            .await?;
    }
    Ok(())
}
