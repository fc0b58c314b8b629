//! The best first: the newest tickets that match, ranked by their texts.

use std::cmp::Reverse;

use sqlx::Row;
use ticket_core::authority::{Level, Reach};
use ticket_core::query::{
    Cursor, Page, PageRequest, Query, RANKED_MAX, Searchable, Sort, normalize, rank,
};
use ticket_core::ticket::{InternalNote, PublicMessage, Ticket};

use super::statement;
use crate::error::Error;
use crate::row::{from_json, number};
use crate::store::SqliteTenant;

impl SqliteTenant {
    /// A page of the tickets that match, the best first.
    pub(super) async fn read_best(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, Error> {
        let mut ranked = self.read_ranked(query, reach).await?;
        ranked.sort_by_key(|(rank, ticket)| Reverse((*rank, ticket.number)));
        if let Some(cursor) = page.after {
            ranked
                .retain(|(rank, ticket)| query.sort.is_after(*rank, ticket.number.get(), &cursor));
        }
        let more = ranked.len() > page.size();
        ranked.truncate(page.size());
        let next = ranked.last().filter(|_| more).map(|(rank, ticket)| Cursor {
            sort: query.sort,
            value: *rank,
            number: ticket.number,
        });
        let rows = ranked.into_iter().map(|(_, ticket)| ticket).collect();
        Ok(Page { rows, next })
    }

    async fn read_ranked(&self, query: &Query, reach: &Reach) -> Result<Vec<(i64, Ticket)>, Error> {
        let newest = Query {
            sort: Sort::default(),
            ..query.clone()
        };
        let mut reader = self.reader().await?;
        let found = statement::rows(self.id(), &newest, reach, None, RANKED_MAX)
            .build()
            .fetch_all(&mut *reader)
            .await?;
        let mut ranked = Vec::with_capacity(found.len());
        for row in &found {
            let ticket: Ticket = from_json("a ticket", row.try_get("json")?)?;
            let texts = self.read_texts(&mut reader, &ticket, reach.level()).await?;
            ranked.push((rank(query, &texts, reach.level()), ticket));
        }
        Ok(ranked)
    }

    async fn read_texts(
        &self,
        reader: &mut sqlx::SqliteConnection,
        ticket: &Ticket,
        level: Level,
    ) -> Result<Searchable, Error> {
        let mut texts = Searchable {
            public: vec![normalize(ticket.subject.as_str())],
            notes: Vec::new(),
        };
        let rows = sqlx::query(
            "SELECT 0, json FROM messages WHERE tenant = ?1 AND ticket = ?2 UNION ALL \
             SELECT 1, json FROM notes WHERE tenant = ?1 AND ticket = ?2 AND ?3",
        )
        .bind(self.id())
        .bind(number(ticket.number))
        .bind(level == Level::Team)
        .fetch_all(reader)
        .await?;
        for row in &rows {
            let json: &str = row.try_get(1)?;
            if row.try_get::<i64, _>(0)? == 0 {
                let message: PublicMessage = from_json("a message", json)?;
                texts.public.push(normalize(message.body.text()));
            } else {
                let note: InternalNote = from_json("a note", json)?;
                texts.notes.push(normalize(note.body.text()));
            }
        }
        Ok(texts)
    }
}
