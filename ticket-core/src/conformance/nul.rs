//! U+0000, which databases and protocols stumble over, fails no call, wherever it stands.
//!
//! Texts that stand by themselves are [`Line`](crate::value::Line)s, which hold none. What is kept
//! inside of a larger value comes back as it was given.

use std::time::Duration;

use super::expect::{read, store, ticket};
use super::maker::{Maker, key};
use super::questions::list;
use super::{DirectoryHarness, StoreHarness};
use crate::authority::{Reach, TeamReach};
use crate::field::FieldValue;
use crate::mail::{Decision, Outcome, Quarantine};
use crate::person::{Organization, Person, Role, Sharing};
use crate::port::{
    Credential, MailSettlement, NoticeState, Outbox, Purpose, Settlement, SpoolState, SpooledMail,
};
use crate::query::{Comparison, Query, Test};
use crate::settings::Settings;
use crate::ticket::{Attachment, Digest, Event, SenderProof, Ticket};
use crate::value::{Line, Mailbox, NoticeId, SpoolId};

const NUL: &str = "a\0b\0";
const CLEAN: &str = "a\u{fffd}b\u{fffd}";
const LEASE: Duration = Duration::from_secs(60);

async fn state(outbox: &dyn Outbox, id: NoticeId) -> NoticeState {
    let status = outbox.notice(id).await.expect("read");
    status.expect("the notice is there").state
}

pub(super) async fn nul_in_the_error_of_a_notice_is_replaced<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let plan = make.open(1).tell("ada").plan();
    store.commit(&plan, None).await.expect("committed");
    let (id, at) = (plan.notices[0].id, make.now());
    let claim = async || {
        let claimed = store.claim_notices(at, LEASE, 9).await.expect("claimed");
        claimed[0].fence
    };
    let settle = async |settlement| {
        let settled = store.settle_notice(id, claim().await, &settlement).await;
        assert!(settled.expect("settled"));
        state(&*store, id).await
    };
    let due = at;
    let found = settle(Settlement::Retry {
        at,
        error: NUL.into(),
    })
    .await;
    let error = Some(CLEAN.into());
    assert_eq!(found, NoticeState::Waiting { due, error });
    let dead = NoticeState::Dead {
        error: CLEAN.into(),
    };
    let found = settle(Settlement::Dead { error: NUL.into() }).await;
    assert_eq!(found, dead);
    assert!(store.requeue_notice(id, at).await.expect("requeued"));
    settle(Settlement::Sent { at }).await;
    let bounced = store.mark_bounced(id, &Line::new(NUL)).await;
    assert!(bounced.expect("marked"));
    assert_eq!(state(&*store, id).await, dead);
}

pub(super) async fn nul_in_what_became_of_a_mail_is_no_error<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = SpooledMail {
        id: SpoolId::new(make.uuid()),
        queue: read("support"),
        received_at: make.tick(),
        raw: NUL.into(),
    };
    store.accept_mail(&mail).await.expect("accepted");
    let (id, at) = (mail.id, mail.received_at);
    let settle = async |settlement| {
        let claimed = store.claim_mail(at, LEASE, 9).await.expect("claimed");
        assert_eq!(claimed[0].mail, mail);
        let settled = store.settle_mail(id, claimed[0].fence, &settlement).await;
        assert!(settled.expect("settled"));
        let status = store.mail_status(id).await.expect("read");
        status.expect("the mail is there").state
    };
    let found = settle(MailSettlement::Retry {
        at,
        error: NUL.into(),
    })
    .await;
    let error = Some(CLEAN.into());
    assert_eq!(found, SpoolState::Waiting { due: at, error });
    let detail = || Line::new(NUL);
    for reason in [
        Quarantine::Unreadable { detail: detail() },
        Quarantine::Refused { detail: detail() },
        Quarantine::Failed { detail: detail() },
    ] {
        let decision = Some(Decision {
            sender: None,
            proof: SenderProof::Unproven,
            machine: Some(NUL.into()),
            outcome: Outcome::Quarantined {
                reason: reason.clone(),
            },
            evidence: Vec::new(),
        });
        let (aside, kept) = (reason.clone(), decision.clone());
        let found = settle(MailSettlement::Quarantined {
            reason: aside,
            decision: kept,
        });
        assert_eq!(found.await, SpoolState::Quarantined { reason, decision });
        assert!(store.run_mail_again(id, at).await.expect("run again"));
    }
}

