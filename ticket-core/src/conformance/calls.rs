//! Calls of webhooks are handed out in order for each ticket, and apart for each webhook.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::StoreHarness;
use super::expect::{is_there_already, read, store};
use super::maker::Maker;
use crate::plan::Plan;
use crate::port::{CallSettlement, CallState, CallStatus, ClaimedCall, Fence, Store};
use crate::value::{CallId, Timestamp, WebhookKey};
use crate::webhook::Attempt;

const LEASE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_micros(1);

/// Claims for each of these webhooks up to `most`.
async fn claim(
    store: &dyn Store,
    now: Timestamp,
    webhooks: &[&str],
    most: u16,
) -> Vec<ClaimedCall> {
    let wanted: Vec<(WebhookKey, u16)> = webhooks.iter().map(|key| (read(key), most)).collect();
    let claimed = store.claim_calls(now, LEASE, &wanted).await;
    claimed.expect("claimed")
}

async fn claim_one(store: &dyn Store, now: Timestamp, webhook: &str) -> ClaimedCall {
    let mut claimed = claim(store, now, &[webhook], 10).await;
    assert_eq!(claimed.len(), 1, "one is due: {claimed:?}");
    claimed.remove(0)
}

async fn settle(store: &dyn Store, claimed: &ClaimedCall, settlement: &CallSettlement) -> bool {
    let settled = store.settle_call(claimed.call.id, claimed.fence, settlement);
    settled.await.expect("answered")
}

async fn status(store: &dyn Store, id: CallId) -> CallStatus {
    let status = store.call(id).await.expect("read");
    status.expect("the call is there")
}

fn ids(claimed: &[ClaimedCall]) -> BTreeSet<CallId> {
    claimed.iter().map(|own| own.call.id).collect()
}

const fn delivered(at: Timestamp) -> CallSettlement {
    CallSettlement::Delivered {
        at,
        log: Vec::new(),
    }
}

const fn retry(at: Timestamp) -> CallSettlement {
    CallSettlement::Retry {
        at,
        log: Vec::new(),
    }
}

fn dead(error: &str) -> CallSettlement {
    CallSettlement::Dead {
        error: error.to_owned(),
        log: Vec::new(),
    }
}

fn failure(at: Timestamp) -> Attempt {
    Attempt {
        at,
        took_millis: 15_000,
        status: None,
        error: Some("no answer in 15 s: \u{1f4a4}".to_owned()),
    }
}

async fn commit(store: &dyn Store, plans: &[&Plan]) {
    for plan in plans {
        store.commit(plan, None).await.expect("committed");
    }
}

/// Opens ticket 1 with a call to each of these webhooks.
async fn tell_each(store: &dyn Store, make: &mut Maker, webhooks: &[&str]) -> Plan {
    let draft = webhooks
        .iter()
        .fold(make.open(1), |draft, key| draft.call(key));
    let plan = draft.plan();
    commit(store, &[&plan]).await;
    plan
}

pub(super) async fn a_commit_puts_its_calls_in<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).call("crm").call("chat").plan();
    let other = make.open(2).call("crm").plan();
    let changed = make.change(&opened.ticket).note("n").call("crm").plan();
    commit(&*store, &[&opened, &other, &changed]).await;
    let found = store.calls(opened.ticket.id).await.expect("read");
    let calls: Vec<_> = found.iter().map(|own| own.call.clone()).collect();
    let expected = [&opened.calls[..], &changed.calls[..]].concat();
    assert_eq!(calls, expected, "the oldest first, byte for byte");
    for own in found {
        let due = own.call.created_at;
        assert_eq!(own.state, CallState::Waiting { due });
        assert_eq!((own.attempts, &own.log), (0, &Vec::new()));
        assert_eq!(store.call(own.call.id).await.expect("read"), Some(own));
    }
    let stale = make.change(&opened.ticket).note("n").call("crm").plan();
    assert!(store.commit(&stale, None).await.is_err());
    assert_eq!(store.call(stale.calls[0].id).await.expect("read"), None);
}

