//! What this desk has claimed and is at: kept while the work goes on, given back when it stops.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Desk, DeskError};
use crate::port::{Fence, MailSettlement, Settlement};
use crate::value::{Line, NoticeId, SpoolId, Timestamp};

/// How long a claim lasts that nobody keeps: longer than any notifier takes.
pub(super) const LEASE: Duration = Duration::from_secs(300);

/// For how long a claim is kept: whoever is at it longer has been dropped.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The claims of a desk that are not settled yet.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    notices: BTreeMap<NoticeId, (Fence, Timestamp)>,
    mails: BTreeMap<SpoolId, Fence>,
}

impl Claims {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take_notice(&self, id: NoticeId, fence: Fence, now: Timestamp) {
        self.held().notices.insert(id, (fence, now));
    }

    pub(super) fn drop_notice(&self, id: NoticeId) {
        self.held().notices.remove(&id);
    }

    pub(super) fn take_mail(&self, id: SpoolId, fence: Fence) {
        self.held().mails.insert(id, fence);
    }

    pub(super) fn drop_mail(&self, id: SpoolId) {
        self.held().mails.remove(&id);
    }
}

impl Desk {
    /// Keeps the notices that are being delivered for another lease, so that nobody else takes
    /// them over while a mail server is slow.
    ///
    /// With this, called every third of a lease, leases can be short (see
    /// [`DeskBuilder::lease`](super::DeskBuilder::lease)), and what a process held that died is
    /// taken over soon.
    ///
    /// # Errors
    /// When the store fails; call again soon.
    pub async fn keep_claims(&self) -> Result<(), DeskError> {
        let now = self.ports.clock.now();
        let until = now.plus(self.ports.lease);
        let held: Vec<(NoticeId, Fence)> = {
            let mut held = self.ports.claims.held();
            held.notices
                .retain(|_, (_, since)| now < since.plus(LONGEST));
            let notices = held.notices.iter();
            notices.map(|(id, (fence, _))| (*id, *fence)).collect()
        };
        for (id, fence) in held {
            let settlement = Settlement::Underway { until };
            let store = &self.ports.store;
            store.settle_notice(id, fence, &settlement).await?;
        }
        Ok(())
    }

    /// Gives back what is claimed and was left unfinished, for others to take at once.
    ///
    /// For a worker that stops, when it has dropped [`Desk::deliver`] and [`Desk::process_mail`].
    ///
    /// # Errors
    /// When the store fails; then the leases run out.
    pub async fn give_back(&self) -> Result<(), DeskError> {
        let Held { notices, mails } = std::mem::take(&mut *self.ports.claims.held());
        let at = self.ports.clock.now();
        let error = Line::new("the worker stopped");
        for (id, (fence, _)) in notices {
            let error = error.clone();
            let settlement = Settlement::Retry { at, error };
            let store = &self.ports.store;
            store.settle_notice(id, fence, &settlement).await?;
        }
        for (id, fence) in mails {
            let error = error.clone();
            let settlement = MailSettlement::Retry { at, error };
            let store = &self.ports.store;
            store.settle_mail(id, fence, &settlement).await?;
        }
        Ok(())
    }
}
