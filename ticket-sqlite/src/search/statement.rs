//! Whole statements: which tickets are looked at, in which order, and what is read of them.
//!
//! The inner list holds numbers and sort values only, so that sorting carries no texts; the
//! tickets of one page are read afterwards. Nothing collects statistics (`ANALYZE`): plans rest
//! on the schema alone and stay what the tests have seen.

use ticket_core::authority::{CustomerReach, Level, Reach, TeamReach};
use ticket_core::query::{DueTest, PageRequest, Query, Sort, SortKey};
use ticket_core::value::Timestamp;

use super::Statement;
use super::filter::{self, Wanted};

/// One page of a list, with one row more if there are any.
pub(super) fn page(tenant: i64, query: &Query, reach: &Reach, page: &PageRequest) -> Statement {
    let sort = query.sort;
    let value = sort_column(sort, reach.level());
    let mut sql = Statement::new("WITH page AS MATERIALIZED (SELECT t.number AS number, ");
    sql.push(value).push(" AS value");
    tickets(&mut sql, tenant, query, reach);
    if let Some(cursor) = page.after {
        let after = if sort.descending { " < " } else { " > " };
        if sort.key == SortKey::Number {
            // The number is the sort value and the tie-break: comparing both adds nothing, unless
            // somebody made the cursor up.
            sql.push(" AND (t.number, t.number)");
        } else {
            sql.push(" AND (").push(value).push(", t.number)");
        }
        sql.push(after).push("(").push_bind(cursor.value).push(", ");
        sql.push_bind(crate::row::number(cursor.number)).push(")");
    }
    order(&mut sql, sort, value, "t.number");
    let rows = i64::try_from(page.size()).unwrap_or(i64::MAX);
    sql.push(" LIMIT ").push_bind(rows.saturating_add(1));
    sql.push(
        ") SELECT s.json AS json, page.value AS value, page.number AS number \
         FROM page CROSS JOIN tickets s ON s.tenant = ",
    );
    sql.push_bind(tenant).push(" AND s.number = page.number");
    order(&mut sql, sort, "page.value", "page.number");
    sql
}

/// How many tickets match, counted no further than a limit.
pub(super) fn count(tenant: i64, query: &Query, reach: &Reach, at_most: u32) -> Statement {
    let mut sql = Statement::new("SELECT count(*) FROM (SELECT 1");
    tickets(&mut sql, tenant, query, reach);
    sql.push(" LIMIT ").push_bind(i64::from(at_most)).push(")");
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
            filter::among(
                &mut sql,
                " AND t.queue",
                queues.iter().map(|key| key.as_str()),
            );
            sql.push(" AND t.status_since <= ")
                .push_bind(since.micros());
        }
    }
    sql.push(" LIMIT ").push_bind(i64::from(limit));
    sql
}

/// `FROM` and `WHERE`: the tickets that match and are admitted.
fn tickets(sql: &mut Statement, tenant: i64, query: &Query, reach: &Reach) {
    let wanted = Wanted::of(query, reach.level());
    // Where there is a short list of candidates, it leads; `CROSS JOIN` keeps the order.
    let candidates = match (reach, wanted.words()) {
        (Reach::Customer(customer), _) => {
            sql.push(" FROM (");
            seen_by(sql, tenant, customer);
            true
        }
        (Reach::Team(_), Some(phrase)) => {
            sql.push(" FROM (");
            filter::having_words(sql, tenant, phrase, reach.level());
            true
        }
        (Reach::Team(_), None) => false,
    };
    if candidates {
        sql.push(") AS c CROSS JOIN tickets t ON t.tenant = ");
        sql.push_bind(tenant)
            .push(" AND t.number = c.ticket WHERE 1");
    } else {
        sql.push(" FROM tickets t WHERE t.tenant = ")
            .push_bind(tenant);
    }
    if let Reach::Team(team) = reach {
        worked_on(sql, team);
    }
    let led_by_words = candidates && matches!(reach, Reach::Team(_));
    wanted.push(sql, tenant, led_by_words);
}

fn worked_on(sql: &mut Statement, team: &TeamReach) {
    match team {
        TeamReach::Nothing => {
            sql.push(" AND 0");
        }
        TeamReach::Queues {
            queues,
            assigned_to,
        } => {
            filter::among(sql, " AND t.queue", queues.iter().map(|key| key.as_str()));
            if let Some(person) = assigned_to {
                sql.push(" AND t.assignee = ");
                sql.push_bind(person.as_str().to_owned());
            }
        }
        TeamReach::Everything => {}
    }
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

const fn sort_column(sort: Sort, level: Level) -> &'static str {
    match (sort.key, level, sort.descending) {
        (SortKey::Number, ..) => "t.number",
        (SortKey::Created, ..) => "t.created_at",
        (SortKey::Updated, Level::Team, _) => "t.updated_at",
        (SortKey::Updated, Level::Customer, _) => "t.public_updated_at",
        (SortKey::Priority, ..) => "t.priority",
        // Those without a date come last in either direction.
        (SortKey::Due, _, true) => "ifnull(t.due, -9223372036854775808)",
        (SortKey::Due, _, false) => "ifnull(t.due, 9223372036854775807)",
    }
}

fn order(sql: &mut Statement, sort: Sort, value: &'static str, number: &'static str) {
    let direction = if sort.descending { " DESC" } else { " ASC" };
    sql.push(" ORDER BY ");
    if sort.key != SortKey::Number {
        sql.push(value).push(direction).push(", ");
    }
    sql.push(number).push(direction);
}
