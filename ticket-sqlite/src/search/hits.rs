//! Where words are found: documents of the search index, and the tickets that they belong to.
//!
//! FTS5 walks the documents of a word in the order of their numbers, which is that of tickets,
//! and begins anywhere. So a part of the tickets costs as much as the word is found in that part,
//! while the whole of a common word is as large as the desk. Asking the index about one
//! ticket after the other is far slower than walking past a hundred of them.

use std::ops::RangeInclusive;

use sqlx::{Row, SqliteConnection};
use ticket_core::authority::Level;

use super::Statement;
use crate::error::Error;
use crate::words::{Documents, TICKET_OF_DOCUMENT};

/// Words that a query asks for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The place of the condition in the query.
    pub(super) at: usize,
    pub(super) negated: bool,
    /// As FTS5 reads it.
    pub(super) expression: String,
}

/// The part of the search index in which words are looked for.
#[derive(Debug, Clone)]
pub(super) struct Part {
    documents: RangeInclusive<i64>,
    /// What a ticket's place is added to.
    first: i64,
    level: Level,
}

impl Part {
    /// The documents of some tickets, as far as the level may search them.
    pub(super) fn of(documents: Documents, numbers: &RangeInclusive<i64>, level: Level) -> Self {
        Self {
            documents: documents.of_tickets(numbers),
            first: documents.first(),
            level,
        }
    }

    /// Pushes the condition that the ticket `t` has the words, asked for this one ticket.
    pub(super) fn push_ask(&self, sql: &mut Statement, expression: &str) {
        let mut ask = |select: &'static str| {
            sql.push(select).push_bind(expression.to_owned());
            sql.push(" AND w.rowid BETWEEN (t.number << 15) + ");
            sql.push_bind(self.first);
            sql.push(" AND (t.number << 15) + 32767 + ");
            sql.push_bind(self.first).push(")");
        };
        ask("(EXISTS (SELECT 1 FROM public_words w WHERE w.words MATCH ");
        if self.level == Level::Team {
            ask(" OR EXISTS (SELECT 1 FROM note_words w WHERE w.words MATCH ");
        }
        sql.push(")");
    }

    /// Pushes a selection of documents, `w.rowid`, that have the words: from each index one, with
    /// `between` in the middle. Notes count for the team only.
    pub(super) fn push(
        &self,
        sql: &mut Statement,
        (public, notes): (&'static str, &'static str),
        between: &'static str,
        (expression, end): (&str, &'static str),
    ) {
        self.push_one(sql, public, " FROM public_words w", (expression, end));
        if self.level == Level::Team {
            sql.push(between);
            self.push_one(sql, notes, " FROM note_words w", (expression, end));
        }
    }

    fn push_one(
        &self,
        sql: &mut Statement,
        select: &'static str,
        from: &'static str,
        (expression, end): (&str, &'static str),
    ) {
        sql.push(select).push(from).push(" WHERE w.words MATCH ");
        sql.push_bind(expression.to_owned());
        sql.push(" AND w.rowid BETWEEN ");
        sql.push_bind(*self.documents.start()).push(" AND ");
        sql.push_bind(*self.documents.end()).push(end);
    }

    /// Pushes the tickets that have the words, as `ticket`; each once if `distinct`.
    pub(super) fn push_tickets(&self, sql: &mut Statement, expression: &str, distinct: bool) {
        const SELECT: &str = "SELECT ((w.rowid >> 15) & 8589934591) AS ticket";
        debug_assert!(SELECT.contains(TICKET_OF_DOCUMENT));
        let between = if distinct { " UNION " } else { " UNION ALL " };
        let first = match (distinct, self.level) {
            (true, Level::Customer) => "SELECT DISTINCT ((w.rowid >> 15) & 8589934591) AS ticket",
            _ => SELECT,
        };
        self.push(sql, (first, SELECT), between, (expression, ""));
    }
}

/// How far the words of one condition reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// In how many documents they were found, at most as many as asked for.
    pub(super) hits: i64,
    /// The ticket up to which all of its documents are among them; none when these are all.
    pub(super) until: Option<i64>,
}

/// How far the first so many documents with each of the words reach, from one end of a part on.
pub(super) async fn extents(
    reader: &mut SqliteConnection,
    part: &Part,
    words: &[&Asked],
    (at_most, descending): (i64, bool),
) -> Result<Vec<Extent>, Error> {
    let (select, end) = if descending {
        ("SELECT w.rowid AS rowid", " ORDER BY w.rowid DESC LIMIT ")
    } else {
        ("SELECT w.rowid AS rowid", " ORDER BY w.rowid LIMIT ")
    };
    let edge = if descending { "min" } else { "max" };
    let mut extents = Vec::with_capacity(words.len());
    for asked in words {
        let mut sql = Statement::new("");
        let indexes: &[&'static str] = match part.level {
            Level::Customer => &[" FROM public_words w"],
            Level::Team => &[" FROM public_words w", " FROM note_words w"],
        };
        for (place, index) in indexes.iter().enumerate() {
            let union = if place == 0 { "" } else { " UNION ALL " };
            sql.push(union).push("SELECT count(*), ").push(edge);
            sql.push("(rowid) FROM (");
            part.push_one(&mut sql, select, index, (&asked.expression, end));
            sql.push_bind(at_most).push(")");
        }
        let mut extent = Extent {
            hits: 0,
            until: None,
        };
        for row in sql.build().fetch_all(&mut *reader).await? {
            let hits: i64 = row.try_get(0)?;
            extent.hits += hits;
            if hits == at_most {
                let edge = Documents::ticket(row.try_get(1)?);
                // The nearer edge of both indexes: no more than twice as many documents.
                let nearer = |until: i64| {
                    if descending {
                        until.max(edge)
                    } else {
                        until.min(edge)
                    }
                };
                extent.until = Some(extent.until.map_or(edge, nearer));
            }
        }
        extents.push(extent);
    }
    Ok(extents)
}
