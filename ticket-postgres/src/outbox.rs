//! Notices on their way out.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::notice::Notice;
use ticket_core::port::{
    Claimed, Fence, NoticeState, NoticeStatus, Outbox, Settlement, StoreError,
};
use ticket_core::value::{EmailAddress, Line, NoticeId, TicketId, Timestamp};

use crate::error::Error;
use crate::lease::{self, CLAIMED, WAITING};
use crate::row::from_json;
use crate::store::PostgresTenant;

/// The numbers of the other states in columns; never change one.
const SENT: i16 = 2;
const DEAD: i16 = 3;
const SUPPRESSED: i16 = 4;

/// The innermost list finds the oldest unsettled notice to the same reader: only that may go.
const CLAIM: &str = lease::claiming!(
    "notices" by "created_at",
    "AND q.id = (SELECT e.id FROM notices e WHERE e.tenant = q.tenant AND e.ticket = q.ticket \
     AND e.person = q.person AND e.state < 2 ORDER BY e.created_at, e.id LIMIT 1)",
    returning "c.json"
);

const SETTLE: &str = lease::settling!("notices" set "state = $4, moment = $5, error = $6");

#[async_trait]
impl Outbox for PostgresTenant {
    async fn claim_notices(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<Claimed>, StoreError> {
        let claim = lease::claim(CLAIM, self.id(), (now, lease, limit));
        let rows = self.primary().write(claim).await?;
        let claimed: Result<Vec<Claimed>, Error> = rows.iter().map(claimed).collect();
        let mut claimed = claimed?;
        // An update answers in no order.
        claimed.sort_by_key(|own| (own.notice.created_at, own.notice.id));
        Ok(claimed)
    }

    async fn settle_notice(
        &self,
        id: NoticeId,
        fence: Fence,
        settlement: &Settlement,
    ) -> Result<bool, StoreError> {
        let (state, moment, error) = match settlement {
            Settlement::Sent { at } => (SENT, at.micros(), None),
            Settlement::Retry { at, error } => (WAITING, at.micros(), Some(error.as_str())),
            Settlement::Dead { error } => (DEAD, 0, Some(error.as_str())),
            Settlement::Suppressed => (SUPPRESSED, 0, None),
            Settlement::Underway { until } => (CLAIMED, until.micros(), None),
        };
        let settle = sqlx::query(SETTLE)
            .bind(self.id())
            .bind(id.uuid())
            .bind(lease::fence(fence))
            .bind(state)
            .bind(moment)
            .bind(error);
        Ok(self.primary().execute(settle).await? == 1)
    }

    async fn notice(&self, id: NoticeId) -> Result<Option<NoticeStatus>, StoreError> {
        let asked = sqlx::query(
            "SELECT json, state, moment, error, attempts FROM notices \
             WHERE tenant = $1 AND id = $2",
        )
        .bind(self.id())
        .bind(id.uuid());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map(status).transpose()?)
    }

    async fn notices(&self, ticket: TicketId) -> Result<Vec<NoticeStatus>, StoreError> {
        let asked = sqlx::query(
            "SELECT json, state, moment, error, attempts FROM notices WHERE tenant = $1 \
             AND ticket = (SELECT number FROM tickets WHERE tenant = $1 AND id = $2) \
             ORDER BY created_at, id",
        )
        .bind(self.id())
        .bind(ticket.uuid());
        let rows = self.primary().read(asked).await?;
        let notices: Result<_, Error> = rows.iter().map(status).collect();
        Ok(notices?)
    }

    async fn mark_bounced(&self, id: NoticeId, error: &Line) -> Result<bool, StoreError> {
        let change = sqlx::query(
            "UPDATE notices SET state = 3, error = $3 WHERE tenant = $1 AND id = $2 AND state = 2",
        )
        .bind(self.id())
        .bind(id.uuid())
        .bind(error.as_str());
        Ok(self.primary().execute(change).await? == 1)
    }

    async fn requeue_notice(&self, id: NoticeId, now: Timestamp) -> Result<bool, StoreError> {
        let change = sqlx::query(
            "UPDATE notices SET state = 0, moment = $3, error = NULL, attempts = 0 \
             WHERE tenant = $1 AND id = $2 AND state IN (3, 4)",
        )
        .bind(self.id())
        .bind(id.uuid())
        .bind(now.micros());
        Ok(self.primary().execute(change).await? == 1)
    }

    async fn automatic_before(
        &self,
        address: &EmailAddress,
        since: Timestamp,
        before: &Notice,
    ) -> Result<u32, StoreError> {
        let asked = sqlx::query(
            "SELECT count(*) FROM notices WHERE tenant = $1 AND address = $2 AND automatic \
             AND created_at > $3 AND (created_at, id) < ($4, $5) AND state <> 4",
        )
        .bind(self.id())
        .bind(address.normal())
        .bind(since.micros())
        .bind(before.created_at.micros())
        .bind(before.id.uuid());
        let row = self.primary().read_first(asked).await?;
        let count = row.map_or(Ok(0_i64), |row| row.try_get(0));
        Ok(u32::try_from(count.map_err(Error::from)?).unwrap_or(u32::MAX))
    }
}

fn claimed(row: &PgRow) -> Result<Claimed, Error> {
    let (fence, attempt) = lease::attempt(row)?;
    Ok(Claimed {
        notice: from_json("a notice", row.try_get("json")?)?,
        fence,
        attempt,
    })
}

fn status(row: &PgRow) -> Result<NoticeStatus, Error> {
    let moment = Timestamp::from_micros(row.try_get("moment")?);
    let error: Option<String> = row.try_get("error")?;
    let error = error.map(Line::from);
    let state = match row.try_get::<i16, _>("state")? {
        WAITING => NoticeState::Waiting { due: moment, error },
        CLAIMED => NoticeState::Claimed { until: moment },
        SENT => NoticeState::Sent { at: moment },
        DEAD => NoticeState::Dead {
            error: error.unwrap_or_default(),
        },
        SUPPRESSED => NoticeState::Suppressed,
        _ => {
            return Err(Error::Unreadable {
                what: "the state of a notice",
            });
        }
    };
    Ok(NoticeStatus {
        notice: from_json("a notice", row.try_get("json")?)?,
        state,
        attempts: lease::attempts(row)?,
    })
}
