//! One of each thing that a store keeps, as the cases of tenants and of reopening need it.

use std::time::Duration;

use super::expect::read;
use super::maker::{Maker, key};
use super::snapshot::Asked;
use crate::mail::Quarantine;
use crate::plan::Plan;
use crate::port::{
    CallSettlement, Claimed, ClaimedCall, ClaimedMail, Credential, MailSettlement, Purpose,
    Settlement, SpooledMail, Store,
};
use crate::settings::Settings;
use crate::ticket::{Digest, Event, Link, LinkKind, Posting, Side};
use crate::value::SpoolId;
use crate::webhook::Attempt;

const LEASE: Duration = Duration::from_secs(600);

/// What was written, and the claims that are still open.
#[derive(Debug)]
pub(super) struct Everything {
    pub(super) first: Plan,
    pub(super) changed: Plan,
    pub(super) asked: Asked,
    pub(super) notice: Claimed,
    pub(super) call: ClaimedCall,
    pub(super) mail: ClaimedMail,
    pub(super) credential: Credential,
    pub(super) make: Maker,
}

impl Everything {
    /// Writes one of each; the same each time.
    pub(super) async fn write(store: &dyn Store) -> Self {
        let mut make = Maker::new();
        let mut asked = Asked::default();
        let (first, changed) = write_tickets(store, &mut make, &mut asked).await;
        let notice = write_notices(store, &mut make).await;
        let call = write_calls(store, &mut make, &mut asked).await;
        let mail = write_mails(store, &mut make, &mut asked).await;
        let settings = Settings {
            name: "Own".to_owned(),
            ..Settings::default()
        };
        store.save_settings(0, &settings).await.expect("saved");
        let mut writer = store.new_blob().await.expect("begun");
        writer.write(b"a picture").await.expect("written");
        asked.blobs.push(writer.finish().await.expect("finished").0);
        let credential = Credential {
            digest: Digest::of(b"secret"),
            person: read("ada"),
            purpose: Purpose::ApiToken,
            label: "own".to_owned(),
            created_at: make.tick(),
            expires_at: None,
        };
        store.issue(&credential).await.expect("issued");
        asked.people.push(read("ada"));
        asked.now = Some(make.now());
        Self {
            first,
            changed,
            asked,
            notice,
            call,
            mail,
            credential,
            make,
        }
    }
}

async fn write_tickets(store: &dyn Store, make: &mut Maker, asked: &mut Asked) -> (Plan, Plan) {
    let mail = read("question@example.org");
    let first = make.open(1).mail(&mail).note("n").tell("ada").tell("bob");
    let first = first.call("crm").call("chat").call("shop").plan();
    let own = key("ada", "k1", "open");
    store.commit(&first, Some(&own)).await.expect("committed");
    let second = make.open(2).plan();
    store.commit(&second, None).await.expect("committed");
    let link = Link {
        kind: LinkKind::Relates,
        to: second.ticket.id,
    };
    let changed = make.change(&first.ticket).reply(Side::Team, "r");
    let changed = changed.redact(Posting::Note(first.notes[0].id));
    let changed = changed.event(Event::Linked { link }).event(Event::Snoozed {
        until: first.ticket.created_at,
    });
    let changed = changed.tell("eve").tell("ada").call("crm").plan();
    store.commit(&changed, None).await.expect("committed");
    asked.tickets = vec![first.ticket.id, second.ticket.id];
    asked.mail_ids.push(mail);
    asked.keys.push(own);
    (first, changed)
}

/// Sends one, lets one fail, and leaves one claimed and one waiting.
async fn write_notices(store: &dyn Store, make: &mut Maker) -> Claimed {
    let now = make.tick();
    let claimed = store.claim_notices(now, LEASE, 3).await;
    let mut claimed = claimed.expect("claimed");
    assert_eq!(claimed.len(), 3);
    let error = "550".to_owned();
    for (claim, settlement) in claimed
        .iter()
        .zip([Settlement::Sent { at: now }, Settlement::Dead { error }])
    {
        let settled = store.settle_notice(claim.notice.id, claim.fence, &settlement);
        assert!(settled.await.expect("answered"));
    }
    claimed.remove(2)
}

/// Delivers one, lets one fail, and leaves one claimed and two waiting.
async fn write_calls(store: &dyn Store, make: &mut Maker, asked: &mut Asked) -> ClaimedCall {
    let now = make.tick();
    asked.webhooks = ["crm", "chat", "shop"].map(read).into();
    let wanted: Vec<_> = asked.webhooks.iter().map(|key| (key.clone(), 1)).collect();
    let claimed = store.claim_calls(now, LEASE, &wanted).await;
    let mut claimed = claimed.expect("claimed");
    claimed.sort_by_key(|own| own.call.id);
    assert_eq!(claimed.len(), 3);
    let log = vec![Attempt {
        at: now,
        took_millis: 7,
        status: Some(500),
        error: Some("it answered 500".to_owned()),
    }];
    let error = "500".to_owned();
    let ends = [
        CallSettlement::Delivered {
            at: now,
            log: log.clone(),
        },
        CallSettlement::Dead { error, log },
    ];
    for (claim, settlement) in claimed.iter().zip(ends) {
        let settled = store.settle_call(claim.call.id, claim.fence, &settlement);
        assert!(settled.await.expect("answered"));
    }
    let test = make.call("crm", None, "{}");
    store.post_call(&test).await.expect("posted");
    store.seal("own", 0, b"sealed").await.expect("kept");
    asked.sealed.push("own".to_owned());
    claimed.remove(2)
}

/// Puts one aside, and leaves one claimed and one waiting.
async fn write_mails(store: &dyn Store, make: &mut Maker, asked: &mut Asked) -> ClaimedMail {
    for number in 0..3 {
        let received_at = make.tick();
        let mail = SpooledMail {
            id: SpoolId::new(make.uuid()),
            queue: read("support"),
            received_at,
            raw: vec![b'x'; number],
        };
        store.accept_mail(&mail).await.expect("accepted");
        asked.mails.push(mail.id);
    }
    let claimed = store.claim_mail(make.tick(), LEASE, 2).await;
    let mut claimed = claimed.expect("claimed");
    let aside = MailSettlement::Quarantined {
        reason: Quarantine::OwnMail,
        decision: None,
    };
    let settled = store.settle_mail(claimed[0].mail.id, claimed[0].fence, &aside);
    assert!(settled.await.expect("answered"));
    claimed.remove(1)
}
