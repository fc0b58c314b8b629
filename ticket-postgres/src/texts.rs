//! Messages and notes as they are stored, and the words that the search index should have of them.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use ticket_core::ticket::{InternalNote, PublicMessage};

use crate::error::Error;
use crate::row::from_json;
use crate::text::{Language, Piece};

/// The tickets after one number up to another.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) tenant: i64,
    pub(crate) after: i64,
    pub(crate) until: i64,
}

impl Span {
    /// Reads what is of these tickets.
    pub(crate) async fn read(
        self,
        connection: &mut PgConnection,
        sql: &'static str,
    ) -> Result<Vec<PgRow>, Error> {
        Ok(sqlx::query(sql)
            .bind(self.tenant)
            .bind(self.after)
            .bind(self.until)
            .fetch_all(connection)
            .await?)
    }
}

/// The texts of an index.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Texts {
    Messages,
    Notes,
}

impl Texts {
    /// What one of them is.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Messages => "message",
            Self::Notes => "note",
        }
    }

    /// All of some tickets.
    pub(crate) const fn all(self) -> &'static str {
        match self {
            Self::Messages => {
                "SELECT id, ticket, json FROM messages \
                 WHERE tenant = $1 AND ticket > $2 AND ticket <= $3"
            }
            Self::Notes => {
                "SELECT id, ticket, json FROM notes \
                 WHERE tenant = $1 AND ticket > $2 AND ticket <= $3"
            }
        }
    }

    /// What the index has of some tickets.
    pub(crate) const fn indexed(self) -> &'static str {
        match self {
            Self::Messages => {
                "SELECT document, overlap, words FROM public_words \
                 WHERE tenant = $1 AND ticket > $2 AND ticket <= $3 \
                 ORDER BY ticket, document, piece"
            }
            Self::Notes => {
                "SELECT document, overlap, words FROM note_words \
                 WHERE tenant = $1 AND ticket > $2 AND ticket <= $3 \
                 ORDER BY ticket, document, piece"
            }
        }
    }

    /// Takes the words of some tickets out of the index.
    pub(crate) const fn forget(self) -> &'static str {
        match self {
            Self::Messages => {
                "DELETE FROM public_words WHERE tenant = $1 AND ticket > $2 AND ticket <= $3"
            }
            Self::Notes => {
                "DELETE FROM note_words WHERE tenant = $1 AND ticket > $2 AND ticket <= $3"
            }
        }
    }

    /// Puts words into the index.
    pub(crate) const fn remember(self) -> &'static str {
        match self {
            Self::Messages => {
                "INSERT INTO public_words (tenant, ticket, document, piece, overlap, words) \
                 SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::integer[], \
                 $5::integer[], $6::text[])"
            }
            Self::Notes => {
                "INSERT INTO note_words (tenant, ticket, document, piece, overlap, words) \
                 SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::integer[], \
                 $5::integer[], $6::text[])"
            }
        }
    }

    /// The words of a message or note that the index should have.
    pub(crate) fn due(self, language: Language, json: &str) -> Result<Vec<Piece>, Error> {
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
        Ok(match redacted {
            Some(_) => Vec::new(),
            None => language.pieces(body.text()),
        })
    }
}
