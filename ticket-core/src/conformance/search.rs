//! A list holds what its query says, within reach of who asks.

use std::collections::BTreeSet;

use super::StoreHarness;
use super::author::Author;
use super::expect::{nothing_strays, read, store};
use super::maker::Maker;
use super::questions::{KINDS, due_answer, list, populate, query, reach, test};
use super::vocabulary::STATUSES;
use crate::authority::{CustomerReach, Level, Reach, TeamReach};
use crate::field::FieldValue;
use crate::port::Store;
use crate::query::{Comparison, DueTest, Query, SortKey, Test, normalize};
use crate::ticket::{Event, Side, Ticket};
use crate::workflow::Category;

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);

fn ada() -> Reach {
    Reach::Customer(CustomerReach {
        participant: read("ada"),
        organization: None,
    })
}

async fn count(store: &dyn Store, query: &Query, reach: &Reach, at_most: u32) -> u32 {
    let count = store.count(query, reach, at_most).await;
    count.expect("counted")
}

pub(super) async fn every_test_means_what_it_says<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(11);
    let seen = populate(&*store, &mut author, 120).await;
    let chance = &mut author.chance;
    let mut told_apart = BTreeSet::new();
    for kind in 0..KINDS {
        for _ in 0..12 {
            let test = test(chance, kind, &seen);
            let plain = Query::all().and(test.clone());
            let negated = Query::all().and_not(test);
            for query in [plain, negated] {
                let due = due_answer(&seen, &query, &EVERYTHING);
                let found = list(&*store, &query, &EVERYTHING, 100).await;
                assert_eq!(numbers(&found), numbers(&due), "{query:?}");
                assert_eq!(found, due);
                if !due.is_empty() && due.len() < seen.len() {
                    told_apart.insert(kind);
                }
            }
        }
    }
    assert_eq!(told_apart.len(), KINDS, "each kind tells tickets apart");
}

fn numbers(tickets: &[Ticket]) -> Vec<u64> {
    tickets.iter().map(|own| own.number.get()).collect()
}

pub(super) async fn conditions_hold_together<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(12);
    let seen = populate(&*store, &mut author, 120).await;
    for _ in 0..150 {
        let query = query(&mut author.chance, &seen);
        let due = due_answer(&seen, &query, &EVERYTHING);
        let found = list(&*store, &query, &EVERYTHING, 100).await;
        assert_eq!(numbers(&found), numbers(&due), "{query:?}");
    }
}

pub(super) async fn lists_and_counts_agree_with_single_tickets<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(13);
    let seen = populate(&*store, &mut author, 120).await;
    let chance = &mut author.chance;
    let mut levels = BTreeSet::new();
    for _ in 0..250 {
        let (query, reach) = (query(chance, &seen), reach(chance));
        let due = due_answer(&seen, &query, &reach);
        let found = list(&*store, &query, &reach, 100).await;
        assert_eq!(numbers(&found), numbers(&due), "{query:?} {reach:?}");
        let counted = count(&*store, &query, &reach, 1000).await;
        assert_eq!(usize::try_from(counted).ok(), Some(due.len()), "{query:?}");
        if !due.is_empty() {
            levels.insert(reach.level());
        }
    }
    assert_eq!(levels, BTreeSet::from([Level::Customer, Level::Team]));
}

pub(super) async fn counting_stops_at_its_bound<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for number in 1..=5 {
        let plan = make.open(number).plan();
        store.commit(&plan, None).await.expect("committed");
    }
    for (at_most, due) in [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5), (u32::MAX, 5)] {
        let query = Query::all();
        assert_eq!(count(&*store, &query, &EVERYTHING, at_most).await, due);
        let printers = query.and(Test::Text(normalize("printer")));
        assert_eq!(count(&*store, &printers, &ada(), at_most).await, due);
    }
}

pub(super) async fn a_customer_sees_on_hold_as_open<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for (number, (status, category)) in (1..).zip(STATUSES) {
        let mut opening = make.opening(number);
        opening.status = read(status);
        opening.category = category;
        let plan = make.begin(opening, "x").plan();
        store.commit(&plan, None).await.expect("committed");
    }
    let of = |category| Query::all().and(Test::Category(BTreeSet::from([category])));
    for (category, for_team, for_customer) in [
        (Category::Open, 2, 3),
        (Category::OnHold, 1, 0),
        (Category::Pending, 1, 1),
    ] {
        let query = of(category);
        assert_eq!(count(&*store, &query, &EVERYTHING, 9).await, for_team);
        assert_eq!(count(&*store, &query, &ada(), 9).await, for_customer);
        let rows = list(&*store, &query, &ada(), 9).await;
        assert_eq!(u32::try_from(rows.len()), Ok(for_customer));
    }
}

pub(super) async fn a_customer_does_not_search_notes<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).note("a secret giraffe").plan();
    let noted = make.change(&opened.ticket).note("it is stuck").plan();
    for plan in [&opened, &noted] {
        store.commit(plan, None).await.expect("committed");
    }
    for (words, for_team, for_customer) in [
        ("giraffe", 1, 0),
        ("stuck", 1, 1),
        ("printer jam", 1, 1),
        ("jam it is", 0, 0),
        ("stuck a secret", 0, 0),
    ] {
        let query = Query::all().and(Test::Text(normalize(words)));
        let found = count(&*store, &query, &EVERYTHING, 9).await;
        assert_eq!(found, for_team, "{words}");
        assert_eq!(count(&*store, &query, &ada(), 9).await, for_customer);
        let without = Query::all().and_not(Test::Text(normalize(words)));
        let found = count(&*store, &without, &ada(), 9).await;
        assert_eq!(found, 1 - for_customer, "not {words}");
    }
}

