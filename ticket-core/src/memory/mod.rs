//! Every port in memory: the reference implementation, fit for tests, demos and examples.
//!
//! Obvious rather than fast: lists look at every ticket, and nothing survives the process. All
//! adapters agree with it, and the conformance suite proves that they do.
//!
//! ```
//! use ticket_core::memory::MemoryStore;
//! use ticket_core::value::TenantId;
//!
//! let store = MemoryStore::new();
//! let other = store.tenant(TenantId::new(7));
//! let again = other.clone(); // the same tickets: a store is a cheap handle
//! # drop(again);
//! ```

mod blob;
mod bus;
mod calls;
mod directory;
mod host;
mod inventory;
mod limiter;
mod notifier;
mod outbox;
mod presence;
mod repository;
mod search;
mod sessions;
mod settings;
mod spool;
mod vault;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::mail::MailMessageId;
use crate::plan::Receipt;
use crate::port::{Credential, Sealed, StoredSettings};
use crate::ticket::{Digest, EventRecord, Thread, Ticket};
use crate::value::{CallId, NoticeId, SpoolId, TenantId, TicketId, TicketNumber};

pub use bus::MemoryBus;
pub use directory::MemoryDirectory;
pub use host::{NoActions, NoSubjects};
pub use limiter::MemoryRateLimiter;
pub use notifier::MemoryNotifier;
pub use presence::MemoryPresence;

/// A store in memory, as a view on one of its tenants; clones share the same records.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    tenants: Arc<Mutex<BTreeMap<TenantId, Arc<Mutex<Records>>>>>,
    records: Arc<Mutex<Records>>,
}

/// Everything that is stored for one tenant.
#[derive(Debug, Default)]
struct Records {
    tickets: BTreeMap<TicketId, Ticket>,
    numbers: BTreeMap<TicketNumber, TicketId>,
    last_number: u64,
    threads: BTreeMap<TicketId, Thread>,
    events: BTreeMap<TicketId, Vec<EventRecord>>,
    mail_ids: BTreeMap<MailMessageId, TicketId>,
    keys: BTreeMap<(String, String), (Digest, Receipt)>,
    notices: BTreeMap<NoticeId, outbox::Entry>,
    calls: BTreeMap<CallId, calls::Entry>,
    sealed: BTreeMap<String, Sealed>,
    settings: Option<StoredSettings>,
    mails: BTreeMap<SpoolId, spool::Entry>,
    blobs: BTreeMap<Digest, Arc<[u8]>>,
    credentials: BTreeMap<Digest, Credential>,
}

impl MemoryStore {
    /// An empty store, seen by its default tenant.
    pub fn new() -> Self {
        let records = Arc::<Mutex<Records>>::default();
        let tenants = BTreeMap::from([(TenantId::default(), Arc::clone(&records))]);
        Self {
            tenants: Arc::new(Mutex::new(tenants)),
            records,
        }
    }

    /// The same store, seen by another tenant; tenants share nothing.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> Self {
        let records = Arc::clone(lock(&self.tenants).entry(id).or_default());
        Self {
            tenants: Arc::clone(&self.tenants),
            records,
        }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.records)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Every write checks before it changes anything, so a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
