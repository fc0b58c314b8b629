//! What the clock made due.

use ticket_core::query::DueTest;
use ticket_core::value::Timestamp;

use super::Statement;

/// The tickets for which any of the tests holds, by id. Each status of each queue is one look-up
/// of its oldest ticket.
pub(super) fn statement(tenant: i64, tests: &[DueTest], now: Timestamp, limit: u16) -> Statement {
    let (mut statuses, mut queues, mut sinces) = (Vec::new(), Vec::new(), Vec::new());
    let mut asks_for_sleepers = false;
    for test in tests {
        match test {
            DueTest::SnoozeOver => asks_for_sleepers = true,
            DueTest::InStatus {
                status,
                queues: own,
                since,
            } => {
                for queue in own {
                    statuses.push(status.as_str().to_owned());
                    queues.push(queue.as_str().to_owned());
                    sinces.push(since.micros());
                }
            }
        }
    }
    let limit = i64::from(limit);
    let mut sql = Statement::new("SELECT DISTINCT d.id FROM ((SELECT t.id FROM tickets t WHERE ");
    sql.push("t.tenant = ").push_bind(tenant);
    sql.push(" AND t.snoozed_until <= ").push_bind(now.micros());
    sql.push(" AND ").push_bind(asks_for_sleepers);
    sql.push(" ORDER BY t.snoozed_until LIMIT ");
    sql.push_bind(limit)
        .push(") UNION ALL (SELECT o.id FROM unnest(");
    sql.push_bind(statuses).push(", ").push_bind(queues);
    sql.push(", ").push_bind(sinces);
    sql.push(") AS k (status, queue, since) CROSS JOIN LATERAL (SELECT t.id FROM tickets t ");
    sql.push("WHERE t.tenant = ").push_bind(tenant);
    sql.push(
        " AND t.status = k.status AND t.queue = k.queue AND t.status_since <= k.since \
         ORDER BY t.status_since LIMIT ",
    );
    sql.push_bind(limit).push(") o LIMIT ").push_bind(limit);
    sql.push(")) d ORDER BY d.id LIMIT ").push_bind(limit);
    sql
}
