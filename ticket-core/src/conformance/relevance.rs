//! The best first: which tickets are ranked, and what every ranking agrees on.

use std::collections::BTreeSet;

use super::StoreHarness;
use super::author::Author;
use super::expect::{read, store};
use super::maker::Maker;
use super::questions::{due_answer, list, page, populate, query, reach, test};
use crate::authority::{CustomerReach, Reach, TeamReach};
use crate::port::Store;
use crate::query::{Cursor, Query, RANKED_MAX, SortKey, Test, normalize};
use crate::ticket::{Side, Ticket};

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);
/// Which kind of test asks for words.
const WORDS: usize = 18;

fn ada() -> Reach {
    Reach::Customer(CustomerReach {
        participant: read("ada"),
        organization: None,
    })
}

/// Tickets with these words, each anywhere in its texts; the best first.
fn best(words: &[&str]) -> Query {
    let query = Query::all().sorted(SortKey::Relevance, true);
    let asked = words.iter().map(|word| Test::Text(normalize(word)));
    asked.fold(query, Query::and)
}

fn numbers(tickets: &[Ticket]) -> Vec<u64> {
    tickets.iter().map(|own| own.number.get()).collect()
}

/// Opens a ticket with a subject and some texts.
async fn open(store: &dyn Store, make: &mut Maker, number: u64, (subject, texts): (&str, &[&str])) {
    let mut opening = make.opening(number);
    opening.subject = read(subject);
    let (first, rest) = texts.split_first().expect("a text");
    let mut draft = make.begin(opening, first);
    for text in rest {
        draft = draft.reply(Side::Team, text);
    }
    store.commit(&draft.plan(), None).await.expect("committed");
}

pub(super) async fn better_hits_come_first<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let far = format!("gamma {} delta", "and more ".repeat(40));
    // The better of each two would be the later one by its number, if its rank were equal.
    let higher: [(&str, &[&str]); 2] = [("About alpha", &["It is alpha."]), ("x", &["An alpha."])];
    for (number, texts) in (1..).zip(higher) {
        open(&*store, &mut make, number, texts).await;
    }
    // The better of each two is the newer one, which is first when ranks are equal.
    let no_lower: [(&str, &[&str]); 10] = [
        ("x", &["A beta here."]),
        ("x", &["A beta here.", "A beta there.", "A beta here."]),
        ("x", &["A gamma.", "A delta."]),
        ("x", &["A gamma and a delta.", "A delta."]),
        ("x", &[&far]),
        ("x", &["gamma delta"]),
        ("x", &["An epsilon, once."]),
        ("x", &["An epsilon, twice an epsilon."]),
        ("x", &["zeta eta", "x"]),
        ("zeta eta", &["zeta eta", "x"]),
    ];
    for (number, texts) in (3..).zip(no_lower) {
        open(&*store, &mut make, number, texts).await;
    }
    for (words, due) in [
        (&["alpha"][..], &[1, 2][..]),
        (&["beta"], &[4, 3]),
        (&["epsilon"], &[10, 9]),
        (&["zeta eta"], &[12, 11]),
    ] {
        let found = list(&*store, &best(words), &EVERYTHING, 1).await;
        assert_eq!(numbers(&found), due, "{words:?}");
    }
    let found = numbers(&list(&*store, &best(&["gamma", "delta"]), &EVERYTHING, 9).await);
    let place = |number: u64| found.iter().position(|own| *own == number);
    assert_eq!(found.len(), 4);
    assert!(place(6) < place(5), "together before apart");
    assert!(place(8) < place(7), "beside each other before far from it");
}

pub(super) async fn of_equal_ranks_the_newest_is_first<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for number in [1, 3, 2, 4] {
        open(&*store, &mut make, number, ("A jam", &["It is stuck."])).await;
    }
    for limit in 1..=4 {
        let found = list(&*store, &best(&["jam"]), &EVERYTHING, limit).await;
        assert_eq!(numbers(&found), [4, 3, 2, 1], "by {limit}");
    }
}

pub(super) async fn the_newest_that_match_are_ranked<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let ranked = u64::try_from(RANKED_MAX).expect("a number");
    let (mut matching, mut number) = (Vec::new(), 0);
    while matching.len() < RANKED_MAX + 3 {
        number += 1;
        let mut opening = make.opening(number);
        opening.subject = read(if number <= 20 { "Paper jam" } else { "x" });
        let is_other = number % 10 == 0;
        opening.queue = read(if is_other { "billing" } else { "support" });
        if !is_other {
            matching.push(number);
        }
        let plan = make.begin(opening, "A jam.").plan();
        store.commit(&plan, None).await.expect("committed");
    }
    let due: BTreeSet<u64> = matching.split_off(3).into_iter().collect();
    let query = best(&["jam"]).and(Test::Queue([read("support")].into()));
    let narrow = Reach::Team(TeamReach::Queues {
        queues: [read("support")].into(),
        assigned_to: None,
    });
    for (query, reach) in [(&query, &EVERYTHING), (&best(&["jam"]), &narrow)] {
        let found = numbers(&list(&*store, query, reach, 99).await);
        assert_eq!(found.len(), RANKED_MAX, "each once");
        assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), due);
        let better = found.iter().take_while(|own| **own <= 20);
        assert_eq!(better.count(), 15, "those with it in the subject are first");
        let count = store.count(query, reach, 1000).await.expect("counted");
        assert_eq!(u64::from(count), ranked + 3, "a count knows of all");
    }
}

