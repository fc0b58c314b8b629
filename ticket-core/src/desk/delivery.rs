//! Mail and other notices out: at least once, with a stable identity.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::{Desk, DeskError, Request};
use crate::authority::Actor;
use crate::command::{Command, Note};
use crate::mail::{cap_since, within_cap};
use crate::notice::{Letter, Notice, Sources, compose, may_hear};
use crate::person::Person;
use crate::plan::IdempotencyKey;
use crate::port::{Claimed, Notifier, NotifyError, Settlement, Whole};
use crate::refusal::Refusal;
use crate::ticket::{Cause, Digest};
use crate::value::{Body, Line, NoticeId, PersonId, Timestamp};

/// How many letters are under way at once.
const AT_ONCE: u16 = 8;
/// The wait after the first failed attempt; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(15);
/// The longest wait between attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// When a notice that can't be delivered is given up (RFC 5321, 4.5.4.1 says 4 to 5 days).
const GIVE_UP: Duration = Duration::from_secs(5 * 24 * 60 * 60);

/// What became of a batch of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delivered {
    /// The notifier took them.
    pub sent: u32,
    /// Failed and are tried again.
    pub retried: u32,
    /// Failed for good.
    pub dead: u32,
    /// Were not sent, because too many automatic ones went to the address.
    pub suppressed: u32,
}

impl Delivered {
    /// Whether there was nothing to do.
    pub const fn is_idle(&self) -> bool {
        self.sent == 0 && self.retried == 0 && self.dead == 0 && self.suppressed == 0
    }

    const fn count(&mut self, settlement: &Settlement) {
        match settlement {
            Settlement::Sent { .. } => self.sent += 1,
            Settlement::Retry { .. } => self.retried += 1,
            Settlement::Dead { .. } => self.dead += 1,
            Settlement::Suppressed => self.suppressed += 1,
            Settlement::Underway { .. } => {}
        }
    }
}

impl Desk {
    /// Whether there is something that brings letters to people; otherwise notices wait.
    pub fn delivers(&self) -> bool {
        self.ports.notifier.is_some()
    }

    /// Delivers at most `limit` notices that are due.
    ///
    /// After a crash those under way are delivered again when their lease is over, as the same
    /// letters. Without a notifier they wait.
    ///
    /// # Errors
    /// When the store fails; nothing is lost, call again later.
    pub async fn deliver(&self, limit: u16) -> Result<Delivered, DeskError> {
        let mut delivered = Delivered::default();
        let Some(notifier) = &self.ports.notifier else {
            return Ok(delivered);
        };
        let mut left = limit;
        while left > 0 {
            // No more than are under way at once, so that none waits while its lease runs out.
            let some = left.min(AT_ONCE);
            let now = self.ports.clock.now();
            let lease = self.ports.lease;
            let claimed = self.ports.store.claim_notices(now, lease, some).await?;
            if claimed.is_empty() {
                break;
            }
            for Claimed { notice, fence, .. } in &claimed {
                self.ports.claims.take_notice(notice.id, *fence, now);
            }
            // Each future owns its claim: borrowed ones would make this one impossible to spawn.
            let attempts = claimed
                .into_iter()
                .map(|claimed| self.attempt_delivery(claimed, &**notifier));
            for settlement in join_all(attempts).await {
                delivered.count(&settlement?);
            }
            left -= some;
        }
        Ok(delivered)
    }

