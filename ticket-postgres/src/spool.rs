//! Raw mail, stored before it is understood.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::port::{
    ClaimedMail, Fence, MailSettlement, MailSpool, SpoolState, SpooledMail, SpooledStatus,
    StoreError,
};
use ticket_core::ticket::Posting;
use ticket_core::value::{Line, QueueKey, SpoolId, Timestamp};
use uuid::Uuid;

use crate::error::Error;
use crate::lease::{self, CLAIMED, WAITING};
use crate::row::{from_column, from_json, to_json};
use crate::store::PostgresTenant;

/// The numbers of the other states in columns; never change one.
const DONE: i16 = 2;
const QUARANTINED: i16 = 3;

const CLAIM: &str = lease::claiming!(
    "mails" by "received_at", "", returning "c.id, c.queue, c.received_at, c.raw"
);

const SETTLE: &str = lease::settling!(
    "mails" set "state = $4, moment = $5, error = $6, message = $7, note = $8, outcome = $9"
);

#[async_trait]
impl MailSpool for PostgresTenant {
    async fn accept_mail(&self, mail: &SpooledMail) -> Result<(), StoreError> {
        let insert = sqlx::query(
            "INSERT INTO mails (tenant, id, queue, received_at, size, moment, raw) \
             VALUES ($1, $2, $3, $4, $5, $4, $6)",
        )
        .bind(self.id())
        .bind(mail.id.uuid())
        .bind(mail.queue.as_str())
        .bind(mail.received_at.micros())
        .bind(i64::try_from(mail.raw.len()).unwrap_or(i64::MAX))
        .bind(mail.raw.as_slice());
        self.primary().execute(insert).await?;
        Ok(())
    }

    async fn claim_mail(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let claim = lease::claim(CLAIM, self.id(), (now, lease, limit));
        let rows = self.primary().write(claim).await?;
        let claimed: Result<Vec<ClaimedMail>, Error> = rows.iter().map(claimed).collect();
        let mut claimed = claimed?;
        // An update answers in no order.
        claimed.sort_by_key(|own| (own.mail.received_at, own.mail.id));
        Ok(claimed)
    }

    async fn settle_mail(
        &self,
        id: SpoolId,
        fence: Fence,
        settlement: &MailSettlement,
    ) -> Result<bool, StoreError> {
        let settled = Settled::of(settlement)?;
        let settle = sqlx::query(SETTLE)
            .bind(self.id())
            .bind(id.uuid())
            .bind(lease::fence(fence))
            .bind(settled.state)
            .bind(settled.moment)
            .bind(settled.error)
            .bind(settled.message)
            .bind(settled.note)
            .bind(settled.outcome);
        Ok(self.primary().execute(settle).await? == 1)
    }

    async fn mail(&self, id: SpoolId) -> Result<Option<SpooledMail>, StoreError> {
        let asked = sqlx::query(
            "SELECT id, queue, received_at, raw FROM mails WHERE tenant = $1 AND id = $2",
        )
        .bind(self.id())
        .bind(id.uuid());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map(whole).transpose()?)
    }

    async fn mail_status(&self, id: SpoolId) -> Result<Option<SpooledStatus>, StoreError> {
        let asked = sqlx::query(
            "SELECT id, queue, received_at, size, state, moment, error, attempts, outcome \
             FROM mails WHERE tenant = $1 AND id = $2",
        )
        .bind(self.id())
        .bind(id.uuid());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map(status).transpose()?)
    }

    async fn quarantined_mail(
        &self,
        before: Option<SpoolId>,
        limit: u16,
    ) -> Result<Vec<SpooledStatus>, StoreError> {
        let asked = sqlx::query(
            "SELECT id, queue, received_at, size, state, moment, error, attempts, outcome \
             FROM mails WHERE tenant = $1 AND state = 3 AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(self.id())
        // No identity is larger than this one, nor equal: it is of no version.
        .bind(before.map_or(Uuid::max(), SpoolId::uuid))
        .bind(i64::from(limit));
        let rows = self.primary().read(asked).await?;
        let mails: Result<_, Error> = rows.iter().map(status).collect();
        Ok(mails?)
    }

    async fn run_mail_again(&self, id: SpoolId, now: Timestamp) -> Result<bool, StoreError> {
        let change = sqlx::query(
            "UPDATE mails SET state = 0, moment = $3, error = NULL, attempts = 0, outcome = NULL \
             WHERE tenant = $1 AND id = $2 AND state = 3",
        )
        .bind(self.id())
        .bind(id.uuid())
        .bind(now.micros());
        Ok(self.primary().execute(change).await? == 1)
    }
}

/// A settlement as columns.
struct Settled<'s> {
    state: i16,
    moment: i64,
    error: Option<&'s str>,
    message: Option<Uuid>,
    note: Option<Uuid>,
    outcome: Option<String>,
}

impl<'s> Settled<'s> {
    fn of(settlement: &'s MailSettlement) -> Result<Self, Error> {
        let outcome = || to_json("what became of a mail", settlement).map(Some);
        let in_state = |state| Self {
            state,
            moment: 0,
            error: None,
            message: None,
            note: None,
            outcome: None,
        };
        Ok(match settlement {
            MailSettlement::Done { posting, .. } => {
                let (message, note) = match posting {
                    Posting::Message(id) => (Some(id.uuid()), None),
                    Posting::Note(id) => (None, Some(id.uuid())),
                };
                Self {
                    message,
                    note,
                    outcome: outcome()?,
                    ..in_state(DONE)
                }
            }
            MailSettlement::Quarantined { .. } => Self {
                outcome: outcome()?,
                ..in_state(QUARANTINED)
            },
            MailSettlement::Retry { at, error } => Self {
                moment: at.micros(),
                error: Some(error),
                ..in_state(WAITING)
            },
        })
    }
}

fn claimed(row: &PgRow) -> Result<ClaimedMail, Error> {
    let (fence, attempt) = lease::attempt(row)?;
    Ok(ClaimedMail {
        mail: whole(row)?,
        fence,
        attempt,
    })
}

fn whole(row: &PgRow) -> Result<SpooledMail, Error> {
    Ok(SpooledMail {
        id: SpoolId::new(row.try_get("id")?),
        queue: queue(row.try_get("queue")?)?,
        received_at: Timestamp::from_micros(row.try_get("received_at")?),
        raw: row.try_get("raw")?,
    })
}

fn status(row: &PgRow) -> Result<SpooledStatus, Error> {
    let what = "what became of a mail";
    let moment = Timestamp::from_micros(row.try_get("moment")?);
    let state = match row.try_get::<i16, _>("state")? {
        WAITING => SpoolState::Waiting {
            due: moment,
            error: row.try_get::<Option<String>, _>("error")?.map(Line::from),
        },
        CLAIMED => SpoolState::Claimed { until: moment },
        DONE | QUARANTINED => from_json(what, row.try_get("outcome")?)?,
        _ => return Err(Error::Unreadable { what }),
    };
    Ok(SpooledStatus {
        id: SpoolId::new(row.try_get("id")?),
        queue: queue(row.try_get("queue")?)?,
        received_at: Timestamp::from_micros(row.try_get("received_at")?),
        size: from_column("the size of a mail", row.try_get("size")?)?,
        state,
        attempts: lease::attempts(row)?,
    })
}

fn queue(key: &str) -> Result<QueueKey, Error> {
    QueueKey::new(key).map_err(|_| Error::Unreadable { what: "a queue" })
}
