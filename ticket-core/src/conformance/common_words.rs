//! Words that very many texts have: the same answers, by whatever shorter way a store takes.

use std::collections::BTreeSet;

use super::StoreHarness;
use super::expect::{read, store};
use super::maker::Maker;
use super::questions::{Seen, due_answer, list, page};
use crate::authority::{CustomerReach, Reach, TeamReach};
use crate::port::Store;
use crate::query::{Query, Searchable, SortKey, Test, normalize};
use crate::ticket::{Side, Ticket};
use crate::workflow::Category;

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);
/// More texts than a store may want to look at in one go.
const TICKETS: u64 = 450;

fn having(words: &str) -> Query {
    Query::all().and(Test::Text(normalize(words)))
}

fn without(query: Query, words: &str) -> Query {
    query.and_not(Test::Text(normalize(words)))
}

fn numbers(tickets: &[Ticket]) -> Vec<u64> {
    tickets.iter().map(|own| own.number.get()).collect()
}

/// Tickets of which nearly all have `alpha` in three texts, and some more words.
async fn populate(store: &dyn Store, make: &mut Maker) -> Vec<Seen> {
    let mut seen = Vec::new();
    for count in 1..=TICKETS {
        // Gaps between numbers are usual.
        let number = count * 3 + if count > 200 { 100_000 } else { 0 };
        let mut opening = make.opening(number);
        opening.requester = read(if count % 7 == 0 { "bob" } else { "ada" });
        opening.queue = read(if count % 5 == 0 { "billing" } else { "support" });
        if count % 40 == 3 {
            opening.tags.insert(read("vip"));
        }
        let word = if count % 10 == 0 { "omega" } else { "alpha" };
        let mut draft = make.begin(opening, &format!("An {word} beta."));
        if count % 3 == 0 {
            draft = draft.note("A gamma in a note, alpha.");
        }
        draft = draft.reply(Side::Team, &format!("The {word} again."));
        let rare = if count == 77 { " delta" } else { "" };
        let last = draft.reply(Side::Customer, &format!("{word} beta{rare}"));
        let plan = last.plan();
        store.commit(&plan, None).await.expect("committed");
        let thread = store.thread(plan.ticket.id).await.expect("read");
        let texts = Searchable::of(&plan.ticket, &thread);
        seen.push(Seen {
            ticket: plan.ticket,
            texts,
        });
    }
    seen
}

pub(super) async fn common_words_are_paged_like_all_lists<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let seen = populate(&*store, &mut make).await;
    let queries = [
        having("alpha"),
        having("alpha").and(Test::Text(normalize("beta"))),
        having("beta alpha"),
        having("alpha beta"),
        having("alpha").and(Test::Text(normalize("gamma"))),
        having("alpha").and(Test::Text(normalize("delta"))),
        without(having("alpha"), "gamma"),
        without(having("beta"), "alpha"),
        without(Query::all(), "alpha"),
        having("alpha").and(Test::Queue([read("billing")].into())),
        having("alpha").and(Test::Category([Category::Closed].into())),
        having("alpha").and(Test::Tag([read("vip")].into())),
        having("beta").and_not(Test::Tag([read("vip")].into())),
        having("alpha").and(Test::Requester([read("bob")].into())),
    ];
    let bob = Reach::Customer(CustomerReach {
        participant: read("bob"),
        organization: None,
    });
    let agent = Reach::Team(TeamReach::Queues {
        queues: [read("billing")].into(),
        assigned_to: None,
    });
    for query in queries {
        for (key, down) in [
            (SortKey::Number, true),
            (SortKey::Number, false),
            (SortKey::Updated, true),
        ] {
            let query = query.clone().sorted(key, down);
            for reach in [&EVERYTHING, &agent, &bob] {
                let due = numbers(&due_answer(&seen, &query, reach));
                let found = numbers(&list(&*store, &query, reach, 90).await);
                assert_eq!(found, due, "{query:?} {reach:?}");
                let count = store.count(&query, reach, 1_000).await.expect("counted");
                assert_eq!(usize::try_from(count), Ok(due.len()), "{query:?} {reach:?}");
            }
        }
    }
}

pub(super) async fn a_word_is_found_in_any_of_many_texts<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let other = make.open(2).plan();
    store.commit(&other, None).await.expect("committed");
    let mut ticket = make.open(1).plan();
    store.commit(&ticket, None).await.expect("committed");
    for count in 0..150 {
        let draft = make.change(&ticket.ticket);
        let draft = draft.reply(Side::Team, &format!("An alpha, word{count}."));
        ticket = draft.note(&format!("A note, hint{count}.")).plan();
        store.commit(&ticket, None).await.expect("committed");
    }
    let replied = make.change(&other.ticket).reply(Side::Team, "alpha").plan();
    store.commit(&replied, None).await.expect("committed");
    for words in ["word0", "word149", "hint0", "hint149"] {
        let found = list(&*store, &having(words), &EVERYTHING, 9).await;
        assert_eq!(numbers(&found), [1], "{words}");
    }
    for limit in [1, 9] {
        let found = list(&*store, &having("alpha"), &EVERYTHING, limit).await;
        assert_eq!(numbers(&found), [2, 1], "each once");
    }
}

pub(super) async fn pages_of_a_common_word_stay_stable_while_tickets_change<H: StoreHarness>(
    world: &H,
) {
    let (store, mut make) = (store(world).await, Maker::new());
    let seen = populate(&*store, &mut make).await;
    let mut tickets: Vec<Ticket> = seen.iter().map(|seen| seen.ticket.clone()).collect();
    for down in [true, false] {
        let query = having("alpha").sorted(SortKey::Number, down);
        let before = numbers(&list(&*store, &query, &EVERYTHING, 100).await);
        let (mut found, mut after, mut turn) = (Vec::new(), None, 0);
        loop {
            let part = page(&*store, &query, &EVERYTHING, 40, after).await;
            found.extend(numbers(&part.rows));
            let Some(next) = part.next else { break };
            after = Some(next);
            // Old and new tickets get more texts meanwhile, and one that had no such word gets it.
            for at in [turn, 200 + turn, tickets.len() - 1 - turn, 9 + 10 * turn] {
                let own = &mut tickets[at];
                let plan = make.change(own).reply(Side::Team, "alpha, alpha").plan();
                store.commit(&plan, None).await.expect("committed");
                *own = plan.ticket;
            }
            turn += 1;
            assert!(turn < 40, "the list has no end");
        }
        let each: BTreeSet<u64> = found.iter().copied().collect();
        assert_eq!(each.len(), found.len(), "none repeats");
        assert!(
            before.iter().all(|own| each.contains(own)),
            "none is hidden"
        );
        let in_order = found.is_sorted_by(|one, two| (one > two) == down);
        assert!(in_order, "{query:?}");
    }
}