pub(super) async fn a_customer_sees_public_changes_only<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let first = make.open(1).plan();
    let second = make.open(2).plan();
    let noted = make.change(&first.ticket).note("n").plan();
    for plan in [&first, &second, &noted] {
        store.commit(plan, None).await.expect("committed");
    }
    let since = second.ticket.created_at;
    let changed = Query::all().and(Test::Updated(Comparison::Greater, since));
    assert_eq!(count(&*store, &changed, &EVERYTHING, 9).await, 1);
    assert_eq!(count(&*store, &changed, &ada(), 9).await, 0);
    let latest = Query::all().sorted(SortKey::Updated, true);
    let order = async |reach| numbers(&list(&*store, &latest, &reach, 1).await);
    assert_eq!(order(EVERYTHING).await, [1, 2]);
    assert_eq!(order(ada()).await, [2, 1], "a note moves nothing");

    let replied = make.change(&noted.ticket).reply(Side::Team, "r").plan();
    store.commit(&replied, None).await.expect("committed");
    assert_eq!(order(ada()).await, [1, 2]);
}

pub(super) async fn a_customer_asks_nothing_for_the_team<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(14);
    let seen = populate(&*store, &mut author, 40).await;
    for kind in 0..KINDS {
        let test = test(&mut author.chance, kind, &seen);
        if !test.is_for_team() {
            continue;
        }
        for query in [Query::all().and(test.clone()), Query::all().and_not(test)] {
            assert_eq!(list(&*store, &query, &ada(), 9).await, [], "{query:?}");
            assert_eq!(count(&*store, &query, &ada(), 9).await, 0);
        }
    }
    for key in [SortKey::Priority, SortKey::Due] {
        let query = Query::all().sorted(key, false);
        assert_eq!(list(&*store, &query, &ada(), 9).await, []);
    }
    assert_ne!(list(&*store, &Query::all(), &ada(), 9).await, []);
}

pub(super) async fn what_the_clock_makes_due_is_found<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(15);
    let seen = populate(&*store, &mut author, 150).await;
    let mut hits = 0;
    for turn in 0..60 {
        let now = author.chance.one(&seen).ticket.status_since;
        let now = now.plus(std::time::Duration::from_secs(86_400) * (turn % 12));
        let queues = author.chance.one(&seen).ticket.queue.clone();
        let (status, _) = author.chance.pick(&STATUSES);
        let in_status = DueTest::InStatus {
            status: read(status),
            queues: BTreeSet::from([queues, read("billing")]),
            since: now,
        };
        let tests = match turn % 3 {
            0 => vec![DueTest::SnoozeOver],
            1 => vec![in_status],
            _ => vec![in_status, DueTest::SnoozeOver],
        };
        let holds = |ticket: &Ticket| tests.iter().any(|test| test.holds(ticket, now));
        let due: BTreeSet<_> = seen
            .iter()
            .filter(|seen| holds(&seen.ticket))
            .map(|seen| seen.ticket.id)
            .collect();
        let found = store.due(&tests, now, 1000).await.expect("found");
        assert_eq!(found.len(), due.len(), "each once");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), due);
        let some = store.due(&tests, now, 2).await.expect("found");
        assert_eq!(some.len(), due.len().min(2));
        assert!(some.iter().all(|id| due.contains(id)));
        hits += due.len();
    }
    assert!(hits > 0, "some are due");
    let none = store.due(&[], author.make.now(), 10).await.expect("found");
    assert_eq!(none, []);
}

pub(super) async fn a_search_follows_each_change<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).plan();
    store.commit(&opened, None).await.expect("committed");
    let retitled = make
        .change(&opened.ticket)
        .event(Event::Retitled {
            from: opened.ticket.subject.clone(),
            to: read("Café \u{6771}\u{4eac}"),
        })
        .plan();
    store.commit(&retitled, None).await.expect("committed");
    for (words, due) in [
        ("printer jam", 0),
        ("CAFE", 1),
        ("\u{4eac}", 1),
        ("stuck", 1),
    ] {
        let query = Query::all().and(Test::Text(normalize(words)));
        let found = count(&*store, &query, &ada(), 9).await;
        assert_eq!(found, due, "{words}");
    }
}

pub(super) async fn long_values_of_fields_are_told_apart<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let long = |end: &str| "\u{6771}".repeat(999) + end;
    let site = |end: &str| format!("https://example.org/{}{end}", "a".repeat(1_900));
    let mut values = Vec::new();
    for (number, end) in (1..).zip(["1", "2"]) {
        let mut opening = make.opening(number);
        for (key, value) in [
            ("device", FieldValue::Text(long(end))),
            ("site", FieldValue::Link(site(end))),
        ] {
            values.push((number, key, value.terms().swap_remove(0)));
            opening.fields.insert(read(key), value);
        }
        let plan = make.begin(opening, "x").plan();
        store.commit(&plan, None).await.expect("committed");
    }
    for (number, key, term) in values {
        let test = Test::Field(read(key), Comparison::Equal, term);
        let found = list(&*store, &Query::all().and(test), &EVERYTHING, 9).await;
        assert_eq!(numbers(&found), [number], "{key}");
    }
    nothing_strays(&*store).await;
}
