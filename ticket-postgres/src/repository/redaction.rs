//! What is left of messages and notes whose content is erased.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::plan::Plan;
use ticket_core::ticket::{InternalNote, Posting, PublicMessage, Redaction};
use uuid::Uuid;

use super::rows::Rows;
use crate::error::Error;
use crate::row::{from_json, to_json};
use crate::store::PostgresTenant;

/// What is left of some messages or notes, column by column.
#[derive(Default)]
pub(super) struct Erased {
    pub(super) ids: Vec<Uuid>,
    pub(super) jsons: Vec<String>,
}

/// Content that can be erased.
pub(super) trait Erasable: Serialize + DeserializeOwned {
    /// What it is called in errors.
    const WHAT: &'static str;

    /// What is left of it.
    fn erased(self, redaction: &Redaction) -> Self;
}

impl Erasable for PublicMessage {
    const WHAT: &'static str = "a message";

    fn erased(mut self, redaction: &Redaction) -> Self {
        self.redact(redaction);
        self
    }
}

impl Erasable for InternalNote {
    const WHAT: &'static str = "a note";

    fn erased(mut self, redaction: &Redaction) -> Self {
        self.redact(redaction);
        self
    }
}

impl PostgresTenant {
    /// Reads what a plan redacts, if it does, and adds what is left of it to the rows.
    ///
    /// Only another redaction changes a message, and that is another version of the ticket: the
    /// commit is refused then.
    pub(super) async fn erase(&self, plan: &Plan, rows: &mut Rows) -> Result<(), Error> {
        let (mut messages, mut notes) = (BTreeMap::new(), BTreeMap::new());
        for (posting, redaction) in plan.redacted() {
            match posting {
                Posting::Message(id) => messages.insert(id.uuid(), redaction),
                Posting::Note(id) => notes.insert(id.uuid(), redaction),
            };
        }
        let ticket = rows.ticket.number;
        if !messages.is_empty() {
            let asked = "SELECT id, json FROM messages \
                 WHERE tenant = $1 AND ticket = $2 AND id = ANY ($3)";
            let stored = self.stored(asked, ticket, &messages).await?;
            rows.erased_messages = erased::<PublicMessage>(&stored, &messages)?;
        }
        if !notes.is_empty() {
            let asked = "SELECT id, json FROM notes \
                 WHERE tenant = $1 AND ticket = $2 AND id = ANY ($3)";
            let stored = self.stored(asked, ticket, &notes).await?;
            rows.erased_notes = erased::<InternalNote>(&stored, &notes)?;
        }
        Ok(())
    }

    async fn stored(
        &self,
        asked: &'static str,
        ticket: i64,
        redactions: &BTreeMap<Uuid, Redaction>,
    ) -> Result<Vec<PgRow>, Error> {
        let ids: Vec<Uuid> = redactions.keys().copied().collect();
        let asked = sqlx::query(asked).bind(self.id()).bind(ticket).bind(ids);
        self.primary().read(asked).await
    }
}

fn erased<T: Erasable>(
    stored: &[PgRow],
    redactions: &BTreeMap<Uuid, Redaction>,
) -> Result<Erased, Error> {
    let mut left = Erased::default();
    for row in stored {
        let id: Uuid = row.try_get(0)?;
        let Some(redaction) = redactions.get(&id) else {
            continue;
        };
        let own: T = from_json(T::WHAT, row.try_get(1)?)?;
        left.ids.push(id);
        left.jsons.push(to_json(T::WHAT, &own.erased(redaction))?);
    }
    Ok(left)
}
