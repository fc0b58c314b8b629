//! A read cache in front of other adapters.

mod directory;
mod settings;
mod shelf;
mod store;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::redis::Redis;
use shelf::Shelf;

/// How long an entry holds unless told otherwise.
const TTL: Duration = Duration::from_secs(5);

/// An adapter whose settings and people are cached on Redis, for all nodes; every other method is
/// passed on.
///
/// Around an `Arc<dyn Store>` it caches the settings and their generation; around an
/// `Arc<dyn Directory>` or `Arc<dyn Roster>`, people by id and by address, organizations, and the
/// members of queues.
///
/// - **On the node that writes through it, it is exact**: until twice the age of an entry after a
///   write this node reads through, whether or not Redis heard of the write.
/// - **On other nodes, an entry is at most as old as told** (5 seconds unless told otherwise).
///   Usually the writer removes it at once. What a host changes behind the back of the port shows
///   after that age, or at once when it says so by [`Self::forget_person`].
/// - **Nothing that was read before a change is filled in after it.** A miss leaves a mark in the
///   entry; only who finds their own mark still there fills it, and a change removes it.
/// - **Without Redis it reads through.**
///
/// Never cached: tickets, threads and history, on which decisions rest; and credentials, since a
/// revoked one must stop to work at once. That somebody is not there is not cached either.
pub struct Cached<T: ?Sized> {
    inner: Arc<T>,
    shelf: Shelf,
}

impl<T: ?Sized> Cached<T> {
    /// A cache in front of an adapter; both are views on the same tenant.
    pub fn new(inner: Arc<T>, redis: &Redis) -> Self {
        Self {
            inner,
            shelf: Shelf::new(redis.clone(), TTL),
        }
    }

    /// The same, with entries that hold so long.
    #[must_use]
    pub fn hold(mut self, ttl: Duration) -> Self {
        self.shelf = self.shelf.hold(ttl);
        self
    }
}

impl<T: ?Sized> fmt::Debug for Cached<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("shelf", &self.shelf)
            .finish_non_exhaustive()
    }
}