pub(super) async fn a_webhook_hears_of_a_ticket_in_order<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).call("crm").call("chat").plan();
    let second = make.change(&opened.ticket).note("n").call("crm").plan();
    let third = make.change(&second.ticket).note("n").call("crm").plan();
    let other = make.open(2).call("crm").plan();
    commit(&*store, &[&opened, &second, &third, &other]).await;
    let now = make.tick();
    let mut first = claim(&*store, now, &["crm"], 10).await;
    first.sort_by_key(|own| own.call.id);
    let due = BTreeSet::from([opened.calls[0].id, other.calls[0].id]);
    assert_eq!(ids(&first), due, "another ticket does not wait");
    assert_eq!(claim(&*store, now, &["crm"], 10).await, [], "one is out");
    assert!(settle(&*store, &first[1], &delivered(now)).await);

    let at = now.plus(LEASE * 5);
    assert!(settle(&*store, &first[0], &retry(at)).await);
    assert_eq!(claim(&*store, now, &["crm"], 10).await, [], "one waits");
    let again = claim_one(&*store, at, "crm").await;
    assert_eq!(again.call.id, opened.calls[0].id);
    assert!(settle(&*store, &again, &dead("410")).await);
    let next = claim_one(&*store, at, "crm").await;
    assert_eq!(next.call, second.calls[0], "its turn has come");
    assert!(settle(&*store, &next, &delivered(at)).await);
    assert_eq!(claim_one(&*store, at, "crm").await.call, third.calls[0]);
    let chat = claim_one(&*store, now, "chat").await;
    assert_eq!(chat.call, opened.calls[1], "another webhook did not wait");
}

pub(super) async fn a_webhook_that_is_down_holds_up_no_other<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut down = BTreeSet::new();
    for number in 1..=9 {
        let plan = make.open(number).call("down").plan();
        commit(&*store, &[&plan]).await;
        down.insert(plan.calls[0].id);
    }
    let last = make.open(10).call("down").call("up").plan();
    commit(&*store, &[&last]).await;
    let now = make.tick();
    let up = claim(&*store, now, &["up"], 4).await;
    assert_eq!(ids(&up), BTreeSet::from([last.calls[1].id]));
    assert!(settle(&*store, &up[0], &retry(now)).await);
    let both = claim(&*store, now, &["down", "up", "nobody"], 4).await;
    assert_eq!(both.len(), 5, "four of one and one of the other");
    assert!(both.iter().any(|own| own.call == last.calls[1]));
    let oldest = ids(&both);
    let oldest: Vec<_> = down.iter().filter(|id| oldest.contains(id)).collect();
    assert_eq!(oldest, down.iter().take(4).collect::<Vec<_>>());
    assert_eq!(claim(&*store, now, &[], 4).await, []);
    assert_eq!(claim(&*store, now, &["down"], 0).await, []);
}

pub(super) async fn claimers_get_different_calls<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for number in 1..=24 {
        let plan = make.open(number).call("crm").plan();
        commit(&*store, &[&plan]).await;
    }
    for claimers in [2, 8] {
        let now = make.tick();
        let claims = join_all((0..claimers).map(|_| claim(&*store, now, &["crm"], 5))).await;
        let claimed: Vec<CallId> = claims.iter().flatten().map(|own| own.call.id).collect();
        let different: BTreeSet<CallId> = claimed.iter().copied().collect();
        assert_eq!(different.len(), claimed.len(), "each gets different ones");
        for claim in claims.iter().flatten() {
            assert!(settle(&*store, claim, &retry(now)).await);
        }
    }
    let rest = claim(&*store, make.now(), &["crm"], 100).await;
    assert_eq!(rest.len(), 24, "none is lost");
}

pub(super) async fn a_call_is_not_due_before_its_time<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    tell_each(&*store, &mut make, &["crm"]).await;
    let now = make.now();
    let early = claim(&*store, now.minus(MOMENT), &["crm"], 9).await;
    assert_eq!(early, [], "not before it was made");
    let first = claim_one(&*store, now, "crm").await;
    assert_eq!((first.attempt, &first.log), (1, &Vec::new()));
    let at = now.plus(Duration::from_secs(3600));
    let log = vec![failure(now)];
    let later = CallSettlement::Retry {
        at,
        log: log.clone(),
    };
    assert!(settle(&*store, &first, &later).await);
    let waiting = status(&*store, first.call.id).await;
    assert_eq!(waiting.state, CallState::Waiting { due: at });
    assert_eq!((waiting.attempts, &waiting.log), (1, &log));
    let early = claim(&*store, at.minus(MOMENT), &["crm"], 9).await;
    assert_eq!(early, []);
    let second = claim_one(&*store, at, "crm").await;
    assert_eq!((second.call, second.attempt), (first.call, 2));
    assert_eq!(second.log, log);
}

