//! The best first: the newest tickets that match, ranked by where their words are found.
//!
//! The rank is made of the documents of the ticket alone: `bm25` of FTS5 weighs words by how often
//! they are in the whole index, other tenants included, and reads all of it for that.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sqlx::{Row, SqliteConnection};
use ticket_core::authority::Reach;
use ticket_core::query::{Cursor, Page, PageRequest, Query, RANKED_MAX};
use ticket_core::ticket::Ticket;
use ticket_core::value::TicketNumber;

use super::filter::Wanted;
use super::hits::Part;
use super::route::List;
use super::{Statement, limit, number, statement};
use crate::error::Error;
use crate::row::from_json;
use crate::store::SqliteTenant;

/// What the words of one condition count: in the subject, and in texts.
const WORDS: (&str, &str) = (
    "SELECT ((w.rowid >> 15) & 8589934591) AS ticket, \
     CASE min(w.rowid & 32767) WHEN 0 THEN 16 + 2 * min(count(*) - 1, 4) \
     ELSE 2 * min(count(*), 4) END AS points",
    "SELECT ((w.rowid >> 15) & 8589934591) AS ticket, 2 * min(count(*), 4) AS points",
);
/// What it counts that all words are in one text, and once more that they are near there.
const TOGETHER: &str = "SELECT ((w.rowid >> 15) & 8589934591) AS ticket, 4 AS points";

impl SqliteTenant {
    /// A page of the tickets that match, the best first.
    pub(super) async fn read_best(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, Error> {
        let mut reader = self.reader().await?;
        let mut ranked = self.read_ranked(&mut reader, query, reach).await?;
        ranked.sort_by_key(|ranked| Reverse(*ranked));
        if let Some(cursor) = page.after {
            ranked.retain(|(rank, own)| query.sort.is_after(*rank, own.get(), &cursor));
        }
        let more = ranked.len() > page.size();
        ranked.truncate(page.size());
        let next = ranked.last().filter(|_| more).map(|(rank, own)| Cursor {
            sort: query.sort,
            value: *rank,
            number: *own,
        });
        let mut tickets = self.read_tickets(&mut reader, &ranked).await?;
        let rows = ranked.iter().filter_map(|(_, own)| tickets.remove(own));
        Ok(Page {
            rows: rows.collect(),
            next,
        })
    }

    async fn read_ranked(
        &self,
        reader: &mut SqliteConnection,
        query: &Query,
        reach: &Reach,
    ) -> Result<Vec<(i64, TicketNumber)>, Error> {
        let Some(documents) = self.documents(reader).await? else {
            return Ok(Vec::new());
        };
        let wanted = Wanted::of(query, reach);
        let list = List::of((self.id(), documents), &wanted, reach, query);
        let mut windows = list.begin(reader, None).await?;
        let mut newest: Vec<i64> = Vec::new();
        while newest.len() < RANKED_MAX
            && let Some(route) = list.next(reader, &mut windows).await?
        {
            let missing = limit(RANKED_MAX - newest.len());
            let mut numbers = statement::numbers(&list, &route, missing);
            for row in numbers.build().fetch_all(&mut *reader).await? {
                newest.push(row.try_get(0)?);
            }
        }
        let (Some(first), Some(last)) = (newest.last(), newest.first()) else {
            return Ok(Vec::new());
        };
        let part = Part::of(documents, &(*first..=*last), reach.level());
        let rows = ranks(&wanted, &part, &newest)
            .build()
            .fetch_all(reader)
            .await?;
        let rank = |row: &sqlx::sqlite::SqliteRow| Ok((row.try_get(1)?, number(row.try_get(0)?)?));
        rows.iter().map(rank).collect()
    }

    async fn read_tickets(
        &self,
        reader: &mut SqliteConnection,
        ranked: &[(i64, TicketNumber)],
    ) -> Result<BTreeMap<TicketNumber, Ticket>, Error> {
        let numbers: Vec<u64> = ranked.iter().map(|(_, own)| own.get()).collect();
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT t.json FROM json_each(?) n CROSS JOIN tickets t \
             ON t.tenant = ? AND t.number = n.value",
        )
        .bind(serde_json::json!(numbers).to_string())
        .bind(self.id())
        .fetch_all(reader)
        .await?;
        let read = |json: &String| {
            let ticket: Ticket = from_json("a ticket", json)?;
            Ok((ticket.number, ticket))
        };
        rows.iter().map(read).collect()
    }
}

/// The ranks of some tickets that have the words, as number and points.
fn ranks(wanted: &Wanted<'_>, part: &Part, numbers: &[i64]) -> Statement {
    let words = wanted.must_have();
    let expressions: Vec<&str> = words.iter().map(|own| own.expression.as_str()).collect();
    let mut sql =
        Statement::new("WITH found AS MATERIALIZED (SELECT value AS ticket FROM json_each(");
    sql.push_bind(serde_json::json!(numbers).to_string());
    sql.push(")) SELECT ticket, sum(points) FROM (");
    let end = " AND ((w.rowid >> 15) & 8589934591) IN (SELECT ticket FROM found) GROUP BY 1";
    for (at, expression) in expressions.iter().enumerate() {
        sql.push(if at == 0 { "" } else { " UNION ALL " });
        part.push(&mut sql, WORDS, " UNION ALL ", (expression, end));
    }
    if expressions.len() > 1 {
        let near = format!("NEAR({}, 10)", expressions.join(" "));
        for expression in [expressions.join(" AND "), near] {
            sql.push(" UNION ALL ");
            part.push(
                &mut sql,
                (TOGETHER, TOGETHER),
                " UNION ALL ",
                (&expression, end),
            );
        }
    }
    sql.push(") GROUP BY ticket");
    sql
}
