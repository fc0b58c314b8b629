//! By which language the search index was made, and how it is made anew.

use sqlx::Row;

use crate::error::Error;
use crate::store::PostgresStore;
use crate::text::Language;

impl PostgresStore {
    /// Refuses an index that was made for another language; an empty database takes this one.
    pub(crate) async fn check_language(&self) -> Result<(), Error> {
        let wanted = self.language();
        let take = sqlx::query(
            "WITH taken AS (INSERT INTO search_language (name) VALUES ($1) \
                 ON CONFLICT DO NOTHING RETURNING name) \
             SELECT name FROM taken UNION ALL SELECT name FROM search_language",
        )
        .bind(wanted.name());
        // Of two programs that begin at once one may see neither row.
        let rows = match self.primary().write(take).await? {
            rows if rows.is_empty() => {
                let asked = sqlx::query("SELECT name FROM search_language");
                self.primary().read(asked).await?
            }
            rows => rows,
        };
        let found: String = match rows.first() {
            Some(row) => row.try_get(0)?,
            None => return Ok(()),
        };
        if Language::named(&found) == Some(wanted) {
            Ok(())
        } else {
            Err(Error::Language {
                found,
                wanted: wanted.name(),
            })
        }
    }
}