pub(super) async fn a_lost_lease_on_a_call_cannot_be_settled<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    tell_each(&*store, &mut make, &["crm"]).await;
    let now = make.tick();
    let slow = claim_one(&*store, now, "crm").await;
    let id = slow.call.id;
    let kept = now.plus(LEASE * 2);
    let underway = CallSettlement::Underway { until: kept };
    assert!(settle(&*store, &slow, &underway).await, "it is kept");
    let state = status(&*store, id).await.state;
    assert_eq!(state, CallState::Claimed { until: kept });
    let early = claim(&*store, kept.minus(MOMENT), &["crm"], 9).await;
    assert_eq!(early, [], "leased");

    let quick = claim_one(&*store, kept, "crm").await;
    assert!(quick.fence > slow.fence, "each claim has a larger fence");
    assert_eq!(quick.attempt, 2, "counted before it is made");
    for late in [&delivered(kept), &retry(kept), &dead("x"), &underway] {
        assert!(!settle(&*store, &slow, late).await, "it lost the lease");
    }
    assert!(settle(&*store, &quick, &delivered(kept)).await);
    let state = status(&*store, id).await.state;
    assert_eq!(state, CallState::Delivered { at: kept });
    let much_later = kept.plus(LEASE * 10);
    assert_eq!(claim(&*store, much_later, &["crm"], 9).await, []);
}

pub(super) async fn every_settlement_of_a_call_is_kept<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let plan = tell_each(&*store, &mut make, &["a", "b", "c", "d"]).await;
    let now = make.tick();
    let nothing = CallId::new(make.uuid());
    for (id, fence) in [(nothing, Fence(1)), (plan.calls[0].id, Fence(1))] {
        let settled = store.settle_call(id, fence, &delivered(now)).await;
        assert!(!settled.expect("answered"), "nobody claimed it");
    }
    let claims = claim(&*store, now, &["a", "b", "c", "d"], 9).await;
    let log = vec![failure(now), failure(now.plus(MOMENT))];
    let error = "the webhook is gone (410)".to_owned();
    let settlements = [
        CallSettlement::Delivered {
            at: now,
            log: log.clone(),
        },
        CallSettlement::Dead {
            error: error.clone(),
            log: log.clone(),
        },
        CallSettlement::Retry {
            at: now,
            log: log.clone(),
        },
        CallSettlement::GivenBack { at: now },
    ];
    let states = [
        (CallState::Delivered { at: now }, &log),
        (CallState::Dead { error }, &log),
        (CallState::Waiting { due: now }, &log),
        (CallState::Waiting { due: now }, &Vec::new()),
    ];
    for ((claimed, settlement), (state, log)) in claims.iter().zip(&settlements).zip(states) {
        assert!(settle(&*store, claimed, settlement).await);
        for second in &settlements {
            assert!(!settle(&*store, claimed, second).await, "settled already");
        }
        let found = status(&*store, claimed.call.id).await;
        assert_eq!((found.state, &found.log), (state, log));
        assert_eq!(found.attempts, 1);
    }
}

pub(super) async fn a_settled_call_can_be_made_again_out_of_order<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).call("crm").plan();
    let second = make.change(&opened.ticket).note("n").call("crm").plan();
    commit(&*store, &[&opened]).await;
    let requeue = async |id, at| store.requeue_call(id, at).await.expect("answered");
    let id = opened.calls[0].id;
    let now = make.tick();
    assert!(!requeue(id, now).await, "it waits");
    let old = claim_one(&*store, now, "crm").await;
    assert!(!requeue(id, now).await, "it is on its way");
    let log = vec![failure(now)];
    let failed = CallSettlement::Dead {
        error: "500".to_owned(),
        log: log.clone(),
    };
    assert!(settle(&*store, &old, &failed).await);
    commit(&*store, &[&second]).await;

    let later = now.plus(LEASE / 2);
    assert!(requeue(id, later).await);
    assert!(!requeue(id, later).await, "it waits already");
    assert!(!requeue(CallId::new(make.uuid()), later).await);
    let waiting = status(&*store, id).await;
    assert_eq!(waiting.state, CallState::Waiting { due: later });
    assert_eq!((waiting.attempts, &waiting.log), (0, &log));
    let next = claim_one(&*store, now, "crm").await;
    assert_eq!(next.call, second.calls[0], "it does not wait for the other");
    let again = claim_one(&*store, later, "crm").await;
    assert_eq!((again.call.id, again.attempt), (id, 1), "nor the other way");
    assert!(again.fence > old.fence, "fences go on growing");
    assert!(!settle(&*store, &old, &failed).await);
    assert!(settle(&*store, &again, &delivered(later)).await);
    assert!(requeue(id, later).await, "also what was delivered");
}

