//! Tickets with their messages, notes and history.

mod commit;
mod import;
mod redaction;
mod rows;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::port::{Reference, StoreError, TicketRepository};
use ticket_core::ticket::{EventRecord, LinkKind, Thread, Ticket};
use ticket_core::value::{TicketId, TicketNumber, Version};
use uuid::Uuid;

use crate::error::Error;
use crate::pool::Query;
use crate::row::{from_json, link_kind, number, to_column};
use crate::store::PostgresTenant;

pub(crate) use commit::used;
pub(crate) use rows::key_digest;

#[async_trait]
impl TicketRepository for PostgresTenant {
    async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError> {
        Ok(match references {
            [] => Vec::new(),
            [one] => vec![self.load_one(one).await?],
            all => self.load_all(all).await?,
        })
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
        let given = match self.draw_number().await? {
            Some(number) => Some(number),
            None => {
                self.begin_numbers().await?;
                self.draw_number().await?
            }
        };
        given
            .and_then(|number| TicketNumber::new(number.unsigned_abs()).ok())
            .ok_or_else(|| StoreError::corrupt("the sequence of ticket numbers"))
    }

    async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError> {
        Ok(self.earlier(key, self.primary().early_deadline()).await?)
    }

    async fn commit(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, StoreError> {
        Ok(self.write(plan, key).await?)
    }
}

/// Several references at once: each kind is looked up by its own index, however large the tables.
const LOAD_ALL: &str = "\
    SELECT r.place, t.json FROM unnest($2::uuid[], $3::integer[]) AS r (id, place), \
    LATERAL (SELECT json FROM tickets WHERE tenant = $1 AND id = r.id LIMIT 1) t \
    UNION ALL \
    SELECT r.place, t.json FROM unnest($4::bigint[], $5::integer[]) AS r (number, place), \
    LATERAL (SELECT json FROM tickets WHERE tenant = $1 AND number = r.number LIMIT 1) t \
    UNION ALL \
    SELECT r.place, t.json FROM unnest($6::text[], $7::integer[]) AS r (mail, place), \
    LATERAL (SELECT json FROM tickets WHERE tenant = $1 AND number = \
        (SELECT ticket FROM mail_ids WHERE tenant = $1 AND mail = r.mail) LIMIT 1) t";

impl PostgresTenant {
    async fn load_one(&self, reference: &Reference) -> Result<Option<Ticket>, Error> {
        let asked = match reference {
            Reference::Id(id) => {
                sqlx::query("SELECT json FROM tickets WHERE tenant = $1 AND id = $2")
                    .bind(self.id())
                    .bind(id.uuid())
            }
            Reference::Number(own) => {
                sqlx::query("SELECT json FROM tickets WHERE tenant = $1 AND number = $2")
                    .bind(self.id())
                    .bind(number(*own))
            }
            Reference::Mail(mail) => sqlx::query(
                "SELECT json FROM tickets WHERE tenant = $1 AND number = \
                 (SELECT ticket FROM mail_ids WHERE tenant = $1 AND mail = $2)",
            )
            .bind(self.id())
            .bind(mail.as_str()),
        };
        let row = self.primary().read_first(asked).await?;
        row.map(|row| from_json("a ticket", row.try_get("json")?))
            .transpose()
    }

    async fn load_all(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, Error> {
        let (mut ids, mut numbers, mut mails) = (Vec::new(), Vec::new(), Vec::new());
        for (place, reference) in (0_i32..).zip(references) {
            match reference {
                Reference::Id(id) => ids.push((id.uuid(), place)),
                Reference::Number(own) => numbers.push((number(*own), place)),
                Reference::Mail(mail) => mails.push((mail.as_str().to_owned(), place)),
            }
        }
        let (ids, id_places): (Vec<Uuid>, Vec<i32>) = ids.into_iter().unzip();
        let (numbers, number_places): (Vec<i64>, Vec<i32>) = numbers.into_iter().unzip();
        let (mails, mail_places): (Vec<String>, Vec<i32>) = mails.into_iter().unzip();
        let asked = sqlx::query(LOAD_ALL)
            .bind(self.id())
            .bind(ids)
            .bind(id_places)
            .bind(numbers)
            .bind(number_places)
            .bind(mails)
            .bind(mail_places);
        let mut found: Vec<Option<Ticket>> = references.iter().map(|_| None).collect();
        for row in self.primary().read(asked).await? {
            let place: i32 = row.try_get("place")?;
            let ticket = from_json("a ticket", row.try_get("json")?)?;
            let slot = usize::try_from(place).ok();
            if let Some(slot) = slot.and_then(|place| found.get_mut(place)) {
                *slot = Some(ticket);
            }
        }
        Ok(found)
    }

    async fn read_thread(&self, ticket: TicketId) -> Result<Thread, Error> {
        // One statement, so that both are of the same moment.
        let asked = sqlx::query(
            "WITH own AS MATERIALIZED \
                 (SELECT number FROM tickets WHERE tenant = $1 AND id = $2) \
             SELECT false AS is_note, at, id, json FROM messages \
             WHERE tenant = $1 AND ticket = (SELECT number FROM own) \
             UNION ALL \
             SELECT true, at, id, json FROM notes \
             WHERE tenant = $1 AND ticket = (SELECT number FROM own) \
             ORDER BY is_note, at, id",
        );
        let mut thread = Thread::default();
        for row in self.primary().read(self.about(asked, ticket)).await? {
            let json: &str = row.try_get("json")?;
            if row.try_get("is_note")? {
                thread.notes.push(from_json("a note", json)?);
            } else {
                thread.messages.push(from_json("a message", json)?);
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
        let asked = sqlx::query(
            "SELECT json FROM events WHERE tenant = $1 \
             AND ticket = (SELECT number FROM tickets WHERE tenant = $1 AND id = $2) \
             AND version > $3 ORDER BY version, place",
        );
        let asked = self.about(asked, ticket).bind(after);
        let rows = self.primary().read(asked).await?;
        rows.iter()
            .map(|row| from_json("an event", row.try_get(0)?))
            .collect()
    }

    async fn read_links_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, Error> {
        let asked = sqlx::query(
            "SELECT t.id, l.kind FROM links l \
             JOIN tickets t ON t.tenant = l.tenant AND t.number = l.ticket \
             WHERE l.tenant = $1 AND l.target = $2 ORDER BY l.ticket, l.kind",
        );
        let rows = self.primary().read(self.about(asked, ticket)).await?;
        let link = |row: &PgRow| {
            let from = TicketId::new(row.try_get(0)?);
            Ok((from, link_kind(row.try_get(1)?)?))
        };
        rows.iter().map(link).collect()
    }

    fn about<'q>(&self, query: Query<'q>, ticket: TicketId) -> Query<'q> {
        query.bind(self.id()).bind(ticket.uuid())
    }

    /// The next number; none when the tenant has no sequence yet.
    async fn draw_number(&self) -> Result<Option<i64>, Error> {
        let drawn = sqlx::query("SELECT nextval(to_regclass('numbers_' || $1::bigint))");
        // Drawn twice when the connection is lost: a gap does no harm.
        let row = self.primary().read_first(drawn.bind(self.id())).await?;
        row.map_or(Ok(None), |row| Ok(row.try_get(0)?))
    }

    async fn begin_numbers(&self) -> Result<(), Error> {
        let begun = sqlx::query("SELECT reserve_number($1, 0)");
        self.primary().execute(begun.bind(self.id())).await?;
        Ok(())
    }
}
