//! The desk: load, plan, commit, publish. It contains no rule.
//!
//! Every channel goes through it: the API, the mail intake, the timers and an embedding program.
//! Somebody acts through a [`Caller`]; what runs by itself (mail, deliveries, the clock) are
//! methods of the [`Desk`], for a worker to call again and again.

mod builder;
mod caller;
mod claims;
mod credentials;
mod delivery;
mod error;
mod guests;
mod host;
mod incoming;
mod intake;
mod live;
mod lookup;
mod perform;
mod presence;
mod reading;
mod separately;
mod settings;
mod timers;
mod tokens;
mod verify;

use std::sync::Arc;

pub use builder::DeskBuilder;
pub use caller::Caller;
pub use credentials::Secret;
pub use delivery::Delivered;
pub use error::DeskError;
pub use guests::GuestAccess;
pub use intake::Processed;
pub use live::{ListNews, LiveList, LiveTicket, Position, TicketNews};
pub use perform::Request;
pub use reading::{Listing, ShownTicket};
pub use separately::Separately;
pub use tokens::NewToken;
pub use verify::{Finding, Report};

use crate::mail::SigningKey;
use crate::port::{
    Clock, Directory, EventBus, HostActions, Ids, Lookup, MailReader, Notifier, Presence,
    RateLimiter, Store, SubjectResolver, Subscription,
};

/// A support desk over some store and directory; cheap to clone and to share.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use ticket_core::command::Open;
/// use ticket_core::desk::Desk;
/// use ticket_core::mail::SigningKey;
/// use ticket_core::memory::{MemoryDirectory, MemoryStore};
/// use ticket_core::person::Person;
/// use ticket_core::port::Roster;
///
/// let people = MemoryDirectory::new();
/// let ada = Person::customer(7_u64.into(), "Ada", "ada@example.org".parse()?);
/// people.save_person(&ada).await?;
///
/// let key = SigningKey::new([7; 32]);
/// let desk = Desk::builder(Arc::new(MemoryStore::new()), Arc::new(people), key).build();
///
/// let caller = desk.acting(&ada.id).await?;
/// let open = Open::new("support".parse()?, "Printer jam".parse()?, "It is stuck.".parse()?);
/// let receipt = caller.open(open).await?;
/// caller.reply(receipt.ticket, "It works again.".parse::<ticket_core::value::Body>()?).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Desk {
    ports: Arc<Ports>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// Everything that a desk was given.
struct Ports {
    store: Arc<dyn Store>,
    directory: Arc<dyn Directory>,
    lookup: Arc<dyn Lookup>,
    key: SigningKey,
    notifier: Option<Arc<dyn Notifier>>,
    mail_reader: Option<Arc<dyn MailReader>>,
    bus: Arc<dyn EventBus>,
    limiter: Arc<dyn RateLimiter>,
    presence: Arc<dyn Presence>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    subjects: Option<Arc<dyn SubjectResolver>>,
    actions: Option<Arc<dyn HostActions>>,
    settings: settings::Cache,
    uses: tokens::Uses,
    lease: std::time::Duration,
    claims: claims::Claims,
}

impl Desk {
    /// Begins to put a desk together.
    ///
    /// The key signs what the desk must know again in an answer; keep it secret and never change
    /// it without need: what was signed with another one is not trusted any more.
    pub fn builder(
        store: Arc<dyn Store>,
        directory: Arc<dyn Directory>,
        key: SigningKey,
    ) -> DeskBuilder {
        DeskBuilder::new(store, directory, key)
    }

    /// Listens for news; they are hints and may get lost.
    pub async fn subscribe(&self) -> Box<dyn Subscription> {
        self.ports.bus.subscribe().await
    }

    /// The store behind the desk, for what only an operator does.
    pub fn store(&self) -> &dyn Store {
        &*self.ports.store
    }

    /// The directory behind the desk.
    pub fn directory(&self) -> &dyn Directory {
        &*self.ports.directory
    }
}
