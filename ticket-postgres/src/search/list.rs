//! Whole statements: which tickets are looked at, in which order, and what is read of them.
//!
//! What leads is decided here and by counts that end early, inside the statement: either a list
//! of tickets is short, then it is read and sorted, or it is long, then the order of the page
//! leads and each ticket is tested. Conditions are written so that PostgreSQL has one way only;
//! limits are part of the text, because it guesses badly at those that are bound.

use ticket_core::query::Cursor;

use super::Statement;
use super::filter::Wanted;
use super::hits;
use super::lead::{Lead, keys};
use super::order::{Order, Value};
use super::outline::{Gate, Outline, Part, Source};

/// Up to how many tickets a list is short.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// A list that is sorted.
    pub(crate) short: i64,
    /// A list that is in order, and whose texts are searched until a page is full.
    pub(crate) walkable: i64,
    /// What words find, when another list may be shorter.
    pub(crate) rare: i64,
    /// What words find, when it must be sorted.
    pub(crate) sortable: i64,
}

impl Bounds {
    pub(crate) const DEFAULT: Self = Self {
        short: 1_000,
        walkable: 20_000,
        rare: 100,
        sortable: 10_000,
    };

    /// The same for all.
    pub(crate) const fn all(tickets: i64) -> Self {
        Self {
            short: tickets,
            walkable: tickets,
            rare: tickets,
            sortable: tickets,
        }
    }
}

/// How many rows are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    /// So many at most; a part of the text.
    Page(&'static str),
    /// So many, in no order.
    Count(i64),
}

impl Limit {
    fn push(self, sql: &mut Statement) {
        sql.push(" LIMIT ");
        match self {
            Self::Page(rows) => sql.push(rows),
            Self::Count(rows) => sql.push_bind(rows),
        };
    }
}

/// A list to be written as a statement.
pub(super) struct List<'q> {
    pub(super) wanted: &'q Wanted<'q>,
    pub(super) bounds: Bounds,
    limit: Limit,
}

impl<'q> List<'q> {
    pub(super) const fn new(wanted: &'q Wanted<'q>, bounds: Bounds, limit: Limit) -> Self {
        Self {
            wanted,
            bounds,
            limit,
        }
    }

    /// One page, as `json`, `value` and `number`.
    pub(super) fn page(&self, after: Option<Cursor>) -> Statement {
        let level = self.wanted.place.level;
        let orders = Order::parts(self.wanted.query.sort, level, after);
        let is_wanted =
            |order: &Order| order.value != Value::Undated || self.wanted.wants_undated();
        let orders: Vec<Order> = orders.into_iter().filter(is_wanted).collect();
        let Some(first) = orders.first().copied() else {
            // The dated ones are over, and no others are wanted.
            return Statement::new(
                "SELECT ''::text AS json, 0::bigint AS value, 0::bigint AS number WHERE false",
            );
        };
        let outline = self.outline(&orders);
        let mut sql = self.begin(&outline);
        if self.wanted.leads().len() > 1 {
            // A customer may see a ticket in more than one way.
            sql.push("SELECT DISTINCT ON (u.value, u.number) u.json, u.value, u.number FROM (");
            self.push_parts(&mut sql, &outline);
            sql.push(") u");
            first.push_order_of(&mut sql, "u");
            self.limit.push(&mut sql);
        } else {
            // Of parts one goes on where another ends, so that the first rows are the page.
            sql.push("SELECT u.json, u.value, u.number FROM (SELECT p.* FROM (");
            self.push_parts(&mut sql, &outline);
            sql.push(") p");
            self.limit.push(&mut sql);
            sql.push(") u");
            first.push_order_of(&mut sql, "u");
        }
        sql
    }

    /// How many there are.
    pub(super) fn count(&self) -> Statement {
        let outline = self.outline(&[Order::ANY]);
        let mut sql = self.begin(&outline);
        sql.push("SELECT count(*) FROM (SELECT ");
        if self.wanted.leads().len() > 1 {
            sql.push("DISTINCT ");
        }
        sql.push("u.number FROM (");
        self.push_parts(&mut sql, &outline);
        sql.push(") u");
        self.limit.push(&mut sql);
        sql.push(") v");
        sql
    }

    /// Everything before the parts.
    fn begin(&self, outline: &Outline<'q>) -> Statement {
        let mut sql = Statement::new("WITH RECURSIVE ");
        if let Some(phrase) = &outline.words {
            hits::push_with(&mut sql, self.wanted.place, phrase, outline.below);
            sql.push(", ");
        }
        if let (Some(rare), Some(phrase)) = (outline.rare, &outline.words) {
            sql.push("found AS MATERIALIZED (SELECT h.ticket FROM hits h LIMIT ");
            sql.push(rare + 1);
            sql.push("), rare AS MATERIALIZED (SELECT CASE WHEN ");
            if outline.is_sorted {
                hits::push_is_common(&mut sql, self.wanted.place, phrase);
            } else {
                sql.push("false");
            }
            sql.push(" THEN false ELSE (SELECT count(*) <= ").push(rare);
            sql.push(" FROM found) END AS yes), ");
        }
        for (at, lead) in outline.short.iter().enumerate() {
            sql.push("short_").push(at);
            self.push_short(&mut sql, &[*lead], self.bounds.short);
        }
        if !outline.narrow.is_empty() {
            sql.push("narrow");
            self.push_short(&mut sql, &outline.narrow, outline.narrowness);
        }
        // So that each of them can end with a comma.
        sql.push("nothing AS (SELECT) ");
        sql
    }

