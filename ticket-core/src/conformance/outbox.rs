//! Notices are handed out one at a time, in order, until they are settled.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::StoreHarness;
use super::expect::{read, store};
use super::maker::{Draft, Maker};
use crate::port::{Claimed, Fence, NoticeState, Settlement, Store};
use crate::value::{EmailAddress, Line, NoticeId, Timestamp};

const LEASE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_micros(1);

async fn claim(store: &dyn Store, now: Timestamp, limit: u16) -> Vec<Claimed> {
    let claimed = store.claim_notices(now, LEASE, limit).await;
    claimed.expect("claimed")
}

async fn claim_one(store: &dyn Store, now: Timestamp) -> Claimed {
    let mut claimed = claim(store, now, 10).await;
    assert_eq!(claimed.len(), 1, "one is due: {claimed:?}");
    claimed.remove(0)
}

async fn settle(store: &dyn Store, claimed: &Claimed, settlement: &Settlement) -> bool {
    let settled = store.settle_notice(claimed.notice.id, claimed.fence, settlement);
    settled.await.expect("answered")
}

async fn state(store: &dyn Store, id: NoticeId) -> NoticeState {
    let status = store.notice(id).await.expect("read");
    status.expect("the notice is there").state
}

fn dead(error: &str) -> Settlement {
    Settlement::Dead {
        error: error.into(),
    }
}

/// Opens ticket 1 with one notice to each of these people.
async fn tell_each(store: &dyn Store, make: &mut Maker, people: &[&str]) -> Vec<NoticeId> {
    let draft = people.iter().copied().fold(make.open(1), Draft::tell);
    let plan = draft.plan();
    store.commit(&plan, None).await.expect("committed");
    plan.notices.iter().map(|notice| notice.id).collect()
}

pub(super) async fn a_commit_puts_its_notices_in<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).tell("ada").tell("bob").plan();
    let other = make.open(2).tell("ada").plan();
    let changed = make.change(&opened.ticket).note("n").tell("ada").plan();
    for plan in [&opened, &other, &changed] {
        store.commit(plan, None).await.expect("committed");
    }
    let found = store.notices(opened.ticket.id).await.expect("read");
    let notices: Vec<_> = found.iter().map(|own| own.notice.clone()).collect();
    let expected = [&opened.notices[..], &changed.notices[..]].concat();
    assert_eq!(notices, expected, "the oldest first");
    for status in found {
        let created = status.notice.created_at;
        let waiting = NoticeState::Waiting {
            due: created,
            error: None,
        };
        assert_eq!((&status.state, status.attempts), (&waiting, 0));
        let single = store.notice(status.notice.id).await.expect("read");
        assert_eq!(single, Some(status));
    }
    let nothing = NoticeId::new(make.uuid());
    assert_eq!(store.notice(nothing).await.expect("read"), None);
}

pub(super) async fn claimers_get_different_notices<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let people: Vec<String> = (0..24).map(|person| format!("p{person}")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let ids = tell_each(&*store, &mut make, &people).await;
    for claimers in [2, 8] {
        let now = make.tick();
        let claims = join_all((0..claimers).map(|_| claim(&*store, now, 5))).await;
        let claimed: Vec<NoticeId> = claims.iter().flatten().map(|own| own.notice.id).collect();
        let different: BTreeSet<NoticeId> = claimed.iter().copied().collect();
        assert_eq!(different.len(), claimed.len(), "each gets different ones");
        for claim in claims.iter().flatten() {
            let again = Settlement::Retry {
                at: now,
                error: "again".into(),
            };
            assert!(settle(&*store, claim, &again).await);
        }
    }
    let rest = claim(&*store, make.now(), 100).await;
    assert_eq!(rest.len(), ids.len(), "none is lost");
}

pub(super) async fn a_claim_is_bounded_and_begins_with_the_oldest<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut ids = Vec::new();
    for number in 1..=4 {
        let plan = make.open(number).tell("ada").tell("bob").plan();
        store.commit(&plan, None).await.expect("committed");
        ids.extend(plan.notices.iter().map(|notice| notice.id));
    }
    let now = make.tick();
    for part in ids.chunks(3) {
        let claimed = claim(&*store, now, 3).await;
        let claimed: Vec<NoticeId> = claimed.iter().map(|own| own.notice.id).collect();
        assert_eq!(claimed, part);
    }
    assert_eq!(claim(&*store, now, 3).await, []);
}

pub(super) async fn a_notice_is_not_due_before_its_time<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    tell_each(&*store, &mut make, &["ada"]).await;
    let now = make.now();
    let early = claim(&*store, now.minus(MOMENT), 9).await;
    assert_eq!(early, [], "not before it was made");
    let first = claim_one(&*store, now).await;
    let at = now.plus(Duration::from_secs(3600));
    let error = Line::new("451 later");
    let retry = Settlement::Retry {
        at,
        error: error.clone(),
    };
    assert!(settle(&*store, &first, &retry).await);

    let error = Some(error);
    let waiting = NoticeState::Waiting { due: at, error };
    assert_eq!(state(&*store, first.notice.id).await, waiting);
    assert_eq!(claim(&*store, at.minus(MOMENT), 9).await, []);
    let second = claim_one(&*store, at).await;
    assert_eq!((second.notice, second.attempt), (first.notice, 2));
}

