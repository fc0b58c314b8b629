//! A repeated request has one effect.

use futures_util::future::join_all;

use super::StoreHarness;
use super::expect::{is_conflict, is_there_already, maybe_ticket, nothing_strays, store, ticket};
use super::maker::{Maker, key};
use crate::plan::Receipt;

pub(super) async fn a_key_replays_its_receipt<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let plan = make.open(1).tell("ada").plan();
    let own = key("ada", "k1", "open");
    let first = store.commit(&plan, Some(&own)).await.expect("committed");
    assert_eq!(first, plan.receipt(), "the first one is not replayed");
    let changed = make.change(&plan.ticket).note("later").plan();
    store.commit(&changed, None).await.expect("committed");

    let replayed = Receipt {
        replayed: true,
        ..first
    };
    let again = make.open(2).tell("ada").plan();
    let second = store.commit(&again, Some(&own)).await.expect("answered");
    assert_eq!(second, replayed, "whatever the plan");
    let receipt = store.receipt(&own).await.expect("read");
    assert_eq!(receipt, Some(replayed));
    assert_eq!(maybe_ticket(&*store, again.ticket.id).await, None);
    assert_eq!(ticket(&*store, plan.ticket.id).await, changed.ticket);
    let notices = store.notices(plan.ticket.id).await.expect("read");
    assert_eq!(notices.len(), 1);
    nothing_strays(&*store).await;
}

pub(super) async fn a_key_of_another_request_is_refused<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let plan = make.open(1).plan();
    let own = key("ada", "k1", "open");
    store.commit(&plan, Some(&own)).await.expect("committed");
    let other = key("ada", "k1", "something else");
    let again = make.open(2).plan();
    is_there_already(&store.commit(&again, Some(&other)).await, "idempotency key");
    is_there_already(&store.receipt(&other).await, "idempotency key");
    assert_eq!(maybe_ticket(&*store, again.ticket.id).await, None);
}

pub(super) async fn a_key_is_looked_at_before_the_version<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).plan();
    store.commit(&opened, None).await.expect("committed");
    let changed = make.change(&opened.ticket).note("once").plan();
    let own = key("bob", "k1", "note");
    store.commit(&changed, Some(&own)).await.expect("committed");

    let again = store.commit(&changed, Some(&own)).await.expect("replayed");
    assert!(again.replayed, "the version is stale by its own commit");
    assert_eq!(again.posting, changed.receipt().posting);
    let other = key("bob", "k1", "another note");
    is_there_already(
        &store.commit(&changed, Some(&other)).await,
        "idempotency key",
    );
}

pub(super) async fn concurrent_commits_with_one_key_write_once<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let own = key("ada", "k1", "open");
    let plans: Vec<_> = (1..=8).map(|number| make.open(number).plan()).collect();
    let answers = join_all(plans.iter().map(|plan| store.commit(plan, Some(&own)))).await;
    let receipts: Vec<Receipt> = answers
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("all are answered");
    let written: Vec<&Receipt> = receipts.iter().filter(|own| !own.replayed).collect();
    assert_eq!(written.len(), 1, "one writes");
    for receipt in &receipts {
        let replayed = receipt.replayed;
        let expected = Receipt {
            replayed,
            ..written[0].clone()
        };
        assert_eq!(*receipt, expected, "and all get its answer");
    }
    let ids = store.tickets_after(None, 100).await.expect("read");
    assert_eq!(ids, [written[0].ticket]);
    nothing_strays(&*store).await;
}

pub(super) async fn equal_keys_of_two_scopes_do_not_meet<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for (number, scope, name) in [(1, "ada", "k"), (2, "bob", "k"), (3, "ad", "ak")] {
        let plan = make.open(number).plan();
        let own = key(scope, name, scope);
        let receipt = store.commit(&plan, Some(&own)).await.expect("committed");
        assert!(!receipt.replayed, "{scope}");
        let replayed = Receipt {
            replayed: true,
            ..receipt
        };
        assert_eq!(store.receipt(&own).await.expect("read"), Some(replayed));
    }
}

pub(super) async fn a_refused_commit_leaves_no_key<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).plan();
    store.commit(&opened, None).await.expect("committed");
    let changed = make.change(&opened.ticket).note("once").plan();
    store.commit(&changed, None).await.expect("committed");
    let stale = make.change(&opened.ticket).note("late").plan();
    let own = key("bob", "k1", "note");
    is_conflict(&store.commit(&stale, Some(&own)).await, 2);
    assert_eq!(store.receipt(&own).await.expect("read"), None);

    let fresh = make.change(&changed.ticket).note("late").plan();
    let receipt = store.commit(&fresh, Some(&own)).await.expect("committed");
    assert!(!receipt.replayed, "the same key works after planning again");
}
