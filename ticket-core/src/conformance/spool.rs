//! Raw mail is kept until it became a message or was put aside.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::StoreHarness;
use super::expect::{is_there_already, nothing_strays, read, store};
use super::maker::Maker;
use crate::mail::{Decision, Evidence, Outcome, Quarantine};
use crate::port::{ClaimedMail, Fence, MailSettlement, SpoolState, SpooledMail, Store};
use crate::ticket::{Posting, SenderProof};
use crate::value::{Line, SpoolId, TicketId, Timestamp};

const LEASE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_micros(1);

async fn accept(store: &dyn Store, make: &mut Maker, raw: &[u8]) -> SpooledMail {
    let received_at = make.tick();
    let mail = SpooledMail {
        id: SpoolId::new(make.uuid()),
        queue: read("support"),
        received_at,
        raw: raw.to_vec(),
    };
    store.accept_mail(&mail).await.expect("accepted");
    mail
}

async fn claim(store: &dyn Store, now: Timestamp, limit: u16) -> Vec<ClaimedMail> {
    let claimed = store.claim_mail(now, LEASE, limit).await;
    claimed.expect("claimed")
}

async fn claim_one(store: &dyn Store, now: Timestamp) -> ClaimedMail {
    let mut claimed = claim(store, now, 10).await;
    assert_eq!(claimed.len(), 1, "one is due: {claimed:?}");
    claimed.remove(0)
}

async fn settle(store: &dyn Store, claimed: &ClaimedMail, how: &MailSettlement) -> bool {
    let settled = store.settle_mail(claimed.mail.id, claimed.fence, how);
    settled.await.expect("answered")
}

async fn state(store: &dyn Store, id: SpoolId) -> SpoolState {
    let status = store.mail_status(id).await.expect("read");
    status.expect("the mail is there").state
}

fn retry(at: Timestamp) -> MailSettlement {
    MailSettlement::Retry {
        at,
        error: "the store was busy".into(),
    }
}

const fn own_mail() -> MailSettlement {
    MailSettlement::Quarantined {
        reason: Quarantine::OwnMail,
        decision: None,
    }
}

fn decision(ticket: TicketId) -> Decision {
    Decision {
        sender: Some(read("ada")),
        proof: SenderProof::Token,
        machine: Some("Auto-Submitted: auto-replied".to_owned()),
        outcome: Outcome::Joins { ticket },
        evidence: vec![
            Evidence::AddressToken {
                ticket,
                holder: true,
            },
            Evidence::KnownId {
                ticket,
                id: read("known@example.org"),
            },
        ],
    }
}

pub(super) async fn a_mail_is_kept_byte_for_byte<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let every_byte: Vec<u8> = (0..=255).collect();
    let large = every_byte.repeat(4096);
    for raw in [
        &b""[..],
        b"Subject: x\r\n\r\nbody\r\n.\r\n",
        &every_byte,
        &large,
    ] {
        let mail = accept(&*store, &mut make, raw).await;
        let found = store.mail(mail.id).await.expect("read");
        assert_eq!(found.as_ref(), Some(&mail));
        let status = store.mail_status(mail.id).await.expect("read");
        let status = status.expect("there");
        assert_eq!((status.id, &status.queue), (mail.id, &mail.queue));
        assert_eq!(status.received_at, mail.received_at);
        assert_eq!(status.size, u64::try_from(raw.len()).expect("small"));
        let waiting = SpoolState::Waiting {
            due: mail.received_at,
            error: None,
        };
        assert_eq!((status.state, status.attempts), (waiting, 0));
        let claimed = claim_one(&*store, mail.received_at).await;
        assert_eq!(claimed.mail, mail, "due at once");
    }
    let nothing = SpoolId::new(make.uuid());
    assert_eq!(store.mail(nothing).await.expect("read"), None);
    assert_eq!(store.mail_status(nothing).await.expect("read"), None);
    nothing_strays(&*store).await;
}

pub(super) async fn a_mail_is_accepted_once<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = accept(&*store, &mut make, b"first").await;
    let mut other = mail.clone();
    other.raw = b"second".to_vec();
    is_there_already(&store.accept_mail(&other).await, "mail");
    assert_eq!(store.mail(mail.id).await.expect("read"), Some(mail));
}

