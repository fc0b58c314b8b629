//! What one request rests on, each in one statement.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::person::{Organization, Person};
use ticket_core::plan::IdempotencyKey;
use ticket_core::port::{Gathered, Holder, Lookup, Reference, Standing, StoreError, Wanted, Whole};
use ticket_core::ticket::{Digest, LinkKind, Thread, Ticket};
use ticket_core::value::{PersonId, QueueKey, TicketId, TicketNumber, Timestamp};
use uuid::Uuid;

use crate::error::Error;
use crate::repository::{key_digest, used};
use crate::row::{from_column, from_json, link_kind, number};
use crate::sessions::credential;
use crate::store::PostgresTenant;

/// What a row of the functions `gather` and `whole_ticket` is.
mod kind {
    pub(super) const RECEIPT: i16 = 0;
    pub(super) const SUBJECT: i16 = 1;
    pub(super) const PERSON: i16 = 2;
    pub(super) const MEMBER: i16 = 3;
    pub(super) const TICKET: i16 = 4;
    pub(super) const FILE: i16 = 5;
    pub(super) const NUMBER: i16 = 6;
    pub(super) const MESSAGE: i16 = 7;
    pub(super) const NOTE: i16 = 8;
    pub(super) const LINK: i16 = 9;
}

#[async_trait]
impl Lookup for PostgresTenant {
    async fn holder(&self, digest: &Digest, now: Timestamp) -> Result<Option<Holder>, StoreError> {
        let asked = sqlx::query(
            "SELECT c.json, c.used_at, p.json AS person, o.json AS organization \
             FROM credentials c \
             LEFT JOIN people p ON p.tenant = c.tenant AND p.id = c.person \
             LEFT JOIN organizations o ON o.tenant = p.tenant AND o.id = p.organization \
             WHERE c.tenant = $1 AND c.digest = $2 AND (c.expires_at IS NULL OR c.expires_at > $3)",
        )
        .bind(self.id())
        .bind(digest.bytes().as_slice())
        .bind(now.micros());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map(holder).transpose()?)
    }

    async fn standing(&self, person: &PersonId) -> Result<Option<Standing>, StoreError> {
        let asked = sqlx::query(
            "SELECT p.json AS person, o.json AS organization FROM people p \
             LEFT JOIN organizations o ON o.tenant = p.tenant AND o.id = p.organization \
             WHERE p.tenant = $1 AND p.id = $2",
        )
        .bind(self.id())
        .bind(person.as_str());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map_or(Ok(None), standing)?)
    }

    async fn gather(&self, wanted: &Wanted) -> Result<Gathered, StoreError> {
        if *wanted == Wanted::default() {
            return Ok(Gathered::default());
        }
        Ok(self.gather_rows(wanted).await?)
    }

    async fn whole(&self, reference: &Reference) -> Result<Option<Whole>, StoreError> {
        let (id, number, mail) = named(Some(reference));
        let asked =
            sqlx::query("SELECT kind, bytes, amount, json FROM whole_ticket($1, $2, $3, $4)")
                .bind(self.id())
                .bind(id)
                .bind(number)
                .bind(mail);
        let rows = self.primary().read(asked).await?;
        Ok(whole(&rows)?)
    }
}

