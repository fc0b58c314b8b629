//! Credentials are good until they expire or are revoked.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::SessionsHarness;
use super::expect::{is_there_already, read};
use super::maker::Maker;
use crate::authority::TokenScope;
use crate::person::Role;
use crate::port::{Credential, Footing, Purpose, Sessions, USE_NOTED_EVERY};
use crate::ticket::Digest;
use crate::value::{PersonId, TicketId, Timestamp};

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_micros(1);
/// How long to wait for what is written some time later.
const PATIENCE: Duration = Duration::from_secs(20);

fn credential(make: &mut Maker, secret: &str, person: &str, purpose: Purpose) -> Credential {
    let digest = Digest::of(secret.as_bytes());
    let mut own = Credential::new(digest, read(person), purpose, make.tick());
    own.label = format!("the token \u{1f511} of {person}");
    own.scopes = [TokenScope::TicketsRead, TokenScope::Audit]
        .into_iter()
        .collect();
    own.footing = Some(Footing {
        role: Role::Agent {
            queues: [read("support")].into(),
            own_tickets_only: true,
        },
        address: Some(read("own@example.org")),
    });
    own
}

async fn find(sessions: &dyn Sessions, own: &Credential, now: Timestamp) -> Option<Credential> {
    let found = sessions.credential(&own.digest, now).await;
    found.expect("read")
}

async fn list(sessions: &dyn Sessions, person: &str, now: Timestamp) -> Vec<Credential> {
    let person: PersonId = read(person);
    sessions.credentials(&person, now).await.expect("read")
}

pub(super) async fn a_credential_is_found_by_its_digest<H: SessionsHarness>(world: &H) {
    let (sessions, mut make) = (world.sessions().await, Maker::new());
    let ticket = TicketId::new(make.uuid());
    let guest = Purpose::GuestLink { ticket };
    let purposes = [Purpose::ApiToken, guest, mailbox_proof()];
    let mut all = Vec::new();
    for (secret, purpose) in ["s1", "s2", "s3"].iter().zip(purposes) {
        let own = credential(&mut make, secret, "ada", purpose);
        sessions.issue(&own).await.expect("issued");
        all.push(own);
    }
    let other = credential(&mut make, "s4", "bob", Purpose::ApiToken);
    sessions.issue(&other).await.expect("issued");
    for own in &all {
        assert_eq!(
            find(&*sessions, own, Timestamp::MAX).await.as_ref(),
            Some(own)
        );
    }
    let nothing = Digest::of(b"s5");
    let found = sessions.credential(&nothing, make.now()).await;
    assert_eq!(found.expect("read"), None);
    assert_eq!(
        list(&*sessions, "ada", make.now()).await,
        all,
        "oldest first"
    );
    assert_eq!(list(&*sessions, "eve", make.now()).await, []);
}

pub(super) async fn a_digest_is_issued_once<H: SessionsHarness>(world: &H) {
    let (sessions, mut make) = (world.sessions().await, Maker::new());
    let own = credential(&mut make, "s", "ada", Purpose::ApiToken);
    sessions.issue(&own).await.expect("issued");
    let other = credential(&mut make, "s", "eve", Purpose::ApiToken);
    is_there_already(&sessions.issue(&other).await, "credential");
    assert_eq!(find(&*sessions, &own, make.now()).await, Some(own));
    assert_eq!(list(&*sessions, "eve", make.now()).await, []);
}

pub(super) async fn a_credential_expires<H: SessionsHarness>(world: &H) {
    let (sessions, mut make) = (world.sessions().await, Maker::new());
    let mut own = credential(&mut make, "s", "ada", mailbox_proof());
    let end = own.created_at.plus(HOUR);
    own.expires_at = Some(end);
    sessions.issue(&own).await.expect("issued");
    let before = end.minus(MOMENT);
    assert_eq!(find(&*sessions, &own, before).await, Some(own.clone()));
    assert_eq!(list(&*sessions, "ada", before).await, [own.clone()]);
    for late in [end, end.plus(MOMENT), Timestamp::MAX] {
        assert_eq!(find(&*sessions, &own, late).await, None);
        assert_eq!(list(&*sessions, "ada", late).await, []);
    }
}