pub(super) async fn notes_do_not_move_what_a_customer_sees<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut tickets = Vec::new();
    for number in 1..=6 {
        let mut opening = make.opening(number);
        opening.subject = read(if number % 3 == 0 { "Paper jam" } else { "x" });
        let plan = make.begin(opening, "A jam of paper.").plan();
        store.commit(&plan, None).await.expect("committed");
        tickets.push(plan.ticket);
    }
    let query = best(&["jam", "paper"]);
    let (before, own) = (walk(&*store, &query, &ada()).await, tickets[0].clone());
    let mut draft = make.change(&own);
    for _ in 0..5 {
        draft = draft.note("Paper jam: jam, jam, paper jam.");
    }
    store.commit(&draft.plan(), None).await.expect("committed");
    for ticket in &tickets[1..4] {
        let noted = make.change(ticket).note("Nothing of it.").plan();
        store.commit(&noted, None).await.expect("committed");
    }
    let after = walk(&*store, &query, &ada()).await;
    assert_eq!(before, after, "neither the order nor the cursors");
    let by_team = list(&*store, &query, &EVERYTHING, 9).await;
    assert_eq!(by_team.len(), 6);
}

/// The numbers and cursors of all pages of one ticket each.
async fn walk(store: &dyn Store, query: &Query, reach: &Reach) -> Vec<(u64, Option<Cursor>)> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let one = page(store, query, reach, 1, after).await;
        let number = one.rows.first().map_or(0, |own| own.number.get());
        seen.push((number, one.next));
        assert!(seen.len() < 1_000, "the list has no end");
        match one.next {
            Some(next) => after = Some(next),
            None => return seen,
        }
    }
}

pub(super) async fn other_tickets_move_no_rank<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for number in 1..=12 {
        let subject = ["Paper jam", "A jam", "x"][usize::try_from(number % 3).expect("small")];
        open(&*store, &mut make, number, (subject, &["A paper jam."])).await;
    }
    let query = best(&["jam", "paper"]);
    let before = walk(&*store, &query, &EVERYTHING).await;
    let (mut seen, mut after, mut number) = (Vec::new(), None, 100);
    loop {
        let one = page(&*store, &query, &EVERYTHING, 2, after).await;
        seen.extend(numbers(&one.rows).into_iter().filter(|own| *own <= 12));
        let Some(next) = one.next else { break };
        let own = before.iter().find(|(own, _)| *own == next.number.get());
        if let Some((_, Some(cursor))) = own {
            assert_eq!(next.value, cursor.value, "the rank of {}", next.number);
        }
        after = Some(next);
        for _ in 0..3 {
            number += 1;
            open(
                &*store,
                &mut make,
                number,
                ("Jam", &["Jam, jam, jam.", "x"]),
            )
            .await;
        }
        assert!(number < 1_000, "the list has no end");
    }
    let due: Vec<u64> = before.into_iter().map(|(own, _)| own).collect();
    assert_eq!(seen, due, "none repeats, none is hidden");
}

pub(super) async fn relevance_lists_what_matches<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(31);
    let seen = populate(&*store, &mut author, 120).await;
    let mut hits = 0;
    for turn in 0..200 {
        let chance = &mut author.chance;
        let words = test(chance, WORDS, &seen);
        let mut query = query(chance, &seen).and(words);
        query.sort.key = SortKey::Relevance;
        let reach = reach(chance);
        let of_all = due_answer(&seen, &query, &reach);
        let due: BTreeSet<u64> = numbers(&of_all).into_iter().collect();
        let found = numbers(&list(&*store, &query, &reach, [1, 7, 100][turn % 3]).await);
        assert_eq!(found.len(), due.len(), "each once: {query:?} {reach:?}");
        let found: BTreeSet<u64> = found.into_iter().collect();
        assert_eq!(found, due, "{query:?} {reach:?}");
        hits += found.len();
    }
    assert!(hits > 100, "words are found: {hits}");
}

pub(super) async fn an_order_that_cannot_be_had_finds_nothing<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    open(&*store, &mut make, 1, ("A jam", &["It is stuck."])).await;
    let relevance = Query::all().sorted(SortKey::Relevance, true);
    let wrong = [
        relevance.clone(),
        relevance.clone().and(Test::Text(Vec::new())),
        relevance.and_not(Test::Text(normalize("paper"))),
        best(&["jam"]).sorted(SortKey::Relevance, false),
    ];
    for query in wrong {
        for reach in [EVERYTHING, ada()] {
            assert_eq!(list(&*store, &query, &reach, 9).await, [], "{query:?}");
            let count = store.count(&query, &reach, 9).await.expect("counted");
            assert_eq!(count, 0, "{query:?}");
        }
    }
    assert_eq!(list(&*store, &best(&["jam"]), &ada(), 9).await.len(), 1);
}
