//! Ports: what the desk needs from the world outside. The documentation of a method is its
//! contract, and the conformance suite (feature `conformance`) checks it.
//!
//! A handle is a view on one tenant; no method takes a tenant, so none can forget it.
//! Time is an argument. Absence is `Ok(None)`. All methods may be called concurrently.

mod blob;
mod bus;
mod calls;
mod directory;
mod error;
mod host;
mod inventory;
mod lookup;
mod mail_reader;
#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "mock")]
mod mock_store;
mod notifier;
mod outbox;
mod presence;
mod repository;
mod search;
mod sessions;
mod settings;
mod spool;
mod system;
mod vault;

pub use blob::{BlobStore, BlobWriter};
pub use bus::{EventBus, Happening, Subscription};
pub use calls::{CallLog, CallOutbox, CallSettlement, CallState, CallStatus, ClaimedCall};
pub use directory::{Directory, Roster};
pub use error::StoreError;
pub use host::{ActionOffer, HostActions, SubjectCard, SubjectResolver};
pub use inventory::{Inventory, Stray};
pub use lookup::{Gathered, Holder, Lookup, Standing, Wanted, Whole};
pub use mail_reader::MailReader;
pub use notifier::{Notifier, NotifyError};
pub use outbox::{Claimed, Fence, NoticeState, NoticeStatus, Outbox, Settlement};
pub use presence::{Doing, Presence, Present};
pub use repository::{Reference, TicketRepository};
pub use search::TicketSearch;
pub use sessions::{Credential, Purpose, RateLimiter, Sessions, Verdict};
pub use settings::{SettingsStore, StoredSettings};
pub use spool::{ClaimedMail, MailSettlement, MailSpool, SpoolState, SpooledMail, SpooledStatus};
pub use system::{Clock, Ids};
pub use vault::{Sealed, Vault};

/// All ports of a store, on one tenant; implemented for whatever has them all.
pub trait Store:
    TicketRepository
    + TicketSearch
    + SettingsStore
    + Outbox
    + CallOutbox
    + CallLog
    + Vault
    + MailSpool
    + BlobStore
    + Sessions
    + Inventory
{
}

impl<T> Store for T where
    T: TicketRepository
        + TicketSearch
        + SettingsStore
        + Outbox
        + CallOutbox
        + CallLog
        + Vault
        + MailSpool
        + BlobStore
        + Sessions
        + Inventory
{
}