pub(super) async fn claimers_get_different_mails<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(accept(&*store, &mut make, b"x").await.id);
    }
    for claimers in [2, 8] {
        let now = make.tick();
        let claims = join_all((0..claimers).map(|_| claim(&*store, now, 4))).await;
        let claimed: Vec<SpoolId> = claims.iter().flatten().map(|own| own.mail.id).collect();
        let different: BTreeSet<SpoolId> = claimed.iter().copied().collect();
        assert_eq!(different.len(), claimed.len(), "each gets different ones");
        for claim in claims.iter().flatten() {
            assert!(settle(&*store, claim, &retry(now)).await);
        }
    }
    let now = make.tick();
    let mut rest = Vec::new();
    for _ in 0..4 {
        rest.extend(claim(&*store, now, 6).await);
    }
    let rest: Vec<SpoolId> = rest.iter().map(|own| own.mail.id).collect();
    assert_eq!(rest, ids, "none is lost, and the oldest come first");
}

pub(super) async fn a_mail_is_not_due_before_its_time<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = accept(&*store, &mut make, b"x").await;
    let now = make.now();
    let first = claim_one(&*store, now).await;
    let at = now.plus(Duration::from_secs(3600));
    assert!(settle(&*store, &first, &retry(at)).await);
    let error = Some("the store was busy".into());
    let waiting = SpoolState::Waiting { due: at, error };
    assert_eq!(state(&*store, mail.id).await, waiting);
    assert_eq!(claim(&*store, at.minus(MOMENT), 9).await, []);
    let second = claim_one(&*store, at).await;
    assert_eq!((second.mail, second.attempt), (mail, 2));
}

pub(super) async fn a_lost_lease_on_a_mail_cannot_be_settled<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = accept(&*store, &mut make, b"x").await;
    let now = make.tick();
    let slow = claim_one(&*store, now).await;
    let until = now.plus(LEASE);
    let claimed = SpoolState::Claimed { until };
    assert_eq!(state(&*store, mail.id).await, claimed);
    assert_eq!(claim(&*store, until.minus(MOMENT), 9).await, [], "leased");

    let later = until.plus(MOMENT);
    let quick = claim_one(&*store, later).await;
    assert!(quick.fence > slow.fence, "each claim has a larger fence");
    assert_eq!(quick.attempt, 2);
    assert!(
        !settle(&*store, &slow, &own_mail()).await,
        "the lease is lost"
    );
    let until = later.plus(LEASE);
    let claimed = SpoolState::Claimed { until };
    assert_eq!(state(&*store, mail.id).await, claimed, "nothing changed");
    assert!(settle(&*store, &quick, &own_mail()).await);
}

pub(super) async fn a_mail_is_settled_once<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = accept(&*store, &mut make, b"x").await;
    let unclaimed = store.settle_mail(mail.id, Fence(1), &own_mail()).await;
    assert!(!unclaimed.expect("answered"), "it is not claimed");
    let nothing = SpoolId::new(make.uuid());
    let missing = store.settle_mail(nothing, Fence(1), &own_mail()).await;
    assert!(!missing.expect("answered"), "there is none");
    let now = make.tick();
    let claimed = claim_one(&*store, now).await;
    assert!(settle(&*store, &claimed, &own_mail()).await);
    assert!(
        !settle(&*store, &claimed, &retry(now)).await,
        "settled already"
    );
    let much_later = now.plus(LEASE * 10);
    assert_eq!(claim(&*store, much_later, 9).await, []);
}