    /// Pushes the list of one row that says whether these are short, counted no further.
    fn push_short(&self, sql: &mut Statement, leads: &[Lead<'q>], short: i64) {
        sql.push(" AS MATERIALIZED (SELECT count(*) <= ")
            .push(short);
        sql.push(" AS yes FROM (");
        for (at, lead) in leads.iter().enumerate() {
            sql.push(if at > 0 { " UNION ALL (" } else { "(" });
            lead.push_counted(sql, self.wanted);
            sql.push(" LIMIT ").push(short + 1).push(")");
        }
        sql.push(") s), ");
    }

    fn push_parts(&self, sql: &mut Statement, outline: &Outline<'q>) {
        for (at, part) in outline.parts.iter().enumerate() {
            sql.push(if at > 0 { " UNION ALL (" } else { "(" });
            match part.source {
                Source::Lead(lead) if lead.is_term() => self.push_terms(sql, part, &lead),
                Source::Lead(lead) if !self.is_direct(&lead, &part.order) => {
                    self.push_short_list(sql, part, &lead);
                }
                Source::Lead(Lead::Queues) => self.push_queues(sql, part),
                Source::Lead(lead) => {
                    self.push_tickets(sql, &lead, None, &part.order);
                    push_gates(sql, &part.gates);
                    part.order.push_order(sql);
                    self.limit.push(sql);
                }
                Source::Hits(at) => {
                    sql.push("SELECT o.* FROM hits c");
                    self.push_looked_up(sql, part, (&Lead::Order, Some(at)));
                    self.limit.push(sql);
                }
                Source::Found(at) => {
                    sql.push("SELECT o.* FROM found c");
                    self.push_looked_up(sql, part, (&Lead::Order, Some(at)));
                    part.order.push_order_of(sql, "o");
                    self.limit.push(sql);
                }
            }
            sql.push(")");
        }
    }

    /// Pushes a list that is read and sorted. `OFFSET 0` keeps PostgreSQL from walking all tickets
    /// in the order instead, and from testing more of them than the page needs.
    fn push_short_list(&self, sql: &mut Statement, part: &Part<'q>, lead: &Lead<'q>) {
        sql.push("SELECT ");
        part.order.push_columns(sql);
        sql.push(" FROM (SELECT t.* FROM (SELECT t.* FROM tickets t WHERE ");
        lead.push_all(sql, self.wanted);
        sql.push(" OFFSET 0) t WHERE true");
        part.order.push_conditions(sql);
        part.order.push_order(sql);
        sql.push(" OFFSET 0) t WHERE true");
        self.wanted.push(sql, lead, None);
        push_gates(sql, &part.gates);
        part.order.push_order(sql);
        self.limit.push(sql);
    }

    /// Pushes the choice of tickets `t`, without an order.
    fn push_tickets(
        &self,
        sql: &mut Statement,
        lead: &Lead<'q>,
        hits: Option<usize>,
        order: &Order,
    ) {
        sql.push("SELECT ");
        order.push_columns(sql);
        sql.push(" FROM tickets t WHERE t.tenant = ");
        sql.push_bind(self.wanted.place.tenant);
        lead.push(sql, self.wanted);
        self.wanted.push(sql, lead, hits);
        order.push_conditions(sql);
    }

    /// Pushes the look-up of each number of the list `c`, in the order of that list.
    fn push_looked_up(
        &self,
        sql: &mut Statement,
        part: &Part<'q>,
        (lead, hits): (&Lead<'q>, Option<usize>),
    ) {
        sql.push(" CROSS JOIN LATERAL (");
        self.push_tickets(sql, lead, hits, &part.order);
        sql.push(" AND t.number = c.ticket LIMIT 1) o WHERE true");
        push_gates(sql, &part.gates);
    }

    fn push_terms(&self, sql: &mut Statement, part: &Part<'q>, lead: &Lead<'q>) {
        let in_order = part.order.value == Value::Number && lead.is_one_term();
        sql.push(if in_order {
            "SELECT o.* FROM (SELECT e.ticket FROM "
        } else {
            "SELECT o.* FROM (SELECT DISTINCT e.ticket FROM "
        });
        lead.push_terms(sql, self.wanted.place.tenant);
        if in_order {
            part.order.push_after(sql, "e.ticket");
            sql.push(" ORDER BY e.ticket").push(part.order.direction());
        }
        sql.push(") c");
        self.push_looked_up(sql, part, (lead, None));
        if in_order {
            sql.push(" ORDER BY c.ticket").push(part.order.direction());
        } else {
            part.order.push_order_of(sql, "o");
        }
        self.limit.push(sql);
    }

    /// So many of each queue in the order of the list, and of these the first.
    fn push_queues(&self, sql: &mut Statement, part: &Part<'q>) {
        let queues = self.wanted.queues.iter().flatten().copied();
        sql.push("SELECT o.* FROM unnest(").push_bind(keys(queues));
        sql.push(") AS k (queue) CROSS JOIN LATERAL (");
        self.push_tickets(sql, &Lead::Queues, None, &part.order);
        part.order.push_order(sql);
        self.limit.push(sql);
        sql.push(") o WHERE true");
        push_gates(sql, &part.gates);
        part.order.push_order_of(sql, "o");
        self.limit.push(sql);
    }
}

fn push_gates(sql: &mut Statement, gates: &[Gate]) {
    for gate in gates {
        let (Gate::Rare(yes) | Gate::Narrow(yes) | Gate::Short(_, yes)) = *gate;
        sql.push(if yes {
            " AND (SELECT g.yes FROM "
        } else {
            " AND NOT (SELECT g.yes FROM "
        });
        match gate {
            Gate::Rare(_) => sql.push("rare"),
            Gate::Narrow(_) => sql.push("narrow"),
            Gate::Short(at, _) => sql.push("short_").push(*at),
        };
        sql.push(" g)");
    }
}
