//! A walk over everything, for `verify` and exports.

mod copies;
mod orphans;
mod people;

use async_trait::async_trait;
use sqlx::{Connection, Executor, PgConnection, Row};
use ticket_core::port::{Inventory, StoreError, Stray};
use ticket_core::value::TicketId;
use uuid::Uuid;

use crate::error::Error;
use crate::store::PostgresTenant;
use crate::text::Language;

#[async_trait]
impl Inventory for PostgresTenant {
    async fn tickets_after(
        &self,
        after: Option<TicketId>,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        let asked = sqlx::query(
            "SELECT id FROM tickets WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(self.id())
        // No ticket has this identity: it is of no version.
        .bind(after.map_or(Uuid::nil(), TicketId::uuid))
        .bind(i64::from(limit));
        let rows = self.patient().read(asked).await?;
        let ids = rows.iter().map(|row| Ok(TicketId::new(row.try_get(0)?)));
        Ok(ids.collect::<Result<_, Error>>()?)
    }

    async fn strays(&self) -> Result<Vec<Stray>, StoreError> {
        let mut connection = self.patient().new_connection().await?;
        let strays = look(&mut connection, self.id(), self.language()).await?;
        connection.close().await.map_err(Error::from)?;
        Ok(strays)
    }
}

/// One moment for all questions: what is written meanwhile is no stray. It takes no lock that a
/// writer would wait for.
async fn look(
    connection: &mut PgConnection,
    tenant: i64,
    language: Language,
) -> Result<Vec<Stray>, Error> {
    connection
        .execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let mut strays = orphans::all(connection, tenant).await?;
    copies::of_tickets(connection, (tenant, language), &mut strays).await?;
    people::compare(connection, tenant, &mut strays).await?;
    connection.execute("COMMIT").await?;
    Ok(strays)
}

fn stray(kind: &str, id: impl std::fmt::Display, detail: &str) -> Stray {
    Stray {
        kind: kind.to_owned(),
        id: id.to_string(),
        detail: detail.to_owned(),
    }
}
