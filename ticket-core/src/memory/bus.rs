//! News for live screens and idle workers.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use async_trait::async_trait;

use super::lock;
use crate::port::{EventBus, Happening, Subscription};

/// How many happenings are kept for subscribers who are slow.
const KEPT: usize = 256;

/// An event bus inside one process; clones are the same bus.
///
/// It keeps the latest 256 happenings: a subscriber who is slower than that misses the oldest, and
/// hears [`Happening::Missed`] in their place.
#[derive(Debug, Clone, Default)]
pub struct MemoryBus {
    owner: Arc<Owner>,
}

impl MemoryBus {
    /// A bus without subscribers.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Ends all subscriptions when the last handle of the bus is dropped.
#[derive(Debug, Default)]
struct Owner {
    channel: Arc<Mutex<Channel>>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut channel = lock(&self.channel);
        channel.is_gone = true;
        channel.wake();
    }
}

#[derive(Debug, Default)]
struct Channel {
    kept: VecDeque<Happening>,
    published: u64,
    waiting: BTreeMap<u64, Waker>,
    subscribers: u64,
    is_gone: bool,
}

impl Channel {
    fn push(&mut self, happening: Happening) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(happening);
        self.published = self.published.saturating_add(1);
        self.wake();
    }

    fn wake(&mut self) {
        for waker in std::mem::take(&mut self.waiting).into_values() {
            waker.wake();
        }
    }

    /// The first happening from `position` on that is still kept, and its position.
    fn from(&self, position: u64) -> Option<(u64, Happening)> {
        let kept = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
        let oldest = self.published.saturating_sub(kept);
        let position = position.max(oldest);
        let index = usize::try_from(position - oldest).unwrap_or(usize::MAX);
        self.kept.get(index).map(|happening| (position, *happening))
    }
}

#[async_trait]
impl EventBus for MemoryBus {
    async fn publish(&self, happening: Happening) {
        lock(&self.owner.channel).push(happening);
    }

    async fn subscribe(&self) -> Box<dyn Subscription> {
        let mut channel = lock(&self.owner.channel);
        channel.subscribers = channel.subscribers.saturating_add(1);
        Box::new(Listener {
            id: channel.subscribers,
            position: channel.published,
            channel: Arc::clone(&self.owner.channel),
        })
    }
}

struct Listener {
    id: u64,
    position: u64,
    channel: Arc<Mutex<Channel>>,
}

#[async_trait]
impl Subscription for Listener {
    async fn next(&mut self) -> Option<Happening> {
        poll_fn(|context| {
            let mut channel = lock(&self.channel);
            if let Some((position, happening)) = channel.from(self.position) {
                if position > self.position {
                    self.position = position;
                    return Poll::Ready(Some(Happening::Missed));
                }
                self.position = position.saturating_add(1);
                return Poll::Ready(Some(happening));
            }
            if channel.is_gone {
                return Poll::Ready(None);
            }
            channel.waiting.insert(self.id, context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        lock(&self.channel).waiting.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{TicketId, Version};

    fn committed(version: u64) -> Happening {
        Happening::Committed {
            ticket: TicketId::new(uuid::Uuid::from_u128(1)),
            version: Version::new(version),
        }
    }

    #[tokio::test]
    async fn a_slow_subscriber_hears_that_it_missed_the_oldest() {
        let bus = MemoryBus::new();
        let mut slow = bus.subscribe().await;
        for version in 0..300 {
            bus.publish(committed(version)).await;
        }
        assert_eq!(slow.next().await, Some(Happening::Missed));
        for version in 300 - 256..300 {
            assert_eq!(slow.next().await, Some(committed(version)));
        }
    }

    #[tokio::test]
    async fn subscriptions_end_with_the_last_handle_of_the_bus() {
        let bus = MemoryBus::new();
        let mut listener = bus.subscribe().await;
        let other = bus.clone();
        drop(bus);
        other.publish(Happening::MailAccepted).await;
        let waiting = tokio::spawn(async move {
            let heard = listener.next().await;
            (heard, listener.next().await)
        });
        tokio::task::yield_now().await;
        drop(other);
        let heard = waiting.await.expect("it ends");
        assert_eq!(heard, (Some(Happening::MailAccepted), None));
    }
}
