//! Putting a desk together.

use std::sync::Arc;
use std::time::Duration;

use super::{Desk, Ports, Separately, claims, settings, tokens};
use crate::mail::SigningKey;
use crate::memory::{MemoryBus, MemoryPresence, MemoryRateLimiter};
use crate::port::{
    Clock, Directory, EventBus, HostActions, Ids, Lookup, MailReader, Notifier, Presence,
    RateLimiter, Store, SubjectResolver,
};
use crate::system::{RandomIds, SystemClock};

/// Puts a desk together; what is not given has a default that needs nothing.
pub struct DeskBuilder {
    ports: Ports,
}

impl std::fmt::Debug for DeskBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeskBuilder").finish_non_exhaustive()
    }
}

impl DeskBuilder {
    pub(super) fn new(
        store: Arc<dyn Store>,
        directory: Arc<dyn Directory>,
        key: SigningKey,
    ) -> Self {
        Self {
            ports: Ports {
                lookup: Arc::new(Separately::new(Arc::clone(&store), Arc::clone(&directory))),
                store,
                directory,
                key,
                notifier: None,
                mail_reader: None,
                bus: Arc::new(MemoryBus::new()),
                limiter: Arc::new(MemoryRateLimiter::new()),
                presence: Arc::new(MemoryPresence::new()),
                clock: Arc::new(SystemClock),
                ids: Arc::new(RandomIds),
                subjects: None,
                actions: None,
                settings: settings::Cache::default(),
                uses: tokens::Uses::default(),
                lease: claims::LEASE,
                claims: claims::Claims::default(),
            },
        }
    }

    /// What reads together all that a request rests on: a store behind a network answers it in
    /// one trip. By default store and directory are asked [separately](Separately).
    ///
    /// It must read the same store and directory that the desk was given.
    #[must_use]
    pub fn lookup(mut self, lookup: Arc<dyn Lookup>) -> Self {
        self.ports.lookup = lookup;
        self
    }

    /// What brings letters to people; without one, notices wait.
    #[must_use]
    pub fn notifier(mut self, notifier: Arc<dyn Notifier>) -> Self {
        self.ports.notifier = Some(notifier);
        self
    }

    /// What understands MIME; without one, spooled mail waits.
    #[must_use]
    pub fn mail_reader(mut self, reader: Arc<dyn MailReader>) -> Self {
        self.ports.mail_reader = Some(reader);
        self
    }

    /// What carries news to live screens; by default within this process.
    #[must_use]
    pub fn bus(mut self, bus: Arc<dyn EventBus>) -> Self {
        self.ports.bus = bus;
        self
    }

    /// What counts how often something happens; by default within this process.
    #[must_use]
    pub fn rate_limiter(mut self, limiter: Arc<dyn RateLimiter>) -> Self {
        self.ports.limiter = limiter;
        self
    }

    /// What knows who is at a ticket; by default within this process.
    #[must_use]
    pub fn presence(mut self, presence: Arc<dyn Presence>) -> Self {
        self.ports.presence = presence;
        self
    }

    /// What tells the time; by default the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.ports.clock = clock;
        self
    }

    /// What makes identities and secrets; by default the system's randomness.
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn Ids>) -> Self {
        self.ports.ids = ids;
        self
    }

    /// What shows the host's things that tickets are about; without one they are shown by id.
    #[must_use]
    pub fn subjects(mut self, subjects: Arc<dyn SubjectResolver>) -> Self {
        self.ports.subjects = Some(subjects);
        self
    }

    /// The host's own actions on tickets; by default there are none.
    #[must_use]
    pub fn actions(mut self, actions: Arc<dyn HostActions>) -> Self {
        self.ports.actions = Some(actions);
        self
    }

    /// How long others wait before they take over what a process claimed and left; 5 minutes by
    /// default, which no delivery takes. Make it shorter only if you call [`Desk::keep_claims`].
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.ports.lease = lease;
        self
    }

    /// The desk.
    pub fn build(self) -> Desk {
        Desk {
            ports: Arc::new(self.ports),
        }
    }
}
