//! Whole statements: which tickets are looked at, in which order, and what is read of them.
//!
//! The inner list holds numbers and sort values only, so that sorting carries no texts; the
//! tickets of one page are read afterwards. Nothing collects statistics (`ANALYZE`): plans rest
//! on the schema alone and stay what the tests have seen.

use ticket_core::authority::{CustomerReach, Level, Reach, TeamReach};
use ticket_core::query::{Cursor, DueTest, Sort, SortKey};
use ticket_core::value::{QueueKey, Timestamp};

use super::Statement;
use super::condition::among;
use super::filter::Wanted;
use super::hits::Part;
use super::route::{List, Route};

/// So many rows of a list, after a cursor.
pub(super) fn rows(list: &List<'_>, route: &Route, after: Option<Cursor>, limit: i64) -> Statement {
    let mut sql = Statement::new("WITH page AS MATERIALIZED (");
    push_numbers(&mut sql, list, route, after, limit);
    sql.push(
        ") SELECT s.json AS json, page.value AS value, page.number AS number \
         FROM page CROSS JOIN tickets s ON s.tenant = ",
    );
    sql.push_bind(list.tenant);
    sql.push(" AND s.number = page.number");
    order(&mut sql, list.sort, "page.value", "page.number");
    sql
}

/// The numbers of so many rows of a list, in its order.
pub(super) fn numbers(list: &List<'_>, route: &Route, limit: i64) -> Statement {
    let mut sql = Statement::new("");
    push_numbers(&mut sql, list, route, None, limit);
    sql
}

fn push_numbers(
    sql: &mut Statement,
    list: &List<'_>,
    route: &Route,
    after: Option<Cursor>,
    limit: i64,
) {
    let (sort, level) = (list.sort, list.reach.level());
    let value = sort_column(sort, level, leads_by_condition(list.wanted, list.reach));
    sql.push("SELECT t.number AS number, ").push(value);
    sql.push(" AS value");
    tickets(sql, list, route, Some(sort));
    if let Some(cursor) = after {
        let after = if sort.descending { " < " } else { " > " };
        sql.push(" AND (").push(value).push(", t.number)");
        sql.push(after).push("(").push_bind(cursor.value).push(", ");
        sql.push_bind(crate::row::number(cursor.number)).push(")");
    }
    order(sql, sort, value, "t.number");
    sql.push(" LIMIT ").push_bind(limit);
}

/// How many tickets match, counted no further than a limit.
pub(super) fn count(list: &List<'_>, route: &Route, at_most: i64) -> Statement {
    let mut sql = Statement::new("SELECT count(*) FROM (SELECT 1");
    tickets(&mut sql, list, route, None);
    sql.push(" LIMIT ").push_bind(at_most).push(")");
    sql
}

/// How many tickets a condition on terms finds, counted no further than a limit.
pub(super) fn candidates(list: &List<'_>, term: usize, at_most: i64) -> Statement {
    let part = Part::of(list.documents, &(0..=0), list.reach.level());
    let mut sql = Statement::new("SELECT count(*) FROM (SELECT 1 FROM (");
    list.wanted
        .push_candidates(&mut sql, list.tenant, &part, term);
    sql.push(") LIMIT ").push_bind(at_most).push(")");
    sql
}

/// The tickets for which a test holds.
pub(super) fn due(tenant: i64, test: &DueTest, now: Timestamp, limit: u16) -> Statement {
    let mut sql = Statement::new("SELECT t.id FROM tickets t WHERE t.tenant = ");
    sql.push_bind(tenant);
    match test {
        DueTest::SnoozeOver => {
            sql.push(" AND t.snoozed_until <= ").push_bind(now.micros());
            sql.push(" ORDER BY t.snoozed_until");
        }
        DueTest::InStatus {
            status,
            queues,
            since,
        } => {
            sql.push(" AND t.status = ");
            sql.push_bind(status.as_str().to_owned());
            among(
                &mut sql,
                " AND t.queue",
                queues.iter().map(QueueKey::as_str),
            );
            sql.push(" AND t.status_since <= ")
                .push_bind(since.micros());
        }
    }
    sql.push(" LIMIT ").push_bind(i64::from(limit));
    sql
}

