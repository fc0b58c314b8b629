//! The best first: the newest tickets that match, ranked by their texts.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sqlx::Row;
use ticket_core::authority::Level;
use ticket_core::query::{Cursor, Page, PageRequest, Query, Searchable, Sort, Test, rank};
use ticket_core::ticket::Ticket;
use uuid::Uuid;

use super::filter::Wanted;
use super::list::{Limit, List};
use crate::error::Error;
use crate::row::{from_json, number};
use crate::store::PostgresTenant;

/// How many are ranked: `RANKED_MAX` of the domain, as a part of a statement.
const RANKED: &str = "500";

impl PostgresTenant {
    /// A page of the tickets that match, the best first.
    pub(super) async fn read_best(
        &self,
        wanted: &Wanted<'_>,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, Error> {
        let mut ranked = self.read_ranked(wanted).await?;
        let sort = wanted.query.sort;
        ranked.sort_by_key(|(rank, ticket)| Reverse((*rank, ticket.number)));
        if let Some(cursor) = page.after {
            ranked.retain(|(rank, ticket)| sort.is_after(*rank, ticket.number.get(), &cursor));
        }
        let more = ranked.len() > page.size();
        ranked.truncate(page.size());
        let next = ranked.last().filter(|_| more).map(|(rank, ticket)| Cursor {
            sort,
            value: *rank,
            number: ticket.number,
        });
        let rows = ranked.into_iter().map(|(_, ticket)| ticket).collect();
        Ok(Page { rows, next })
    }

    async fn read_ranked(&self, wanted: &Wanted<'_>) -> Result<Vec<(i64, Ticket)>, Error> {
        let newest = Query {
            sort: Sort::default(),
            ..wanted.query.clone()
        };
        let newest = Wanted::of(&newest, wanted.reach, wanted.place);
        let list = List::new(&newest, self.bounds(), Limit::Page(RANKED));
        let found = self.read_list(list.page(None).build()).await?;
        let mut tickets: Vec<Ticket> = Vec::with_capacity(found.len());
        for row in &found {
            tickets.push(from_json("a ticket", row.try_get("json")?)?);
        }
        let mut texts = self.read_texts(&tickets, wanted.place.level).await?;
        let asked = self.in_stems(wanted.query);
        let rank_of = |ticket: Ticket| {
            let own = texts.remove(&number(ticket.number)).unwrap_or_default();
            (rank(&asked, &own, wanted.place.level), ticket)
        };
        Ok(tickets.into_iter().map(rank_of).collect())
    }

    /// The words of the tickets' texts that the level may read, as the index has them.
    async fn read_texts(
        &self,
        tickets: &[Ticket],
        level: Level,
    ) -> Result<BTreeMap<i64, Searchable>, Error> {
        let numbers: Vec<i64> = tickets.iter().map(|ticket| number(ticket.number)).collect();
        let asked = sqlx::query(
            "SELECT false AS is_note, w.ticket, w.document, \
             string_agg(substr(w.words, w.overlap + 1), '' ORDER BY w.piece) AS words \
             FROM public_words w WHERE w.tenant = $1 AND w.ticket = ANY ($2) \
             GROUP BY w.ticket, w.document UNION ALL \
             SELECT true, w.ticket, w.document, \
             string_agg(substr(w.words, w.overlap + 1), '' ORDER BY w.piece) \
             FROM note_words w WHERE w.tenant = $1 AND w.ticket = ANY ($2) AND $3 \
             GROUP BY w.ticket, w.document",
        )
        .bind(self.id())
        .bind(numbers)
        .bind(level == Level::Team);
        let rows = self.read_list(asked).await?;
        // The subject comes first, whether it has words or not.
        let empty = || Searchable {
            public: vec![Vec::new()],
            notes: Vec::new(),
        };
        let mut texts: BTreeMap<i64, Searchable> = tickets
            .iter()
            .map(|ticket| (number(ticket.number), empty()))
            .collect();
        let subjects: BTreeMap<Uuid, i64> = tickets
            .iter()
            .map(|ticket| (ticket.id.uuid(), number(ticket.number)))
            .collect();
        for row in &rows {
            let joined: &str = row.try_get("words")?;
            let words: Vec<String> = joined.split_whitespace().map(str::to_owned).collect();
            let Some(own) = texts.get_mut(&row.try_get("ticket")?) else {
                continue;
            };
            if row.try_get("is_note")? {
                own.notes.push(words);
            } else if subjects.contains_key(&row.try_get("document")?) {
                own.public[0] = words;
            } else {
                own.public.push(words);
            }
        }
        Ok(texts)
    }

    /// The query with its words as the index has them.
    fn in_stems(&self, query: &Query) -> Query {
        let mut query = query.clone();
        for condition in &mut query.conditions {
            if let Test::Text(words) = &mut condition.test
                && let Some(phrase) = self.language().phrase(words)
            {
                *words = phrase.text.split_whitespace().map(str::to_owned).collect();
            }
        }
        query
    }
}
