//! What PostgreSQL's index of words must not get wrong: long texts, far numbers, other languages.

use std::time::Duration;

use ticket_core::authority::{Reach, TeamReach};
use ticket_core::port::{Inventory, StoreError, TicketRepository, TicketSearch};
use ticket_core::query::{Cursor, PageRequest, Query, SortKey, Test, normalize};
use ticket_core::value::{TenantId, TicketNumber};
use ticket_postgres::{Language, PostgresTenant};

use crate::plans;
use crate::world::World;

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);

async fn open(desk: &PostgresTenant, number: u64, text: &str) {
    let number = TicketNumber::new(number).expect("a number");
    let plan = plans::open(number, text);
    desk.commit(&plan, None).await.expect("committed");
}

fn asked(words: &str) -> Query {
    Query::all().and(Test::Text(normalize(words)))
}

/// The numbers of all tickets that a query finds, page by page.
async fn found(desk: &PostgresTenant, query: &Query, limit: u16) -> Vec<u64> {
    let (mut numbers, mut after): (Vec<u64>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = PageRequest { limit, after };
        let page = desk.find(query, &EVERYTHING, &page).await.expect("found");
        numbers.extend(page.rows.iter().map(|own| own.number.get()));
        match page.next {
            Some(next) => after = Some(next),
            None => return numbers,
        }
    }
}

async fn finds(desk: &PostgresTenant, words: &str) -> bool {
    found(desk, &asked(words), 10).await == [1]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_is_found_wherever_a_long_text_is_cut() {
    let Some(world) = World::new() else {
        return;
    };
    // It is not about deadlines.
    let options = world.options().deadline(Duration::from_secs(30));
    let store = options.connect().await.expect("a store");
    let desk = store.tenant(TenantId::default());
    // More different words than one row can hold, and many times the same ones between them.
    let words: Vec<String> = (0..90_000).map(|at| format!("w{at} the")).collect();
    open(&desk, 1, &words.join(" ")).await;
    let pieces = world.number("SELECT count(*) FROM public_words").await;
    assert!(pieces > 4, "{pieces}");
    for at in (0..89_000).step_by(4_999) {
        assert!(finds(&desk, &words[at..at + 40].join(" ")).await, "{at}");
    }
    assert!(finds(&desk, &words[89_999]).await, "the last word");
    let wrong = format!("{} {}", words[40_000], words[40_002]);
    assert!(!finds(&desk, &wrong).await, "not one after the other");
    // Longer than what two pieces have in common, and than one piece.
    for length in [5_000, 30_000] {
        let long = words[20_000..20_000 + length].join(" ");
        assert!(finds(&desk, &long).await, "{length} words");
        assert!(!finds(&desk, &format!("{long} x")).await);
    }
    assert_eq!(desk.strays().await.expect("read"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_found_however_far_their_numbers_are() {
    let Some(world) = World::new() else {
        return;
    };
    let desk = world.desk().await;
    let other = world.store().await.tenant(TenantId::new(1));
    // Both sides of each border between blocks and regions, and large gaps.
    let mut numbers = vec![
        1, 2, 127, 128, 129, 2_047, 2_048, 2_049, 17_000, 32_767, 32_768, 34_815,
    ];
    numbers.extend([131_071, 131_072, 131_073, 262_143, 262_144, 9_000_000]);
    numbers.extend([1_000_000_000_000, 1_000_000_000_001, u64::MAX >> 8]);
    for number in &numbers {
        open(&desk, *number, "A jam of paper.").await;
        open(&other, *number, "Nothing.").await;
    }
    let mut newest = numbers.clone();
    newest.reverse();
    for limit in [1, 3, 100] {
        assert_eq!(found(&desk, &asked("jam of"), limit).await, newest);
    }
    let oldest = asked("paper").sorted(SortKey::Number, false);
    assert_eq!(found(&desk, &oldest, 4).await, numbers);
    assert_eq!(found(&other, &asked("paper"), 4).await, [0; 0]);
    let count = desk.count(&asked("paper"), &EVERYTHING, 100).await;
    assert_eq!(count.expect("counted"), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_another_language_is_refused_until_it_is_rebuilt() {
    let Some(world) = World::new() else {
        return;
    };
    let desk = world.desk().await;
    open(&desk, 1, "The printers were jammed.").await;
    assert!(!finds(&desk, "printer jamming").await, "words as they are");
    let english = world.options().language(Language::English);
    let refused = english.connect().await.expect_err("another language");
    assert!(matches!(refused, StoreError::Backend { .. }), "{refused:?}");
    assert!(refused.to_string().contains("english"), "{refused}");

    english.rebuild_search().await.expect("rebuilt");
    let store = english.connect().await.expect("opened");
    let desk = store.tenant(TenantId::default());
    assert!(finds(&desk, "printer").await);
    assert!(finds(&desk, "were jamming").await, "stems in their order");
    assert!(!finds(&desk, "jam printer").await);
    let best = asked("printing").sorted(SortKey::Relevance, true);
    assert_eq!(found(&desk, &best, 9).await, [0; 0], "another stem");
    assert_eq!(desk.strays().await.expect("read"), []);
    let plain = world.options().connect().await;
    assert!(plain.is_err(), "the old language is refused now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_is_kept_however_a_database_is_opened() {
    let Some(world) = World::new() else {
        return;
    };
    let english = world.options().language(Language::English);
    let store = english.connect_without_migrating().await.expect("a store");
    store.migrate().await.expect("migrated");
    let desk = store.tenant(TenantId::default());
    open(&desk, 1, "The printers were jammed.").await;
    for refused in [
        world.options().connect().await,
        world.options().connect_without_migrating().await,
    ] {
        let error = refused.expect_err("another language");
        assert!(error.to_string().contains("english"), "{error}");
    }
    english.connect_without_migrating().await.expect("the same");
}