    /// Lets a dead or suppressed notice be delivered again; `false` when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn requeue_notice(&self, id: NoticeId) -> Result<bool, DeskError> {
        Ok(self
            .ports
            .store
            .requeue_notice(id, self.ports.clock.now())
            .await?)
    }

    async fn attempt_delivery(
        &self,
        claimed: Claimed,
        notifier: &dyn Notifier,
    ) -> Result<Settlement, DeskError> {
        let settlement = self.attempt_claimed(&claimed, notifier).await;
        // Not when this future is dropped: then it is still to be given back.
        self.ports.claims.drop_notice(claimed.notice.id);
        settlement
    }

    async fn attempt_claimed(
        &self,
        claimed: &Claimed,
        notifier: &dyn Notifier,
    ) -> Result<Settlement, DeskError> {
        let Claimed {
            notice,
            fence,
            attempt,
        } = claimed;
        // One that can't be composed must neither stay claimed for ever nor stop the others.
        let handed = AssertUnwindSafe(self.hand_out(notice, notifier))
            .catch_unwind()
            .await;
        let withdrawn = matches!(handed, Ok(Ok(Handed::Withdrawn)));
        let settlement = match handed {
            Ok(Ok(Handed::Taken)) => Settlement::Sent {
                at: self.ports.clock.now(),
            },
            Ok(Ok(Handed::Capped)) => Settlement::Suppressed,
            Ok(Ok(Handed::Withdrawn)) => Settlement::Dead {
                error: "the recipient may not hear of it any more".into(),
            },
            Ok(Ok(Handed::Failed(NotifyError::Never(error)))) => Settlement::Dead {
                error: error.into(),
            },
            Ok(Ok(Handed::Failed(NotifyError::Later(error)))) => {
                self.later(notice, *attempt, error.into())
            }
            Ok(Err(error)) => self.later(notice, *attempt, error.to_string().into()),
            Err(_) => self.later(notice, *attempt, "a bug: delivering it panicked".into()),
        };
        // Told before it is settled: a crash in between tells it again, and the key keeps it once.
        if let (Settlement::Dead { error }, false) = (&settlement, withdrawn) {
            self.record_failure(notice, error).await?;
        }
        self.ports
            .store
            .settle_notice(notice.id, *fence, &settlement)
            .await?;
        Ok(settlement)
    }

    async fn hand_out(
        &self,
        notice: &Notice,
        notifier: &dyn Notifier,
    ) -> Result<Handed, DeskError> {
        let whole = self.ports.lookup.whole(&notice.ticket.into()).await?;
        let whole = whole.ok_or(Refusal::NotFound { what: "ticket" })?;
        let Some(notice) = &self.still_addressed(notice, &whole).await? else {
            return Ok(Handed::Withdrawn);
        };
        if self.is_capped(notice).await? {
            return Ok(Handed::Capped);
        }
        let letter = self.letter(notice, whole);
        Ok(match notifier.deliver(&letter).await {
            Ok(()) => Handed::Taken,
            Err(error) => Handed::Failed(error),
        })
    }

    /// The notice to where its recipient is written to now; `None` when they may not hear of it
    /// any more, for much may have changed since it was made.
    async fn still_addressed(
        &self,
        notice: &Notice,
        whole: &Whole,
    ) -> Result<Option<Notice>, DeskError> {
        let person = match whole.authors.get(&notice.person) {
            Some(author) => Some(author.clone()),
            None => {
                let recipient = [notice.person.clone()].into();
                self.people(&recipient).await?.remove(&notice.person)
            }
        };
        let may_hear = |person: &Person| may_hear(person, notice.kind, &whole.ticket);
        let Some(person) = person.filter(may_hear) else {
            return Ok(None);
        };
        if person.addresses.contains(&notice.to.address) {
            return Ok(Some(notice.clone()));
        }
        Ok(person.mailbox().map(|to| Notice {
            to,
            ..notice.clone()
        }))
    }

    /// Tells the team that a letter to a customer will never arrive, once for each notice.
    async fn record_failure(&self, notice: &Notice, error: &str) -> Result<(), DeskError> {
        if notice.kind.is_for_team() {
            return Ok(());
        }
        let text = format!("{} could not be reached: {error}", notice.to.address);
        let command = Command::RecordBounce {
            notice: notice.id,
            person: notice.person.clone(),
            note: Note::from(Body::new(&text)?),
        };
        let key = notice.id.to_string();
        let fingerprint = Digest::of(key.as_bytes());
        let request = Request::new(notice.ticket, command).once(IdempotencyKey {
            scope: "delivery".to_owned(),
            key,
            fingerprint,
        });
        self.perform(&Actor::System, &Cause::Clock, request).await?;
        Ok(())
    }

    async fn is_capped(&self, notice: &Notice) -> Result<bool, DeskError> {
        if !notice.is_capped() {
            return Ok(false);
        }
        let settings = self.settings().await?;
        let mail = &settings.settings().mail;
        let since = cap_since(notice.created_at, mail);
        let earlier = self
            .ports
            .store
            .automatic_before(&notice.to.address, since, notice)
            .await?;
        Ok(!within_cap(earlier, mail))
    }

    /// The letter of a notice, composed from what is stored.
    fn letter(&self, notice: &Notice, whole: Whole) -> Letter {
        let authors = whole.authors.into_values();
        let names: BTreeMap<PersonId, Line> =
            authors.map(|person| (person.id, person.name)).collect();
        let sources = Sources {
            thread: &whole.thread,
            names: &names,
            key: &self.ports.key,
        };
        compose(notice, sources)
    }

    fn later(&self, notice: &Notice, attempt: u32, error: Line) -> Settlement {
        let now = self.ports.clock.now();
        if notice.created_at.plus(GIVE_UP) <= now {
            return Settlement::Dead { error };
        }
        Settlement::Retry {
            at: retry_at(notice.id, attempt, now),
            error,
        }
    }
}

/// What came of handing a letter to the notifier.
enum Handed {
    Taken,
    Capped,
    Withdrawn,
    Failed(NotifyError),
}

/// When to try again: the wait doubles, and the notice's identity spreads it by up to a quarter.
fn retry_at(id: NoticeId, attempt: u32, now: Timestamp) -> Timestamp {
    let doubled = FIRST_WAIT.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let wait = doubled.min(LONGEST_WAIT);
    let spread = u32::from(id.uuid().as_bytes()[15]);
    now.plus(wait + wait / 4 * spread / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_a_quarter() {
        let id = NoticeId::new(uuid::Uuid::from_u128(255));
        let now = Timestamp::from_micros(0);
        let wait = |attempt| retry_at(id, attempt, now).micros() / 1_000_000;
        assert_eq!((wait(1), wait(2), wait(3)), (18, 37, 75));
        assert_eq!((wait(30), wait(u32::MAX)), (4_500, 4_500));
    }
}