pub(super) async fn every_settlement_of_a_mail_is_kept<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).note("a report").plan();
    store.commit(&opened, None).await.expect("committed");
    let ticket = opened.ticket.id;
    let postings = [
        Posting::Message(opened.messages[0].id),
        Posting::Note(opened.notes[0].id),
    ];
    for posting in postings {
        let mail = accept(&*store, &mut make, b"x").await;
        let claimed = claim_one(&*store, make.now()).await;
        let decision = decision(ticket);
        let done = MailSettlement::Done {
            ticket,
            posting,
            decision: decision.clone(),
        };
        assert!(settle(&*store, &claimed, &done).await);
        let done = SpoolState::Done {
            ticket,
            posting,
            decision,
        };
        assert_eq!(state(&*store, mail.id).await, done);
    }
    for (reason, decision) in quarantines(ticket) {
        let mail = accept(&*store, &mut make, b"x").await;
        let claimed = claim_one(&*store, make.now()).await;
        let (r, d) = (reason.clone(), decision.clone());
        let aside = MailSettlement::Quarantined {
            reason: r,
            decision: d,
        };
        assert!(settle(&*store, &claimed, &aside).await);
        let aside = SpoolState::Quarantined { reason, decision };
        assert_eq!(state(&*store, mail.id).await, aside);
    }
    nothing_strays(&*store).await;
}

fn quarantines(ticket: TicketId) -> Vec<(Quarantine, Option<Decision>)> {
    let detail = Line::new("line 1: \u{202e}x");
    let kept = Some(decision(ticket));
    vec![
        (
            Quarantine::Unreadable {
                detail: detail.clone(),
            },
            None,
        ),
        (Quarantine::OwnMail, kept.clone()),
        (Quarantine::GuestsNotAdmitted, kept.clone()),
        (Quarantine::SenderInactive, kept.clone()),
        (Quarantine::UnknownBounce, None),
        (Quarantine::NoSuchQueue, None),
        (
            Quarantine::Refused {
                detail: detail.clone(),
            },
            kept,
        ),
        (Quarantine::Failed { detail }, None),
    ]
}

pub(super) async fn quarantine_lists_the_newest_first<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut ids = Vec::new();
    for number in 0..7 {
        let mail = accept(&*store, &mut make, b"x").await;
        let claimed = claim_one(&*store, make.now()).await;
        if number == 3 {
            let later = make.now().plus(LEASE * 1000);
            assert!(settle(&*store, &claimed, &retry(later)).await);
        } else {
            assert!(settle(&*store, &claimed, &own_mail()).await);
            ids.insert(0, mail.id);
        }
    }
    let list = async |before, limit| {
        let list = store.quarantined_mail(before, limit).await.expect("read");
        list.iter().map(|own| own.id).collect::<Vec<SpoolId>>()
    };
    assert_eq!(list(None, 100).await, ids, "those in quarantine only");
    assert_eq!(list(None, 2).await, ids[..2]);
    assert_eq!(list(Some(ids[1]), 2).await, ids[2..4]);
    assert_eq!(list(Some(ids[5]), 2).await, []);
    let first = store.quarantined_mail(None, 1).await.expect("read");
    let status = store.mail_status(ids[0]).await.expect("read");
    assert_eq!(first.first(), status.as_ref());
}

pub(super) async fn only_a_quarantined_mail_runs_again<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = accept(&*store, &mut make, b"x").await;
    let again = async |id, now| store.run_mail_again(id, now).await.expect("answered");
    let now = make.tick();
    assert!(!again(mail.id, now).await, "it waits already");
    let claimed = claim_one(&*store, now).await;
    assert!(!again(mail.id, now).await, "it is on its way");
    assert!(settle(&*store, &claimed, &own_mail()).await);

    let later = now.plus(LEASE * 10);
    assert!(again(mail.id, later).await);
    assert!(!again(mail.id, later).await, "it waits already");
    let waiting = SpoolState::Waiting {
        due: later,
        error: None,
    };
    assert_eq!(state(&*store, mail.id).await, waiting);
    assert_eq!(store.quarantined_mail(None, 9).await.expect("read"), []);
    assert_eq!(claim(&*store, later.minus(MOMENT), 9).await, []);
    let second = claim_one(&*store, later).await;
    assert_eq!((&second.mail, second.attempt), (&mail, 1), "counted anew");
    assert!(second.fence > claimed.fence, "fences go on growing");
    assert!(!settle(&*store, &claimed, &own_mail()).await);
    assert!(
        !again(SpoolId::new(make.uuid()), now).await,
        "there is none"
    );
}
