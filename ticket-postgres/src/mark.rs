//! By what a desk knows its nodes: a mark that the first of them leaves.

use sqlx::Row;
use ticket_core::port::StoreError;

use crate::error::Error;
use crate::store::PostgresTenant;

impl PostgresTenant {
    /// The mark that the first node of this tenant's desk left; none before there was one.
    ///
    /// What it says is up to the program, such as a fingerprint of its key. It must be no secret.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn mark(&self) -> Result<Option<String>, StoreError> {
        let asked = sqlx::query("SELECT mark FROM marks WHERE tenant = $1");
        let row = self.primary().read_first(asked.bind(self.id())).await?;
        let mark = row.map(|row| row.try_get(0)).transpose();
        Ok(mark.map_err(Error::from)?)
    }

    /// Leaves a mark unless there is one, and answers the one that is there: of several nodes that
    /// begin at once, one leaves its own.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn keep_mark(&self, mark: &str) -> Result<String, StoreError> {
        let keep =
            sqlx::query("INSERT INTO marks (tenant, mark) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        self.primary()
            .execute(keep.bind(self.id()).bind(mark.to_owned()))
            .await?;
        Ok(self.mark().await?.unwrap_or_else(|| mark.to_owned()))
    }
}
