//! Writing tickets that come from elsewhere, many at once.

use ticket_core::plan::Plan;
use ticket_core::port::StoreError;

use super::commit::call;
use super::rows::Rows;
use crate::calls::CallRows;
use crate::error::Error;
use crate::pool::Query;
use crate::row::number;
use crate::store::PostgresTenant;

impl PostgresTenant {
    /// Writes whole lives of tickets that come from elsewhere: all of them or none.
    ///
    /// Each plan opens its ticket and holds the events of all its versions. It is written as a
    /// commit writes it, but its notices count as sent when they were made, and no webhook is called:
    /// whoever they are for was told long ago. A few hundred at once are a good number. When several callers import at
    /// once, the largest numbers should come first, since imports that move the sequence of
    /// numbers on wait for each other.
    ///
    /// # Errors
    /// `AlreadyExists` when one of the tickets is there; otherwise as a commit.
    pub async fn import(&self, lives: &[Plan]) -> Result<(), StoreError> {
        Ok(self.write_lives(lives).await?)
    }

    async fn write_lives(&self, lives: &[Plan]) -> Result<(), Error> {
        let numbers = lives.iter().map(|life| number(life.ticket.number));
        let Some(last) = numbers.max() else {
            return Ok(());
        };
        let reserve = sqlx::query(
            "SELECT reserve_number($1, $2) WHERE $2 > \
             coalesce(pg_sequence_last_value(to_regclass('numbers_' || $1::bigint)), 0)",
        );
        let reserve = reserve.bind(self.id()).bind(last);
        self.primary().execute(reserve).await?;
        let calls = lives.iter().map(|life| {
            let mut rows = Rows::of(self.id(), life, None, self.language())?;
            rows.notices.are_told = true;
            rows.calls = CallRows::default();
            Ok(call(rows))
        });
        let calls = calls.collect::<Result<Vec<Query<'_>>, Error>>()?;
        self.primary().write_all(calls).await
    }
}
