//! Side by side with the reference implementation: equal questions, equal answers.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::StoreHarness;
use super::author::Author;
use super::expect::{nothing_strays, read, store};
use super::maker::key;
use super::questions::{Seen, list, query, reach, survey};
use super::snapshot::{Asked, Snapshot};
use super::vocabulary::{PEOPLE, WEBHOOKS, any};
use crate::mail::{Decision, Outcome, Quarantine};
use crate::memory::MemoryStore;
use crate::plan::{IdempotencyKey, Plan};
use crate::port::{
    Claimed, ClaimedCall, ClaimedMail, Credential, MailSettlement, Purpose, Settlement,
    SpooledMail, Store, StoreError,
};
use crate::settings::Settings;
use crate::ticket::{Digest, SenderProof};
use crate::value::{CallId, NoticeId, SpoolId, Timestamp};

pub(super) const LEASE: Duration = Duration::from_secs(60);

/// The store under test and the reference, with what both were given.
pub(super) struct Pair {
    pub(super) subject: Arc<dyn Store>,
    pub(super) reference: MemoryStore,
    pub(super) author: Author,
    asked: Asked,
    notices: Vec<NoticeId>,
    pub(super) calls: Vec<CallId>,
    claims: Vec<(Claimed, Claimed)>,
    pub(super) call_claims: Vec<(ClaimedCall, ClaimedCall)>,
    mail_claims: Vec<(ClaimedMail, ClaimedMail)>,
}

pub(super) async fn it_answers_like_the_reference<H: StoreHarness>(world: &H) {
    play(store(world).await, 41, 400).await;
}

pub(super) async fn it_answers_like_the_reference_again<H: StoreHarness>(world: &H) {
    play(store(world).await, 42, 400).await;
}

async fn play(subject: Arc<dyn Store>, seed: u64, steps: usize) {
    let asked = Asked {
        people: PEOPLE.map(read).into(),
        webhooks: WEBHOOKS.map(read).into(),
        mail_ids: (0..20)
            .map(|own| read(&format!("mail{own}@example.org")))
            .collect(),
        ..Asked::default()
    };
    let mut pair = Pair {
        subject,
        reference: MemoryStore::new(),
        author: Author::new(seed),
        asked,
        notices: Vec::new(),
        calls: Vec::new(),
        claims: Vec::new(),
        call_claims: Vec::new(),
        mail_claims: Vec::new(),
    };
    pair.commit().await;
    for step in 1..=steps {
        pair.step().await;
        if step % 100 == 0 {
            pair.compare().await;
        }
    }
    nothing_strays(&*pair.subject).await;
}

/// Checks that both answered the same, also in the kind of error.
#[track_caller]
pub(super) fn same<T: Debug + PartialEq>(
    subject: Result<T, StoreError>,
    reference: Result<T, StoreError>,
) {
    let subject = subject.map_err(|error| error.to_string());
    let reference = reference.map_err(|error| error.to_string());
    assert_eq!(subject, reference, "the reference is on the right");
}

