//! Pages hold each ticket once, also while tickets come.

use std::collections::BTreeSet;

use super::StoreHarness;
use super::author::Author;
use super::expect::{read, store};
use super::maker::Maker;
use super::questions::{due_answer, list, page, populate};
use crate::authority::{CustomerReach, Reach, TeamReach};
use crate::query::{Cursor, Query, SortKey, sort_value};
use crate::ticket::Ticket;
use crate::value::TicketId;

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);
const KEYS: [SortKey; 5] = [
    SortKey::Number,
    SortKey::Created,
    SortKey::Updated,
    SortKey::Priority,
    SortKey::Due,
];

fn reaches() -> [Reach; 2] {
    let participant = read("ada");
    let organization = Some(read("acme"));
    let customer = CustomerReach {
        participant,
        organization,
    };
    [EVERYTHING, Reach::Customer(customer)]
}

/// Every order of a list.
fn orders() -> impl Iterator<Item = Query> {
    let both = KEYS.map(|key| [false, true].map(|down| Query::all().sorted(key, down)));
    both.into_iter().flatten()
}

pub(super) async fn pages_are_in_order_without_gaps<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(21);
    let seen = populate(&*store, &mut author, 100).await;
    for query in orders() {
        for reach in &reaches() {
            let due = due_answer(&seen, &query, reach);
            for limit in [1, 7, 100] {
                let found = list(&*store, &query, reach, limit).await;
                assert_eq!(found, due, "{query:?} {reach:?} by {limit}");
            }
        }
    }
}

pub(super) async fn the_last_page_says_so<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let empty = page(&*store, &Query::all(), &EVERYTHING, 10, None).await;
    assert_eq!((empty.rows, empty.next), (Vec::new(), None));
    for number in 1..=6 {
        let plan = make.open(number).plan();
        store.commit(&plan, None).await.expect("committed");
    }
    for query in orders() {
        for (limit, rows, more) in [(5, 5, true), (6, 6, false), (7, 6, false), (0, 1, true)] {
            let first = page(&*store, &query, &EVERYTHING, limit, None).await;
            assert_eq!(first.rows.len(), rows, "{query:?} by {limit}");
            assert_eq!(first.next.is_some(), more, "{query:?} by {limit}");
        }
    }
}

pub(super) async fn a_page_holds_a_hundred_at_most<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for number in 1..=101 {
        let plan = make.open(number).plan();
        store.commit(&plan, None).await.expect("committed");
    }
    let first = page(&*store, &Query::all(), &EVERYTHING, u16::MAX, None).await;
    assert_eq!(first.rows.len(), 100);
    let rest = page(&*store, &Query::all(), &EVERYTHING, u16::MAX, first.next).await;
    assert_eq!((rest.rows.len(), rest.next), (1, None));
}

pub(super) async fn a_cursor_names_the_last_row<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(22);
    populate(&*store, &mut author, 60).await;
    for query in orders() {
        for reach in &reaches() {
            let first = page(&*store, &query, reach, 3, None).await;
            let Some(next) = first.next else { continue };
            let last = first.rows.last().expect("a row");
            let value = sort_value(query.sort, last, reach.level());
            let due = Cursor {
                sort: query.sort,
                value,
                number: last.number,
            };
            assert_eq!(next, due, "{query:?}");
            let text = next.to_string();
            assert_eq!(text.parse(), Ok(next), "it survives as text");
        }
    }
}

pub(super) async fn pages_stay_stable_while_tickets_come<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(23);
    populate(&*store, &mut author, 60).await;
    for query in orders() {
        let before: BTreeSet<TicketId> = author.tickets().iter().map(|own| own.id).collect();
        let mut rows: Vec<Ticket> = Vec::new();
        let mut after = None;
        loop {
            let page = page(&*store, &query, &EVERYTHING, 9, after).await;
            rows.extend(page.rows);
            let Some(next) = page.next else { break };
            after = Some(next);
            assert!(rows.len() < 5_000, "the list has no end");
            if rows.len() < 60 {
                let plan = author.open();
                store.commit(&plan, None).await.expect("committed");
            }
        }
        let ids: BTreeSet<TicketId> = rows.iter().map(|own| own.id).collect();
        assert_eq!(ids.len(), rows.len(), "none repeats: {query:?}");
        assert!(ids.is_superset(&before), "none is hidden: {query:?}");
        let level = EVERYTHING.level();
        let place = |own: &Ticket| (sort_value(query.sort, own, level), own.number);
        let in_order = rows.is_sorted_by(|one, two| {
            if query.sort.descending {
                place(one) > place(two)
            } else {
                place(one) < place(two)
            }
        });
        assert!(in_order, "{query:?}");
    }
}
