//! A ticket is the sum of its events, also in the store.

use super::StoreHarness;
use super::author::Author;
use super::expect::{nothing_strays, store, ticket};
use crate::decide::apply;
use crate::value::{TicketId, Version};

pub(super) async fn a_history_folds_to_its_ticket<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    for seed in 31..34 {
        let mut author = Author::starting_at(seed, seed * 1000);
        for _ in 0..80 {
            let plan = author.next();
            store.commit(&plan, None).await.expect("committed");
        }
        for known in author.tickets() {
            let history = store.history(known.id, None).await.expect("read");
            let folded = history.iter().fold(None, apply);
            let stored = ticket(&*store, known.id).await;
            assert_eq!(folded.as_ref(), Some(&stored), "replayed");
            assert_eq!(stored, known);
            let mut version = Version::new(0);
            let mut index = 0;
            for record in history {
                let begins = record.version == version.next() && record.index == 0;
                let goes_on = record.version == version && record.index == index;
                assert!(begins || goes_on, "no gap: {record:?}");
                (version, index) = (record.version, record.index + 1);
            }
        }
    }
    nothing_strays(&*store).await;
}

pub(super) async fn a_walk_meets_every_ticket_once<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let mut author = Author::new(35);
    for _ in 0..23 {
        let plan = author.open();
        store.commit(&plan, None).await.expect("committed");
    }
    let ids: Vec<TicketId> = author.tickets().iter().map(|own| own.id).collect();
    for limit in [1, 5, 23, 100] {
        let mut walked = Vec::new();
        let mut after = None;
        loop {
            let part = store.tickets_after(after, limit).await.expect("read");
            assert!(part.len() <= usize::from(limit));
            let Some(last) = part.last() else { break };
            after = Some(*last);
            walked.extend(part);
        }
        assert_eq!(walked, ids, "by id, {limit} at a time");
    }
}
