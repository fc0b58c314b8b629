//! By which language the search index was made, and how it is made anew.

use sqlx::postgres::PgRow;
use sqlx::{Connection, Executor, PgConnection, Row};
use ticket_core::ticket::Ticket;
use uuid::Uuid;

use crate::error::Error;
use crate::row::from_json;
use crate::store::PostgresStore;
use crate::text::{Language, Piece};
use crate::texts::{Span, Texts};

/// How many tickets are done at once.
const PAGE: i64 = 200;

/// What the database says while its index is neither one nor the other.
const REBUILDING: &str = "none: it is being rebuilt";

impl PostgresStore {
    /// Refuses an index that was made for another language, if there is one.
    pub(crate) async fn check_language(&self) -> Result<(), Error> {
        let asked = sqlx::query("SELECT to_regclass('search_language') IS NOT NULL");
        let row = self.primary().read_first(asked).await?;
        if !row.map_or(Ok(false), |row| row.try_get(0))? {
            return Ok(());
        }
        let asked = sqlx::query("SELECT name FROM search_language");
        self.compare_language(self.primary().read_first(asked).await?)
    }

    /// Refuses an index that was made for another language; an empty database takes this one.
    pub(crate) async fn take_language(&self) -> Result<(), Error> {
        let take = sqlx::query(
            "WITH taken AS (INSERT INTO search_language (name) VALUES ($1) \
                 ON CONFLICT DO NOTHING RETURNING name) \
             SELECT name FROM taken UNION ALL SELECT name FROM search_language",
        )
        .bind(self.language().name());
        // Of two programs that begin at once one may see neither row.
        match self.primary().write_first(take).await? {
            None => self.check_language().await,
            found => self.compare_language(found),
        }
    }

    fn compare_language(&self, found: Option<PgRow>) -> Result<(), Error> {
        let wanted = self.language();
        let Some(found) = found else { return Ok(()) };
        let found: String = found.try_get(0)?;
        if Language::named(&found) == Some(wanted) {
            Ok(())
        } else {
            Err(Error::Language {
                found,
                wanted: wanted.name(),
            })
        }
    }

    /// Makes the index anew, for the language of this store. Until it is done no store opens the
    /// database; begun again after a failure, it starts from the beginning.
    pub(crate) async fn rebuild_search(&self) -> Result<(), Error> {
        let mut connection = self.patient().new_connection().await?;
        set_language(&mut connection, REBUILDING).await?;
        let tenants: Vec<i64> =
            sqlx::query_scalar("SELECT DISTINCT tenant FROM tickets ORDER BY tenant")
                .fetch_all(&mut connection)
                .await?;
        for tenant in tenants {
            rebuild(&mut connection, tenant, self.language()).await?;
        }
        set_language(&mut connection, self.language().name()).await?;
        connection.close().await?;
        Ok(())
    }
}

async fn set_language(connection: &mut PgConnection, name: &str) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO search_language (name) VALUES ($1) \
         ON CONFLICT (sole) DO UPDATE SET name = excluded.name",
    )
    .bind(name)
    .execute(connection)
    .await?;
    Ok(())
}

async fn rebuild(
    connection: &mut PgConnection,
    tenant: i64,
    language: Language,
) -> Result<(), Error> {
    let mut after = i64::MIN;
    loop {
        let tickets = sqlx::query(
            "SELECT number, json FROM tickets WHERE tenant = $1 AND number > $2 \
             ORDER BY number LIMIT $3",
        )
        .bind(tenant)
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = tickets.last() else {
            return Ok(());
        };
        let until = last.try_get("number")?;
        let span = Span {
            tenant,
            after,
            until,
        };
        let mut subjects = Rows::default();
        for row in &tickets {
            let ticket: Ticket = from_json("a ticket", row.try_get("json")?)?;
            let pieces = language.pieces(ticket.subject.as_str());
            subjects.add(row.try_get("number")?, ticket.id.uuid(), pieces);
        }
        connection.execute("BEGIN").await?;
        for (texts, mut rows) in [(Texts::Messages, subjects), (Texts::Notes, Rows::default())] {
            for row in span.read(connection, texts.all()).await? {
                let pieces = texts.due(language, row.try_get("json")?)?;
                rows.add(row.try_get("ticket")?, row.try_get("id")?, pieces);
            }
            span.read(connection, texts.forget()).await?;
            rows.write(connection, texts, tenant).await?;
        }
        connection.execute("COMMIT").await?;
        after = until;
    }
}

/// Rows of an index, column by column.
#[derive(Default)]
struct Rows {
    tickets: Vec<i64>,
    documents: Vec<Uuid>,
    pieces: Vec<i32>,
    overlaps: Vec<i32>,
    words: Vec<String>,
}

impl Rows {
    fn add(&mut self, ticket: i64, document: Uuid, pieces: Vec<Piece>) {
        for (place, piece) in (0..).zip(pieces) {
            self.tickets.push(ticket);
            self.documents.push(document);
            self.pieces.push(place);
            self.overlaps.push(piece.overlap);
            self.words.push(piece.words);
        }
    }

    async fn write(
        self,
        connection: &mut PgConnection,
        texts: Texts,
        tenant: i64,
    ) -> Result<(), Error> {
        sqlx::query(texts.remember())
            .bind(tenant)
            .bind(self.tickets)
            .bind(self.documents)
            .bind(self.pieces)
            .bind(self.overlaps)
            .bind(self.words)
            .execute(connection)
            .await?;
        Ok(())
    }
}