pub(super) async fn one_of_concurrent_revokers_revokes<H: SessionsHarness>(world: &H) {
    let (sessions, mut make) = (world.sessions().await, Maker::new());
    let own = credential(&mut make, "s1", "ada", mailbox_proof());
    let other = credential(&mut make, "s2", "ada", Purpose::ApiToken);
    for credential in [&own, &other] {
        sessions.issue(credential).await.expect("issued");
    }
    let answers = join_all((0..8).map(|_| sessions.revoke(&own.digest))).await;
    let revoked = answers
        .into_iter()
        .map(|answer| answer.expect("answered"))
        .filter(|revoked| *revoked);
    assert_eq!(revoked.count(), 1, "a proof is used once");
    assert_eq!(find(&*sessions, &own, make.now()).await, None);
    assert_eq!(list(&*sessions, "ada", make.now()).await, [other]);
    let again = sessions.revoke(&own.digest).await.expect("answered");
    assert!(!again, "there is none");
}

pub(super) async fn all_credentials_of_a_person_are_revoked<H: SessionsHarness>(world: &H) {
    let (sessions, mut make) = (world.sessions().await, Maker::new());
    for secret in ["s1", "s2", "s3"] {
        let own = credential(&mut make, secret, "ada", Purpose::ApiToken);
        sessions.issue(&own).await.expect("issued");
    }
    let other = credential(&mut make, "s4", "bob", Purpose::ApiToken);
    sessions.issue(&other).await.expect("issued");
    let ada: PersonId = read("ada");
    assert_eq!(sessions.revoke_all(&ada).await.expect("revoked"), 3);
    assert_eq!(sessions.revoke_all(&ada).await.expect("revoked"), 0);
    assert_eq!(list(&*sessions, "ada", make.now()).await, []);
    assert_eq!(list(&*sessions, "bob", make.now()).await, [other]);
}

pub(super) async fn a_use_is_noted_once_a_minute<H: SessionsHarness>(world: &H) {
    let (sessions, mut make) = (world.sessions().await, Maker::new());
    let own = credential(&mut make, "s1", "ada", Purpose::ApiToken);
    let other = credential(&mut make, "s2", "ada", Purpose::ApiToken);
    for credential in [&own, &other] {
        sessions.issue(credential).await.expect("issued");
    }
    let first = make.tick();
    let early = first.plus(USE_NOTED_EVERY).minus(MOMENT);
    let later = first.plus(USE_NOTED_EVERY);
    for (at, expected) in [
        (first, first),
        (early, first),
        (later, later),
        (first, later),
    ] {
        sessions.note_use(&own.digest, at).await.expect("noted");
        let noted = noted(&*sessions, &own, expected).await;
        assert_eq!(noted, Some(expected), "used at {at}");
        let listed = list(&*sessions, "ada", first).await;
        let listed: Vec<_> = listed.iter().map(|own| own.last_used_at).collect();
        assert_eq!(listed, [Some(expected), None]);
    }
    assert!(sessions.revoke(&own.digest).await.expect("revoked"));
    for nothing in [own.digest, Digest::of(b"nobody's")] {
        sessions.note_use(&nothing, later).await.expect("nothing");
    }
    assert_eq!(find(&*sessions, &own, first).await, None);
}

/// What is noted of a credential, once it is what is expected, or after a long time.
async fn noted(
    sessions: &dyn Sessions,
    own: &Credential,
    expected: Timestamp,
) -> Option<Timestamp> {
    let begin = Instant::now();
    loop {
        let last = find(sessions, own, own.created_at).await?.last_used_at;
        if last == Some(expected) || begin.elapsed() > PATIENCE {
            return last;
        }
    }
}

/// A proof of some mailbox.
fn mailbox_proof() -> Purpose {
    let address = "guest@example.org".parse().expect("an address");
    Purpose::MailboxProof { address }
}