/// `FROM` and `WHERE`: the tickets that match and are admitted.
fn tickets(sql: &mut Statement, list: &List<'_>, route: &Route, sort: Option<Sort>) {
    let (tenant, wanted) = (list.tenant, list.wanted);
    let part = Part::of(list.documents, &route.numbers, list.reach.level());
    // Where there is a list of candidates, it leads; `CROSS JOIN` keeps the order.
    let has_list = match (route.leader, list.reach) {
        (Some(leader), _) => {
            sql.push(" FROM (");
            wanted.push_candidates(sql, tenant, &part, leader);
            true
        }
        (None, Reach::Customer(customer)) => {
            sql.push(" FROM (");
            seen_by(sql, tenant, customer);
            true
        }
        (None, Reach::Team(_)) => false,
    };
    if has_list {
        // Each candidate is looked up by its number; among open tickets that index is small.
        sql.push(if wanted.open_only {
            ") AS c CROSS JOIN tickets t INDEXED BY open_number ON t.tenant = "
        } else {
            // The index of the primary key, by the name that SQLite gives it.
            ") AS c CROSS JOIN tickets t INDEXED BY sqlite_autoindex_tickets_1 ON t.tenant = "
        });
        sql.push_bind(tenant)
            .push(" AND t.number = c.ticket WHERE 1");
    } else {
        sql.push(" FROM tickets t");
        if wanted.open_only && sort.is_some_and(needs_open_index) {
            sql.push(" INDEXED BY open_queue");
        }
        sql.push(" WHERE t.tenant = ").push_bind(tenant);
    }
    let (first, last) = (*route.numbers.start(), *route.numbers.end());
    if (first, last) != (0, i64::MAX) {
        // A list of candidates is cut as it is read, an index where it begins.
        sql.push(if has_list {
            " AND c.ticket BETWEEN "
        } else {
            " AND t.number BETWEEN "
        });
        sql.push_bind(first).push(" AND ").push_bind(last);
    }
    match list.reach {
        Reach::Team(team) => worked_on(sql, team),
        Reach::Customer(customer) if route.leader.is_some() => {
            sql.push(" AND +t.number IN (");
            seen_by(sql, tenant, customer);
            sql.push(")");
        }
        Reach::Customer(_) => {}
    }
    wanted.push(sql, tenant, &part, route);
}

fn worked_on(sql: &mut Statement, team: &TeamReach) {
    match team {
        TeamReach::Nothing => {
            sql.push(" AND 0");
        }
        // Its queues are among those that are wanted.
        TeamReach::Queues {
            queues: _,
            assigned_to,
        } => {
            if let Some(person) = assigned_to {
                sql.push(" AND t.assignee = ");
                sql.push_bind(person.as_str().to_owned());
            }
        }
        TeamReach::Everything => {}
    }
}

/// How many tickets a customer sees, counted no further than a limit.
pub(super) fn seen(tenant: i64, customer: &CustomerReach, at_most: i64) -> Statement {
    let mut sql = Statement::new("SELECT count(*) FROM (SELECT 1 FROM (");
    seen_by(&mut sql, tenant, customer);
    sql.push(") LIMIT ").push_bind(at_most).push(")");
    sql
}

/// The numbers of the tickets that a customer sees.
fn seen_by(sql: &mut Statement, tenant: i64, customer: &CustomerReach) {
    let person = customer.participant.as_str();
    sql.push("SELECT number AS ticket FROM tickets WHERE tenant = ");
    sql.push_bind(tenant).push(" AND requester = ");
    sql.push_bind(person.to_owned());
    sql.push(" UNION SELECT ticket FROM terms WHERE tenant = ");
    sql.push_bind(tenant).push(" AND kind = ");
    sql.push_bind(crate::row::TermKind::Cc.code());
    sql.push(" AND name = '' AND term = ");
    sql.push_bind(person.to_owned());
    if let Some(organization) = &customer.organization {
        sql.push(" UNION SELECT number FROM tickets WHERE tenant = ");
        sql.push_bind(tenant).push(" AND organization = ");
        sql.push_bind(organization.as_str().to_owned());
    }
}

/// Whether SQLite would rather walk through closed tickets in the order of this than look at the
/// open ones and sort them.
const fn needs_open_index(sort: Sort) -> bool {
    match sort.key {
        SortKey::Number | SortKey::Updated | SortKey::Relevance => false,
        SortKey::Created | SortKey::Priority | SortKey::Due => true,
    }
}

/// Whether the index of a condition leads rather than that of the order: few tickets are found
/// and sorted, where the other way might look at all of them to find those few.
fn leads_by_condition(wanted: &Wanted<'_>, reach: &Reach) -> bool {
    let is_own = match reach {
        Reach::Team(TeamReach::Queues { assigned_to, .. }) => assigned_to.is_some(),
        Reach::Team(TeamReach::Nothing | TeamReach::Everything) | Reach::Customer(_) => false,
    };
    !wanted.open_only && (is_own || wanted.is_selective())
}

/// What is sorted by; a `+` keeps SQLite from taking an index for it.
const fn sort_column(sort: Sort, level: Level, by_condition: bool) -> &'static str {
    match (sort.key, level, by_condition) {
        // Relevance is judged over the newest.
        (SortKey::Number | SortKey::Relevance, _, false) => "t.number",
        (SortKey::Number | SortKey::Relevance, _, true) => "+t.number",
        (SortKey::Created, _, false) => "t.created_at",
        (SortKey::Created, _, true) => "+t.created_at",
        (SortKey::Updated, Level::Team, false) => "t.updated_at",
        (SortKey::Updated, Level::Team, true) => "+t.updated_at",
        (SortKey::Updated, Level::Customer, _) => "t.public_updated_at",
        (SortKey::Priority, ..) => "t.priority",
        // Those without a date come last in either direction.
        (SortKey::Due, ..) if sort.descending => "ifnull(t.due, -9223372036854775808)",
        (SortKey::Due, ..) => "ifnull(t.due, 9223372036854775807)",
    }
}

/// The order by sort value and number; sorting by number, both are the same.
fn order(sql: &mut Statement, sort: Sort, value: &'static str, number: &'static str) {
    let direction = if sort.descending { " DESC" } else { " ASC" };
    sql.push(" ORDER BY ").push(value).push(direction);
    if sort.key != SortKey::Number {
        sql.push(", ").push(number).push(direction);
    }
}