pub(super) async fn nul_inside_of_a_ticket_is_no_error<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut opening = make.opening(1);
    for (field, value) in [
        ("device", FieldValue::Text(NUL.to_owned())),
        ("colour", FieldValue::Choice(NUL.to_owned())),
        ("site", FieldValue::Link(NUL.to_owned())),
    ] {
        opening.fields.insert(read(field), value);
    }
    let draft = make.begin(opening, NUL).event(Event::ActionTaken {
        action: read("refund"),
        outcome: NUL.into(),
    });
    let mut plan = draft.tell("ada").plan();
    plan.messages[0].attachments = vec![Attachment {
        name: NUL.into(),
        media_type: NUL.into(),
        size: 1,
        digest: Digest::of(b"x"),
        content_id: Some(NUL.into()),
    }];
    let notice = &mut plan.notices[0];
    (notice.subject, notice.intro, notice.outro) = (NUL.into(), NUL.into(), NUL.into());
    notice.to = Mailbox {
        name: Some(NUL.into()),
        address: read("ada@example.org"),
    };
    let own = key(NUL, NUL, NUL);
    store.commit(&plan, Some(&own)).await.expect("committed");

    let id = plan.ticket.id;
    assert_eq!(ticket(&*store, id).await, plan.ticket);
    let thread = store.thread(id).await.expect("read");
    assert_eq!(thread.messages, plan.messages);
    assert_eq!(thread.messages[0].attachments[0].name.as_str(), CLEAN);
    assert_eq!(store.history(id, None).await.expect("read"), plan.events);
    let notices = store.notices(id).await.expect("read");
    assert_eq!(notices[0].notice, plan.notices[0]);
    let receipt = store.receipt(&own).await.expect("read");
    assert!(receipt.is_some_and(|own| own.replayed));
    let other = key(&NUL[..3], &format!("\0{NUL}"), NUL);
    assert_eq!(store.receipt(&other).await.expect("read"), None);
}

pub(super) async fn nul_in_a_question_is_no_error<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let long = "x".repeat(1_000) + "\u{1f3ab}";
    let mut written = Vec::new();
    for (number, value) in (1..).zip([NUL, "ab", "a", &long]) {
        let mut opening = make.opening(number);
        let value = FieldValue::Text(value.to_owned());
        opening.fields.insert(read("device"), value);
        let plan = make.begin(opening, "a b").plan();
        store.commit(&plan, None).await.expect("committed");
        written.push(plan.ticket);
    }
    let found = async |test| -> Vec<Ticket> {
        let everything = Reach::Team(TeamReach::Everything);
        list(&*store, &Query::all().and(test), &everything, 9).await
    };
    let equal = |term: &str| Test::Field(read("device"), Comparison::Equal, term.to_owned());
    for (value, ticket) in [NUL, "ab", "a", &long].into_iter().zip(&written) {
        assert_eq!(
            found(equal(value)).await,
            std::slice::from_ref(ticket),
            "{value:?}"
        );
    }
    assert_eq!(found(equal("\0")).await, []);
    for words in [vec!["\0"], vec![NUL], vec!["a", "\0", "b"]] {
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        assert_eq!(found(Test::Text(words.clone())).await, [], "{words:?}");
        let negated = Query::all().and_not(Test::Text(words));
        let everything = Reach::Team(TeamReach::Everything);
        assert_eq!(list(&*store, &negated, &everything, 9).await.len(), 4);
    }
}

pub(super) async fn nul_beside_tickets_is_no_error<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let settings = Settings {
        name: NUL.to_owned(),
        ..Settings::default()
    };
    store.save_settings(0, &settings).await.expect("saved");
    let found = store.settings().await.expect("read").expect("there");
    assert_eq!(found.settings, settings);
    let credential = Credential {
        digest: Digest::of(b"secret"),
        person: read("ada"),
        purpose: Purpose::ApiToken,
        label: NUL.to_owned(),
        created_at: make.tick(),
        expires_at: None,
    };
    store.issue(&credential).await.expect("issued");
    let found = store.credential(&credential.digest, make.now()).await;
    assert_eq!(found.expect("read"), Some(credential));
}

pub(super) async fn nul_in_a_name_is_replaced<H: DirectoryHarness>(world: &H) {
    let roster = world.roster().await;
    let mut ada = Person::new(read("ada"), "", read("ada@example.org"), Role::Admin);
    ada.name = NUL.into();
    roster.save_person(&ada).await.expect("saved");
    let people = roster.people(&[read("ada")]).await.expect("read");
    assert_eq!(people, [Some(ada)]);
    let acme = Organization {
        id: read("acme"),
        name: NUL.into(),
        sharing: Sharing::OwnTickets,
    };
    roster.save_organization(&acme).await.expect("saved");
    let found = roster.organization(&acme.id).await.expect("read");
    assert_eq!(found.as_ref(), Some(&acme));
    let guest = Mailbox {
        name: Some(NUL.into()),
        address: read("guest@example.org"),
    };
    let admitted = roster.admit(&guest).await.expect("answered");
    for name in [Some(acme.name), admitted.map(|guest| guest.name)] {
        assert!(!name.is_some_and(|name| name.contains('\0')));
    }
}
