//! Tickets whose texts have some words, the newest first.
//!
//! The texts of the newest tickets are read, then the index is asked for the newest blocks, a few
//! more at a time, and at last for whole regions. Who takes the first tickets only stops it there:
//! a common word fills a page from the newest, and a rare one costs a few look-ups for each
//! region.

use ticket_core::authority::Level;

use super::Statement;
use super::condition::Place;
use crate::text::Phrase;

/// The lexemes of a row `w`: word for word the expression of the indexes.
const LEXEMES: &str = "array_to_tsvector(string_to_array(\
     (w.tenant::text || '.' || (w.ticket >> 17)::text || ':') || \
     replace(btrim(w.words), ' ', '.' || ((w.ticket >> 11) & 63)::text || ' ' || \
     w.tenant::text || '.' || (w.ticket >> 17)::text || ':') || \
     '.' || ((w.ticket >> 11) & 63)::text, ' '))";

/// Where the texts are that the level may read.
const fn tables(level: Level) -> &'static [&'static str] {
    match level {
        Level::Team => &["public_words", "note_words"],
        Level::Customer => &["public_words"],
    }
}

/// The condition that a text of the ticket `t` has the words.
pub(super) fn push_has_words(sql: &mut Statement, place: Place, phrase: &Phrase) {
    for (at, table) in tables(place.level).iter().enumerate() {
        sql.push(if at == 0 { "((" } else { " OR (" });
        // Asked of each ticket: as `EXISTS`, PostgreSQL may read all texts first.
        sql.push("SELECT true FROM ").push(*table);
        sql.push(" w WHERE w.tenant = ").push_bind(place.tenant);
        sql.push(" AND w.ticket = t.number AND ");
        push_holds(sql, table, phrase);
        sql.push(" LIMIT 1) IS TRUE");
    }
    sql.push(")");
}

/// The condition that the text of the row `w` has the words.
fn push_holds(sql: &mut Statement, table: &'static str, phrase: &Phrase) {
    sql.push("strpos(");
    if phrase.spans_pieces {
        sql.push("(SELECT string_agg(substr(p.words, p.overlap + 1), '' ORDER BY p.piece) FROM ");
        sql.push(table).push(
            " p WHERE p.tenant = w.tenant AND p.ticket = w.ticket AND p.document = w.document)",
        );
    } else {
        sql.push("w.words");
    }
    sql.push(", ").push_bind(phrase.text.clone()).push(") > 0");
}

/// The list `hits` of tickets by number, each once and the newest first, as the last of the
/// statement's `WITH RECURSIVE`; those from the number `below` on are left out.
pub(super) fn push_with(sql: &mut Statement, place: Place, phrase: &Phrase, below: Option<i64>) {
    push_questions(sql, place.tenant, phrase, below);
    sql.push(", hits AS NOT MATERIALIZED (SELECT r.ticket FROM (SELECT DISTINCT f.ticket FROM (");
    // That is how the most common words are found.
    push_newest(sql, place, phrase);
    sql.push(") f ORDER BY f.ticket DESC) r UNION ALL ");
    sql.push(
        "SELECT h.ticket FROM questions q CROSS JOIN LATERAL (SELECT DISTINCT f.ticket FROM (",
    );
    push_each(sql, place.level, |sql, table| {
        // `OFFSET 0` keeps this question to the index of lexemes.
        sql.push("(SELECT w.ticket FROM ").push(table);
        sql.push(" w WHERE w.tenant = ").push_bind(place.tenant);
        sql.push(" AND w.ticket < q.below AND ").push(LEXEMES);
        sql.push(" @@ q.asked");
        if phrase.is_compared {
            sql.push(" AND ");
            push_holds(sql, table, phrase);
        }
        sql.push(" OFFSET 0)");
    });
    sql.push(") f ORDER BY f.ticket DESC) h)");
}

/// Pushes the tickets of the newest few whose texts have the words, by reading them.
fn push_newest(sql: &mut Statement, place: Place, phrase: &Phrase) {
    push_each(sql, place.level, |sql, table| {
        sql.push("SELECT w.ticket FROM ").push(table);
        sql.push(" w WHERE w.tenant = ").push_bind(place.tenant);
        sql.push(
            " AND w.ticket <= (SELECT n.number FROM newest n) \
             AND w.ticket > (SELECT n.number FROM newest n) - 64 AND ",
        );
        push_holds(sql, table, phrase);
    });
}

/// Pushes the condition that a word is probably found soon, in whichever order one looks.
pub(super) fn push_is_common(sql: &mut Statement, place: Place, phrase: &Phrase) {
    sql.push("(SELECT count(DISTINCT c.ticket) >= 4 FROM (");
    push_newest(sql, place, phrase);
    sql.push(") c)");
}

fn push_each(
    sql: &mut Statement,
    level: Level,
    mut push: impl FnMut(&mut Statement, &'static str),
) {
    for (at, table) in tables(level).iter().enumerate() {
        if at > 0 {
            sql.push(" UNION ALL ");
        }
        push(sql, table);
    }
}

/// The list `newest` of the newest ticket, and `questions`: what the index is asked in turn, and
/// below which number an answer is new.
fn push_questions(sql: &mut Statement, tenant: i64, phrase: &Phrase, below: Option<i64>) {
    sql.push("newest AS MATERIALIZED (SELECT max(x.number) AS number FROM tickets x ");
    sql.push("WHERE x.tenant = ").push_bind(tenant);
    if let Some(below) = below {
        sql.push(" AND x.number < ").push_bind(below);
    }
    // Only regions that have tickets: there may be large gaps between their numbers.
    sql.push("), regions (region) AS (SELECT n.number >> 17 FROM newest n UNION ALL SELECT (");
    sql.push("SELECT max(x.number) FROM tickets x WHERE x.tenant = ");
    sql.push_bind(tenant);
    sql.push(" AND x.number < (r.region << 17)) >> 17 FROM regions r WHERE r.region IS NOT NULL)");
    sql.push(", questions AS NOT MATERIALIZED (SELECT (SELECT string_agg(replace(replace(");
    sql.push_bind(phrase.lexemes.clone());
    sql.push(", '#', ").push_bind(tenant);
    sql.push(
        "::text || '.' || (b >> 6)::text || ':'), '@', (b & 63)::text || ''''), '|')::tsquery \
         FROM generate_series(greatest((n.number >> 11) - s.until, 0), \
         (n.number >> 11) - s.since) b) AS asked, n.number - 63 AS below \
         FROM newest n CROSS JOIN (VALUES (0, 0), (1, 1), (2, 3), (4, 7), (8, 15)) s (since, until) \
         UNION ALL SELECT replace(replace(",
    );
    sql.push_bind(phrase.lexemes.clone());
    sql.push(", '#', ").push_bind(tenant);
    sql.push(
        "::text || '.' || r.region::text || ':'), '@', ''':*')::tsquery, \
         least(((n.number >> 11) - 15) << 11, n.number - 63) FROM newest n CROSS JOIN regions r \
         WHERE r.region << 17 < ((n.number >> 11) - 15) << 11)",
    );
}