pub(super) async fn a_call_of_no_commit_keeps_no_order<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    make.tick();
    let [first, second] = ["{\"n\":1}", "{\"n\":2}"].map(|body| make.call("crm", None, body));
    for call in [&first, &second] {
        store.post_call(call).await.expect("posted");
    }
    is_there_already(&store.post_call(&first).await, "call");
    let claimed = claim(&*store, make.now(), &["crm"], 9).await;
    let calls: Vec<_> = claimed.iter().map(|own| own.call.clone()).collect();
    assert_eq!(calls, [first, second]);
}

pub(super) async fn what_waits_for_a_webhook_can_be_ended<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).call("off").call("on").plan();
    let changed = make.change(&opened.ticket).note("n").call("off").plan();
    let taken = make.open(2).call("off").plan();
    commit(&*store, &[&opened, &changed, &taken]).await;
    let now = make.tick();
    let wanted = [(read("off"), 10)];
    let claimed = store.claim_calls(now, LEASE, &wanted).await;
    let claimed = claimed.expect("claimed");
    assert_eq!(claimed.len(), 2);
    assert!(settle(&*store, &claimed[0], &retry(now)).await);
    let active: [WebhookKey; 1] = [read("on")];
    let end = async |now| store.end_calls(now, &active, "off").await.expect("ended");
    assert_eq!(end(now).await, 2, "two wait, one is under way");
    let over = CallState::Dead {
        error: "off".to_owned(),
    };
    for call in [&opened.calls[0], &changed.calls[0]] {
        assert_eq!(status(&*store, call.id).await.state, over);
    }
    let waiting = status(&*store, opened.calls[1].id).await.state;
    assert!(matches!(waiting, CallState::Waiting { .. }), "{waiting:?}");
    assert_eq!(end(now).await, 0);
    assert_eq!(end(now.plus(LEASE)).await, 1, "its lease is over");
    assert!(!settle(&*store, &claimed[1], &delivered(now)).await);
}

pub(super) async fn old_calls_are_forgotten<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for number in 1..=6 {
        let plan = make.open(number).call("crm").call("gone").plan();
        commit(&*store, &[&plan]).await;
    }
    let now = make.tick();
    for own in claim(&*store, now, &["crm", "gone"], 5).await {
        assert!(settle(&*store, &own, &delivered(now)).await);
    }
    let known: [WebhookKey; 2] = [read("crm"), read("none")];
    let forget = async |limit| store.forget_calls(&known, 2, limit).await.expect("done");
    assert_eq!(forget(6).await, 6, "no more than that at once");
    assert_eq!(forget(6).await, 2, "three of one and five of the other");
    assert_eq!(forget(6).await, 0);
    let left = async |key: &str| {
        let calls = store.calls_to(&read(key), None, 100).await.expect("read");
        calls.into_iter().map(|own| own.state).collect::<Vec<_>>()
    };
    let newest = left("crm").await;
    assert_eq!(newest.len(), 3);
    assert!(
        matches!(newest[0], CallState::Waiting { .. }),
        "it is not settled"
    );
    assert_eq!(left("gone").await.len(), 1);
    super::expect::nothing_strays(&*store).await;
}

pub(super) async fn the_log_of_a_webhook_begins_with_the_newest<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut calls = Vec::new();
    for number in 1..=5 {
        let plan = make.open(number).call("crm").call("chat").plan();
        commit(&*store, &[&plan]).await;
        calls.insert(0, plan.calls[0].clone());
    }
    let page = async |before, limit| {
        let found = store.calls_to(&read("crm"), before, limit).await;
        let found = found.expect("read").into_iter();
        found.map(|own| own.call).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, calls[..2]);
    assert_eq!(page(Some(calls[1].id), 10).await, calls[2..]);
    assert_eq!(page(Some(calls[4].id), 10).await, []);
}