impl Pair {
    async fn step(&mut self) {
        match self.author.chance.below(18) {
            0..=3 => self.commit().await,
            4 => self.commit_again().await,
            5 => self.claim_notices().await,
            6 | 7 => self.settle_notice().await,
            8 => self.touch_notice().await,
            9 => self.take_mail().await,
            10 => self.settle_mail().await,
            11 => self.save_settings().await,
            12 => self.change_credentials().await,
            13 => self.claim_calls().await,
            14 | 15 => self.settle_call().await,
            16 => self.touch_calls().await,
            _ => self.pass_time(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.author.make.now()
    }

    fn pass_time(&mut self) {
        let seconds = u64::try_from(self.author.chance.below(90)).unwrap_or(0);
        let later = self.now().plus(Duration::from_secs(seconds));
        self.author.make.set(later);
    }

    async fn both(&self, plan: &Plan, own: Option<&IdempotencyKey>) {
        same(
            self.subject.commit(plan, own).await,
            crate::port::TicketRepository::commit(&self.reference, plan, own).await,
        );
    }

    async fn commit(&mut self) {
        let plan = self.author.next();
        let number = self.asked.keys.len().to_string();
        let own = key("ada", &number, &number);
        let is_keyed = self.author.chance.once_in(2);
        self.both(&plan, is_keyed.then_some(&own)).await;
        if is_keyed {
            self.asked.keys.push(own);
        }
        if plan.expected.is_none() {
            self.asked.tickets.push(plan.ticket.id);
        }
        self.notices
            .extend(plan.notices.iter().map(|notice| notice.id));
        self.calls.extend(plan.calls.iter().map(|call| call.id));
    }

    /// A stale plan: refused, unless an old key answers for it.
    async fn commit_again(&mut self) {
        let Some(plan) = self.author.stale() else {
            return;
        };
        let mut own = self.asked.keys.last().cloned();
        if let Some(own) = own.as_mut().filter(|_| self.author.chance.once_in(3)) {
            own.fingerprint = Digest::of(b"another request");
        }
        let own = own.filter(|_| self.author.chance.once_in(2));
        self.both(&plan, own.as_ref()).await;
    }

    async fn claim_notices(&mut self) {
        let limit = u16::try_from(1 + self.author.chance.below(6)).unwrap_or(1);
        let now = self.now();
        let subject = self.subject.claim_notices(now, LEASE, limit).await;
        let store: &dyn Store = &self.reference;
        let reference = store.claim_notices(now, LEASE, limit).await;
        let (subject, reference) = (subject.expect("claimed"), reference.expect("claimed"));
        let plain = |own: &Claimed| (own.notice.clone(), own.attempt);
        let told: Vec<_> = subject.iter().map(plain).collect();
        assert_eq!(told, reference.iter().map(plain).collect::<Vec<_>>());
        self.claims.extend(subject.into_iter().zip(reference));
    }

    /// Settles a claim, perhaps one that was lost or settled before.
    async fn settle_notice(&mut self) {
        if self.claims.is_empty() {
            return;
        }
        let chance = &mut self.author.chance;
        let (subject, reference) = chance.one(&self.claims).clone();
        let at = self.author.make.now();
        let error = "451".to_owned();
        let settlement = match self.author.chance.below(6) {
            0 | 1 => Settlement::Sent { at },
            2 => Settlement::Retry { at, error },
            3 => Settlement::Dead { error },
            4 => Settlement::Underway {
                until: at.plus(Duration::from_secs(90)),
            },
            _ => Settlement::Suppressed,
        };
        let id = subject.notice.id;
        let store: &dyn Store = &self.reference;
        same(
            self.subject
                .settle_notice(id, subject.fence, &settlement)
                .await,
            store.settle_notice(id, reference.fence, &settlement).await,
        );
    }

    async fn touch_notice(&mut self) {
        if self.notices.is_empty() {
            return;
        }
        let id = self.author.chance.pick(&self.notices);
        let now = self.now();
        let store: &dyn Store = &self.reference;
        if self.author.chance.once_in(2) {
            same(
                self.subject.requeue_notice(id, now).await,
                store.requeue_notice(id, now).await,
            );
            return;
        }
        same(
            self.subject.mark_bounced(id, "5.1.1").await,
            store.mark_bounced(id, "5.1.1").await,
        );
        let notice = store.notice(id).await.expect("read").expect("there");
        let (address, since) = (&notice.notice.to.address, now.minus(LEASE * 2));
        same(
            self.subject
                .automatic_before(address, since, &notice.notice)
                .await,
            store.automatic_before(address, since, &notice.notice).await,
        );
    }

    /// Accepts a mail, or claims some, or runs one again.
    async fn take_mail(&mut self) {
        let now = self.author.make.tick();
        let store: &dyn Store = &self.reference;
        match self.author.chance.below(3) {
            0 => {
                let subject = self.subject.claim_mail(now, LEASE, 2).await;
                let reference = store.claim_mail(now, LEASE, 2).await;
                let (subject, reference) = (subject.expect("claimed"), reference.expect("claimed"));
                let plain = |own: &ClaimedMail| (own.mail.clone(), own.attempt);
                let told: Vec<_> = subject.iter().map(plain).collect();
                assert_eq!(told, reference.iter().map(plain).collect::<Vec<_>>());
                self.mail_claims.extend(subject.into_iter().zip(reference));
            }
            1 if !self.asked.mails.is_empty() => {
                let id = self.author.chance.pick(&self.asked.mails);
                same(
                    self.subject.run_mail_again(id, now).await,
                    store.run_mail_again(id, now).await,
                );
            }
            _ => {
                let mail = SpooledMail {
                    id: SpoolId::new(self.author.make.uuid()),
                    queue: read("support"),
                    received_at: now,
                    raw: vec![b'x'; self.author.chance.below(2000)],
                };
                same(
                    self.subject.accept_mail(&mail).await,
                    store.accept_mail(&mail).await,
                );
                self.asked.mails.push(mail.id);
            }
        }
    }

    async fn settle_mail(&mut self) {
        if self.mail_claims.is_empty() {
            return;
        }
        let chance = &mut self.author.chance;
        let (subject, reference) = chance.one(&self.mail_claims).clone();
        let how = self.settlement();
        let store: &dyn Store = &self.reference;
        let id = subject.mail.id;
        same(
            self.subject.settle_mail(id, subject.fence, &how).await,
            store.settle_mail(id, reference.fence, &how).await,
        );
    }

    fn settlement(&mut self) -> MailSettlement {
        let at = self.now();
        let (ticket, posting) = self.author.posting();
        let decision = Decision {
            sender: None,
            proof: SenderProof::Unproven,
            machine: None,
            outcome: Outcome::Joins { ticket },
            evidence: Vec::new(),
        };
        match self.author.chance.below(3) {
            0 => MailSettlement::Retry {
                at,
                error: "busy".to_owned(),
            },
            1 => MailSettlement::Quarantined {
                reason: Quarantine::OwnMail,
                decision: Some(decision),
            },
            _ => MailSettlement::Done {
                ticket,
                posting,
                decision,
            },
        }
    }

    async fn save_settings(&mut self) {
        let store: &dyn Store = &self.reference;
        let stored = store.settings_generation().await.expect("read");
        let behind = u64::from(self.author.chance.once_in(3));
        let settings = Settings {
            name: format!("Desk {stored}"),
            ..Settings::default()
        };
        let seen = stored.saturating_sub(behind);
        same(
            self.subject.save_settings(seen, &settings).await,
            store.save_settings(seen, &settings).await,
        );
    }

    async fn change_credentials(&mut self) {
        let chance = &mut self.author.chance;
        let digest = Digest::of(&[u8::try_from(chance.below(12)).unwrap_or(0)]);
        let person = any(chance, &PEOPLE);
        let action = chance.below(8);
        let created_at = self.now();
        let store: &dyn Store = &self.reference;
        match action {
            0 => same(
                self.subject.revoke_all(&person).await,
                store.revoke_all(&person).await,
            ),
            1 | 2 => same(
                self.subject.revoke(&digest).await,
                store.revoke(&digest).await,
            ),
            _ => {
                let credential = Credential {
                    digest,
                    person,
                    purpose: Purpose::ApiToken,
                    label: String::new(),
                    created_at,
                    expires_at: None,
                };
                same(
                    self.subject.issue(&credential).await,
                    store.issue(&credential).await,
                );
            }
        }
    }

    /// Compares everything that both know, and what they find.
    async fn compare(&mut self) {
        self.asked.now = Some(self.now());
        let store: &dyn Store = &self.reference;
        let subject = Snapshot::of(&*self.subject, &self.asked).await;
        subject.is_same(&Snapshot::of(store, &self.asked).await);
        let seen: Vec<Seen> = survey(store, &self.author).await;
        for _ in 0..25 {
            let query = query(&mut self.author.chance, &seen);
            let reach = reach(&mut self.author.chance);
            let found = list(&*self.subject, &query, &reach, 20).await;
            assert_eq!(found, list(store, &query, &reach, 20).await, "{query:?}");
        }
    }
}