pub(super) async fn a_lost_lease_cannot_be_settled<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    tell_each(&*store, &mut make, &["ada"]).await;
    let now = make.tick();
    let slow = claim_one(&*store, now).await;
    let until = now.plus(LEASE);
    let id = slow.notice.id;
    assert_eq!(state(&*store, id).await, NoticeState::Claimed { until });
    assert_eq!(claim(&*store, until.minus(MOMENT), 9).await, [], "leased");

    let later = until.plus(MOMENT);
    let quick = claim_one(&*store, later).await;
    assert_eq!(quick.notice, slow.notice);
    assert!(quick.fence > slow.fence, "each claim has a larger fence");
    let sent = Settlement::Sent { at: later };
    assert!(!settle(&*store, &slow, &sent).await, "it lost the lease");
    let until = later.plus(LEASE);
    assert_eq!(state(&*store, id).await, NoticeState::Claimed { until });
    assert!(settle(&*store, &quick, &sent).await);
    assert_eq!(state(&*store, id).await, NoticeState::Sent { at: later });
    let much_later = later.plus(LEASE * 10);
    assert_eq!(claim(&*store, much_later, 9).await, [], "it is settled");
}

pub(super) async fn a_claim_that_is_kept_is_not_handed_out<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let ids = tell_each(&*store, &mut make, &["ada"]).await;
    let begun = make.now();
    let first = claim_one(&*store, begun).await;
    let until = begun.plus(LEASE).plus(LEASE);
    let underway = Settlement::Underway { until };
    assert!(settle(&*store, &first, &underway).await, "it is kept");
    assert_eq!(state(&*store, ids[0]).await, NoticeState::Claimed { until });
    assert_eq!(claim(&*store, begun.plus(LEASE), 10).await, []);
    assert_eq!(claim(&*store, until.minus(MOMENT), 10).await, []);
    let second = claim_one(&*store, until).await;
    assert_eq!(second.attempt, 2);
    assert!(
        !settle(&*store, &first, &underway).await,
        "it is taken over"
    );
    let at = until;
    assert!(settle(&*store, &second, &Settlement::Sent { at }).await);
    assert!(!settle(&*store, &second, &underway).await, "it is settled");
    assert_eq!(state(&*store, ids[0]).await, NoticeState::Sent { at });
}

pub(super) async fn a_notice_is_settled_once<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let ids = tell_each(&*store, &mut make, &["ada", "bob", "eve"]).await;
    let now = make.tick();
    let nothing = NoticeId::new(make.uuid());
    let sent = Settlement::Sent { at: now };
    let settled = store.settle_notice(nothing, Fence(1), &sent).await;
    assert!(!settled.expect("answered"), "there is none");
    let settled = store.settle_notice(ids[0], Fence(1), &sent).await;
    assert!(!settled.expect("answered"), "it is not claimed");
    let claims = claim(&*store, now, 9).await;
    let settlements = [
        sent.clone(),
        dead("550 no such user"),
        Settlement::Suppressed,
    ];
    let states = [
        NoticeState::Sent { at: now },
        NoticeState::Dead {
            error: "550 no such user".into(),
        },
        NoticeState::Suppressed,
    ];
    for ((claimed, settlement), expected) in claims.iter().zip(&settlements).zip(&states) {
        assert!(settle(&*store, claimed, settlement).await);
        for second in &settlements {
            assert!(!settle(&*store, claimed, second).await, "settled already");
        }
        assert_eq!(state(&*store, claimed.notice.id).await, *expected);
    }
}

pub(super) async fn attempts_are_counted_when_they_begin<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let ids = tell_each(&*store, &mut make, &["ada"]).await;
    let mut now = make.tick();
    for attempt in 1..=4 {
        let claimed = claim_one(&*store, now).await;
        assert_eq!(claimed.attempt, attempt);
        let status = store.notice(ids[0]).await.expect("read").expect("there");
        assert_eq!(status.attempts, attempt, "counted before it is made");
        now = now.plus(LEASE).plus(MOMENT);
    }
}

pub(super) async fn a_reader_gets_notices_in_order<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).tell("ada").plan();
    let changed = make.change(&opened.ticket).note("n").tell("ada").plan();
    for plan in [&opened, &changed] {
        store.commit(plan, None).await.expect("committed");
    }
    let now = make.tick();
    let first = claim_one(&*store, now).await;
    assert_eq!(first.notice, opened.notices[0]);
    assert_eq!(claim(&*store, now, 9).await, [], "the first is on its way");
    let at = now.plus(LEASE * 5);
    let retry = Settlement::Retry {
        at,
        error: "later".into(),
    };
    assert!(settle(&*store, &first, &retry).await);
    assert_eq!(claim(&*store, now, 9).await, [], "the first waits");
    let again = claim_one(&*store, at).await;
    assert_eq!(again.notice, first.notice);
    assert!(settle(&*store, &again, &dead("never")).await);
    let second = claim_one(&*store, at).await;
    assert_eq!(second.notice, changed.notices[0], "its turn has come");
}

