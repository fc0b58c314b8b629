//! Writing tickets that come from elsewhere, many at once.

use ticket_core::plan::Plan;
use ticket_core::port::StoreError;

use super::commit;
use super::rows::Rows;
use crate::error::Error;
use crate::store::SqliteTenant;

impl SqliteTenant {
    /// Writes whole lives of tickets that come from elsewhere: all of them or none.
    ///
    /// Each plan opens its ticket and holds the events of all its versions. It is written as a
    /// commit writes it, but its notices count as sent when they were made, and no webhook is called:
    /// whoever they are for was told long ago. Nobody else writes meanwhile, so a few hundred at once are a good number.
    ///
    /// # Errors
    /// `AlreadyExists` when one of the tickets is there; otherwise as a commit.
    pub async fn import(&self, lives: &[Plan]) -> Result<(), StoreError> {
        let rows = lives
            .iter()
            .map(|life| Ok(Rows::of(self.id(), life, None)?.told()));
        let rows = rows.collect::<Result<Vec<Rows>, Error>>()?;
        Ok(self
            .write(move |connection| {
                Box::pin(async move {
                    for rows in rows {
                        commit::commit(connection, rows).await?;
                    }
                    Ok(())
                })
            })
            .await?)
    }
}