impl PostgresTenant {
    async fn gather_rows(&self, wanted: &Wanted) -> Result<Gathered, Error> {
        let (id, number, mail) = named(wanted.subject.as_ref());
        let people: Vec<&str> = wanted.people.iter().map(PersonId::as_str).collect();
        let queues: Vec<&str> = wanted.queues.iter().map(QueueKey::as_str).collect();
        let tickets: Vec<Uuid> = wanted.tickets.iter().map(|id| id.uuid()).collect();
        let files: Vec<&[u8]> = wanted
            .files
            .iter()
            .map(|own| own.bytes().as_slice())
            .collect();
        let asked = sqlx::query(
            "SELECT kind, name, bytes, amount, json \
             FROM gather($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(self.id())
        .bind(wanted.key.as_ref().map(key_digest))
        .bind(id)
        .bind(number)
        .bind(mail)
        .bind(people)
        .bind(queues)
        .bind(tickets)
        .bind(files)
        .bind(wanted.number);
        // Asked twice when the connection is lost: a number that was drawn for nobody is a gap.
        let rows = self.primary().read(asked).await?;
        let mut gathered = Gathered::default();
        for queue in &wanted.queues {
            gathered.members.insert(queue.clone(), Vec::new());
        }
        for row in &rows {
            add(&mut gathered, row, wanted.key.as_ref())?;
        }
        Ok(gathered)
    }
}

/// A reference as the functions take it.
fn named(reference: Option<&Reference>) -> (Option<Uuid>, Option<i64>, Option<&str>) {
    match reference {
        None => (None, None, None),
        Some(Reference::Id(id)) => (Some(id.uuid()), None, None),
        Some(Reference::Number(own)) => (None, Some(number(*own)), None),
        Some(Reference::Mail(mail)) => (None, None, Some(mail.as_str())),
    }
}

fn holder(row: &PgRow) -> Result<Holder, Error> {
    Ok(Holder {
        credential: credential(row)?,
        standing: standing(row)?,
    })
}

fn standing(row: &PgRow) -> Result<Option<Standing>, Error> {
    let Some(person) = row.try_get("person")? else {
        return Ok(None);
    };
    let organization: Option<&str> = row.try_get("organization")?;
    let organization: Option<Organization> = organization
        .map(|json| from_json("an organization", json))
        .transpose()?;
    Ok(Some(Standing {
        person: from_json("a person", person)?,
        organization,
    }))
}

/// Adds a row to what was gathered.
fn add(gathered: &mut Gathered, row: &PgRow, key: Option<&IdempotencyKey>) -> Result<(), Error> {
    match (row.try_get("kind")?, key) {
        (kind::RECEIPT, Some(key)) => {
            gathered.receipt = Some(used(key, row, "bytes", "json")?);
        }
        (kind::SUBJECT, _) => {
            let subject: Ticket = from_json("a ticket", row.try_get("json")?)?;
            gathered.members.entry(subject.queue.clone()).or_default();
            gathered.subject = Some(subject);
        }
        (kind::PERSON, _) => add_person(&mut gathered.people, row)?,
        (kind::MEMBER, _) => {
            let queue: &str = row.try_get("name")?;
            let queue: QueueKey = queue.parse().map_err(|_| unreadable("a queue"))?;
            let person = from_json("a person", row.try_get("json")?)?;
            gathered.members.entry(queue).or_default().push(person);
        }
        (kind::TICKET, _) => {
            let ticket: Ticket = from_json("a ticket", row.try_get("json")?)?;
            gathered.tickets.insert(ticket.id, ticket);
        }
        (kind::FILE, _) => {
            let digest: [u8; 32] = row.try_get("bytes")?;
            let size = from_column("a size", row.try_get("amount")?)?;
            gathered.files.insert(Digest::new(digest), size);
        }
        (kind::NUMBER, _) => {
            let drawn: i64 = row.try_get("amount")?;
            let drawn = TicketNumber::new(drawn.unsigned_abs());
            gathered.number = Some(drawn.map_err(|_| unreadable("a ticket's number"))?);
        }
        _ => return Err(unreadable("what was gathered")),
    }
    Ok(())
}

fn add_person(people: &mut BTreeMap<PersonId, Person>, row: &PgRow) -> Result<(), Error> {
    let person: Person = from_json("a person", row.try_get("json")?)?;
    people.insert(person.id.clone(), person);
    Ok(())
}

fn whole(rows: &[PgRow]) -> Result<Option<Whole>, Error> {
    let Some((first, rest)) = rows.split_first() else {
        return Ok(None);
    };
    let mut whole = Whole {
        ticket: from_json("a ticket", first.try_get("json")?)?,
        thread: Thread::default(),
        linked_from: Vec::new(),
        authors: BTreeMap::new(),
    };
    for row in rest {
        match row.try_get("kind")? {
            kind::MESSAGE => {
                let message = from_json("a message", row.try_get("json")?)?;
                whole.thread.messages.push(message);
            }
            kind::NOTE => {
                let note = from_json("a note", row.try_get("json")?)?;
                whole.thread.notes.push(note);
            }
            kind::LINK => whole.linked_from.push(link(row)?),
            kind::PERSON => add_person(&mut whole.authors, row)?,
            _ => return Err(unreadable("a whole ticket")),
        }
    }
    Ok(Some(whole))
}

fn link(row: &PgRow) -> Result<(TicketId, LinkKind), Error> {
    let from = Uuid::from_slice(row.try_get("bytes")?).map_err(|_| unreadable("a ticket's id"))?;
    let code: i64 = row.try_get("amount")?;
    let code = i16::try_from(code).map_err(|_| unreadable("a kind of link"))?;
    Ok((TicketId::new(from), link_kind(code)?))
}

const fn unreadable(what: &'static str) -> Error {
    Error::Unreadable { what }
}
