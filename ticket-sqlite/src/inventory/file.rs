//! The file as a whole, and the search index inside it.

use sqlx::{Row, SqliteConnection};
use ticket_core::port::Stray;

use crate::error::Error;

/// What SQLite itself finds wrong with the file; it is of all tenants.
pub(super) async fn faults(
    reader: &mut SqliteConnection,
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let faults: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(100)")
        .fetch_all(&mut *reader)
        .await?;
    strays.extend(
        faults
            .into_iter()
            .filter(|fault| fault != "ok")
            .map(|fault| Stray {
                kind: "file".to_owned(),
                id: "integrity_check".to_owned(),
                detail: fault,
            }),
    );
    for row in sqlx::query("PRAGMA foreign_key_check")
        .fetch_all(reader)
        .await?
    {
        let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        strays.push(Stray {
            kind: "file".to_owned(),
            id: table,
            detail: format!("a row names one that is not in {parent}"),
        });
    }
    Ok(())
}

/// Whether the search indexes are sound inside; the question is put as a write.
pub(super) async fn index_faults(connection: &mut SqliteConnection) -> Result<Vec<Stray>, Error> {
    let mut strays = Vec::new();
    for (index, sql) in [
        (
            "public_words",
            "INSERT INTO public_words (public_words, rank) VALUES ('integrity-check', 0)",
        ),
        (
            "note_words",
            "INSERT INTO note_words (note_words, rank) VALUES ('integrity-check', 0)",
        ),
    ] {
        if let Err(error) = sqlx::query(sql).execute(&mut *connection).await {
            let error = Error::from(error);
            if !error.is_corruption() {
                return Err(error);
            }
            strays.push(Stray {
                kind: "index".to_owned(),
                id: index.to_owned(),
                detail: error.to_string(),
            });
        }
    }
    Ok(strays)
}