pub(super) async fn other_readers_do_not_wait<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).tell("ada").plan();
    let changed = make.change(&opened.ticket).note("n").tell("bob").plan();
    let other = make.open(2).tell("ada").plan();
    for plan in [&opened, &changed, &other] {
        store.commit(plan, None).await.expect("committed");
    }
    let claimed = claim(&*store, make.now(), 9).await;
    assert_eq!(claimed.len(), 3, "another person, another ticket");
}

pub(super) async fn a_dead_or_suppressed_notice_can_be_requeued<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    tell_each(&*store, &mut make, &["ada", "bob", "eve", "kim"]).await;
    let now = make.tick();
    let claims = claim(&*store, now, 3).await;
    let ids: Vec<NoticeId> = claims.iter().map(|own| own.notice.id).collect();
    let requeue = async |id, at| store.requeue_notice(id, at).await.expect("answered");
    assert!(!requeue(ids[0], now).await, "a claimed one is on its way");
    assert!(settle(&*store, &claims[0], &dead("550")).await);
    assert!(settle(&*store, &claims[1], &Settlement::Suppressed).await);
    assert!(settle(&*store, &claims[2], &Settlement::Sent { at: now }).await);
    assert!(!requeue(ids[2], now).await, "a sent one is over");
    assert!(!requeue(NoticeId::new(make.uuid()), now).await);
    claim_one(&*store, now).await;

    let later = now.plus(LEASE / 2);
    for (id, old) in ids.iter().zip(&claims).take(2) {
        assert!(requeue(*id, later).await);
        assert!(!requeue(*id, later).await, "it waits already");
        let waiting = NoticeState::Waiting {
            due: later,
            error: None,
        };
        assert_eq!(state(&*store, *id).await, waiting);
        assert_eq!(claim(&*store, later.minus(MOMENT), 9).await, []);
        let claimed = claim_one(&*store, later).await;
        assert_eq!((claimed.notice.id, claimed.attempt), (*id, 1), "anew");
        assert!(claimed.fence > old.fence, "fences go on growing");
        assert!(!settle(&*store, old, &Settlement::Suppressed).await);
    }
}

pub(super) async fn only_a_sent_notice_bounces<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let ids = tell_each(&*store, &mut make, &["ada"]).await;
    let bounce = async |id| {
        let marked = store.mark_bounced(id, &"5.1.1".into()).await;
        marked.expect("answered")
    };
    assert!(!bounce(ids[0]).await, "it waits");
    let now = make.tick();
    let claimed = claim_one(&*store, now).await;
    assert!(!bounce(ids[0]).await, "it is on its way");
    assert!(settle(&*store, &claimed, &Settlement::Sent { at: now }).await);
    assert!(bounce(ids[0]).await);
    let dead = NoticeState::Dead {
        error: "5.1.1".into(),
    };
    assert_eq!(state(&*store, ids[0]).await, dead);
    assert!(!bounce(ids[0]).await, "it is dead");
    assert!(!bounce(NoticeId::new(make.uuid())).await, "there is none");
}

pub(super) async fn automatic_notices_are_counted_for_an_address<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).tell_at("ada", "Ada@Example.org", true).plan();
    let mut plans = vec![opened.clone()];
    for (person, address, automatic) in [
        ("ada", "ada@example.org", true),
        ("ada", "ada@example.org", false),
        ("bob", "bob@example.org", true),
        ("eve", "ADA@example.ORG", true),
    ] {
        let last = plans.last().expect("one").ticket.clone();
        let draft = make.change(&last).note("n");
        plans.push(draft.tell_at(person, address, automatic).plan());
    }
    for plan in &plans {
        store.commit(plan, None).await.expect("committed");
    }
    let address: EmailAddress = read("ada@EXAMPLE.org");
    let notice = |index: usize| &plans[index].notices[0];
    let start = opened.ticket.created_at;
    let count = async |since, before| {
        let count = store.automatic_before(&address, since, before).await;
        count.expect("counted")
    };
    let early = start.minus(MOMENT);
    assert_eq!(count(early, notice(0)).await, 0, "itself is not before it");
    assert_eq!(count(early, notice(1)).await, 1);
    assert_eq!(count(early, notice(4)).await, 2, "by hand, others: not");
    assert_eq!(count(start, notice(4)).await, 1, "made after that time");

    let claimed = claim(&*store, make.now(), 9).await;
    let first = claimed.iter().find(|own| own.notice.id == notice(0).id);
    let first = first.expect("claimed");
    assert!(settle(&*store, first, &Settlement::Suppressed).await);
    assert_eq!(count(early, notice(4)).await, 1, "suppressed: not");
}
