//! Calls of webhooks, side by side with the reference implementation.

use std::time::Duration;

use super::chance::Chance;
use super::expect::read;
use super::model::{LEASE, Pair, same};
use super::vocabulary::WEBHOOKS;
use crate::port::{CallSettlement, ClaimedCall, Store, StoreError};
use crate::webhook::Attempt;

impl Pair {
    pub(super) async fn claim_calls(&mut self) {
        let now = self.now();
        let chance = &mut self.author.chance;
        let most = |chance: &mut Chance| u16::try_from(chance.below(4)).unwrap_or(1);
        let wanted = WEBHOOKS.map(|key| (read(key), most(chance)));
        let subject = self.subject.claim_calls(now, LEASE, &wanted).await;
        let store: &dyn Store = &self.reference;
        let reference = store.claim_calls(now, LEASE, &wanted).await;
        let by_id = |claimed: Result<Vec<ClaimedCall>, StoreError>| {
            let mut claimed = claimed.expect("claimed");
            claimed.sort_by_key(|own| own.call.id);
            claimed
        };
        let (subject, reference) = (by_id(subject), by_id(reference));
        let plain = |own: &ClaimedCall| (own.call.clone(), own.attempt, own.log.clone());
        let told: Vec<_> = subject.iter().map(plain).collect();
        assert_eq!(told, reference.iter().map(plain).collect::<Vec<_>>());
        self.call_claims.extend(subject.into_iter().zip(reference));
    }

    /// Settles a claim, perhaps one that was lost or settled before.
    pub(super) async fn settle_call(&mut self) {
        if self.call_claims.is_empty() {
            return;
        }
        let chance = &mut self.author.chance;
        let (subject, reference) = chance.one(&self.call_claims).clone();
        let at = self.author.make.now();
        let log = vec![Attempt {
            at,
            took_millis: 1,
            status: Some(500),
            error: None,
        }];
        let settlement = match self.author.chance.below(6) {
            0 | 1 => CallSettlement::Delivered { at, log },
            2 => CallSettlement::Retry { at, log },
            3 => CallSettlement::GivenBack { at },
            4 => CallSettlement::Underway {
                until: at.plus(Duration::from_secs(90)),
            },
            _ => CallSettlement::Dead {
                error: "500".to_owned(),
                log,
            },
        };
        let id = subject.call.id;
        let store: &dyn Store = &self.reference;
        same(
            self.subject
                .settle_call(id, subject.fence, &settlement)
                .await,
            store.settle_call(id, reference.fence, &settlement).await,
        );
    }

    /// Makes one again, or ends what waits, or forgets what is old.
    pub(super) async fn touch_calls(&mut self) {
        let now = self.now();
        let store: &dyn Store = &self.reference;
        let active = [read(WEBHOOKS[0])];
        match self.author.chance.below(6) {
            0 => same(
                self.subject.end_calls(now, &active, "off").await,
                store.end_calls(now, &active, "off").await,
            ),
            1 => same(
                self.subject.forget_calls(&active, 3, 100).await,
                store.forget_calls(&active, 3, 100).await,
            ),
            _ if self.calls.is_empty() => {}
            _ => {
                let id = self.author.chance.pick(&self.calls);
                same(
                    self.subject.requeue_call(id, now).await,
                    store.requeue_call(id, now).await,
                );
            }
        }
    }
}
