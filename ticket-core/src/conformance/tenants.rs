//! What belongs to one tenant is out of reach for another.

use std::collections::BTreeSet;
use std::time::Duration;

use super::StoreHarness;
use super::everything::Everything;
use super::expect::{is_conflict, nothing_strays, read};
use super::maker::key;
use super::questions::list;
use super::snapshot::{Asked, Snapshot};
use crate::authority::{CustomerReach, Reach, TeamReach};
use crate::mail::Quarantine;
use crate::port::CallSettlement::GivenBack;
use crate::port::{MailSettlement, Settlement, Store};
use crate::query::{DueTest, Query, Test, normalize};
use crate::settings::Settings;
use crate::ticket::Posting;
use crate::value::{TenantId, Timestamp};

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);
const LEASE: Duration = Duration::from_secs(600);

pub(super) async fn tenants_with_equal_ids_do_not_meet<H: StoreHarness>(world: &H) {
    let mut snapshots = Vec::new();
    let mut asked = Asked::default();
    for tenant in [0, 1, 2, u32::MAX] {
        let store = world.tenant(TenantId::new(tenant)).await;
        let written = Everything::write(&*store).await;
        asked = written.asked;
        snapshots.push(Snapshot::of(&*store, &asked).await);
        let rows = list(&*store, &Query::all(), &EVERYTHING, 1).await;
        assert_eq!(rows.len(), 2, "of tenant {tenant} alone");
    }
    for snapshot in &snapshots[1..] {
        snapshot.is_same(&snapshots[0]);
    }
    let first = world.tenant(TenantId::default()).await;
    let again = Snapshot::of(&*first, &asked).await;
    again.is_same(&snapshots[0]);
    nothing_strays(&*first).await;
}

pub(super) async fn nothing_of_a_tenant_is_seen_by_another<H: StoreHarness>(world: &H) {
    let owner = world.tenant(TenantId::new(1)).await;
    let other = world.tenant(TenantId::new(2)).await;
    let written = Everything::write(&*owner).await;
    let asked = &written.asked;
    let kept = Snapshot::of(&*owner, asked).await;
    let nothing = Snapshot::of(&*other, asked).await;
    let unrelated = world.tenant(TenantId::new(3)).await;
    nothing.is_same(&Snapshot::of(&*unrelated, asked).await);
    assert_ne!(nothing, kept);

    let later = written.make.now().plus(LEASE * 10);
    let notices = other.claim_notices(later, LEASE, 100).await;
    assert_eq!(notices.expect("claimed"), []);
    let webhooks: Vec<_> = asked.webhooks.iter().map(|own| (own.clone(), 9)).collect();
    let calls = other.claim_calls(later, LEASE, &webhooks).await;
    assert_eq!(calls.expect("claimed"), []);
    let call = other.call(written.call.call.id).await;
    assert_eq!(call.expect("read"), None);
    let mails = other.claim_mail(later, LEASE, 100).await;
    assert_eq!(mails.expect("claimed"), []);
    let credential = other.credential(&written.credential.digest, later).await;
    assert_eq!(credential.expect("read"), None);
    let notice = other.notice(written.notice.notice.id).await;
    assert_eq!(notice.expect("read"), None);
    let before = other
        .automatic_before(
            &written.notice.notice.to.address,
            Timestamp::MIN,
            &written.notice.notice,
        )
        .await;
    assert_eq!(before.expect("counted"), 0);
    searches_find_nothing(&*other, later).await;
    Snapshot::of(&*owner, asked).await.is_same(&kept);
}

async fn searches_find_nothing(other: &dyn Store, later: Timestamp) {
    let customer = Reach::Customer(CustomerReach {
        participant: read("ada"),
        organization: None,
    });
    let text = Query::all().and(Test::Text(normalize("printer jam")));
    for reach in [EVERYTHING, customer] {
        for query in [Query::all(), text.clone()] {
            assert_eq!(list(other, &query, &reach, 10).await, []);
            let count = other.count(&query, &reach, 10).await.expect("counted");
            assert_eq!(count, 0);
        }
    }
    let in_status = DueTest::InStatus {
        status: read("new"),
        queues: BTreeSet::from([read("support")]),
        since: later,
    };
    let tests = [in_status, DueTest::SnoozeOver];
    assert_eq!(other.due(&tests, later, 10).await.expect("found"), []);
}

pub(super) async fn writes_of_a_tenant_reach_no_other<H: StoreHarness>(world: &H) {
    let owner = world.tenant(TenantId::new(1)).await;
    let other = world.tenant(TenantId::new(2)).await;
    let mut written = Everything::write(&*owner).await;
    let kept = Snapshot::of(&*owner, &written.asked).await;
    let now = written.make.tick();

    let change = written
        .make
        .change(&written.changed.ticket)
        .note("n")
        .plan();
    is_conflict(&other.commit(&change, None).await, 0);
    let redact = Posting::Message(written.first.messages[0].id);
    let redact = written.make.change(&written.changed.ticket).redact(redact);
    is_conflict(&other.commit(&redact.plan(), None).await, 0);
    let (notice, mail) = (&written.notice, &written.mail);
    let sent = Settlement::Sent { at: now };
    let aside = MailSettlement::Quarantined {
        reason: Quarantine::OwnMail,
        decision: None,
    };
    let id = notice.notice.id;
    let answers = [
        other.settle_notice(id, notice.fence, &sent).await,
        other.mark_bounced(written.first.notices[0].id, "x").await,
        other.requeue_notice(written.first.notices[1].id, now).await,
        other.settle_mail(mail.mail.id, mail.fence, &aside).await,
        other.run_mail_again(written.asked.mails[0], now).await,
        other.revoke(&written.credential.digest).await,
    ];
    for (place, answer) in answers.into_iter().enumerate() {
        assert!(!answer.expect("answered"), "there is none: {place}");
    }
    let call = &written.call;
    let (first_call, given_back) = (&written.first.calls[0], GivenBack { at: now });
    let answers = [
        other
            .settle_call(call.call.id, call.fence, &given_back)
            .await,
        other.requeue_call(first_call.id, now).await,
        other.forget_sealed("own").await,
    ];
    for (place, answer) in answers.into_iter().enumerate() {
        assert!(!answer.expect("answered"), "there is none: {place}");
    }
    let later = now.plus(LEASE * 10);
    let ended = other.end_calls(later, &[], "over").await;
    let forgotten = other.forget_calls(&[], 0, 100).await;
    let counts = (ended.expect("ended"), forgotten.expect("forgotten"));
    assert_eq!(counts, (0, 0));
    is_conflict(&other.seal("own", 1, b"x").await, 0);
    let revoked = other.revoke_all(&written.credential.person).await;
    assert_eq!(revoked.expect("revoked"), 0);
    is_conflict(&other.save_settings(1, &Settings::default()).await, 0);
    Snapshot::of(&*owner, &written.asked).await.is_same(&kept);

    let own = key("ada", "k1", "something else");
    let plan = written.make.open(1).plan();
    let receipt = other.commit(&plan, Some(&own)).await.expect("committed");
    assert!(!receipt.replayed, "its key is its own");
    Snapshot::of(&*owner, &written.asked).await.is_same(&kept);
    let settled = owner.settle_notice(id, notice.fence, &sent).await;
    assert!(settled.expect("answered"), "the claim held");
}
