//! Who is at a ticket, on any node.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::port::{Doing, Presence, Present, StoreError};
use ticket_core::value::{PersonId, TicketId, Timestamp};

use crate::redis::{Redis, call, script};

/// Who looks at or types in a ticket, on any node.
///
/// A ticket is a hash of its people, which Redis removes when the last of them is gone. This node
/// keeps its own people too: when Redis does not answer, they are all that is known. So it never
/// fails unless the node's own does.
#[derive(Clone)]
pub struct RedisPresence {
    redis: Redis,
    own: Arc<dyn Presence>,
}

impl RedisPresence {
    /// Presence on Redis, and this node's own for when it does not answer, such as
    /// [`MemoryPresence`](ticket_core::memory::MemoryPresence).
    pub fn new(redis: &Redis, own: Arc<dyn Presence>) -> Self {
        Self {
            redis: redis.clone(),
            own,
        }
    }

    fn key(&self, ticket: TicketId) -> String {
        self.redis.key("present", &ticket.to_string())
    }
}

#[async_trait]
impl Presence for RedisPresence {
    async fn appear(
        &self,
        ticket: TicketId,
        person: &PersonId,
        doing: Doing,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        self.own.appear(ticket, person, doing, now, ttl).await?;
        let keep = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let mut call = call(script!("appear.lua"));
        call.key(self.key(ticket))
            .arg(person.as_str())
            .arg(now.plus(ttl).micros())
            .arg(now.micros())
            .arg(word(doing))
            .arg(keep.clamp(1, 1 << 50));
        // A hint that may get lost, and the link has told the log.
        let _: Result<(), _> = self.redis.run(&call).await;
        Ok(())
    }

    async fn leave(&self, ticket: TicketId, person: &PersonId) -> Result<(), StoreError> {
        self.own.leave(ticket, person).await?;
        let mut command = redis::cmd("HDEL");
        command.arg(self.key(ticket)).arg(person.as_str());
        let _: Result<u64, _> = self.redis.ask(&command).await;
        Ok(())
    }

    async fn present(&self, ticket: TicketId, now: Timestamp) -> Result<Vec<Present>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.key(ticket));
        let answer: Result<Vec<(String, String)>, _> = self.redis.ask(&command).await;
        let Ok(people) = answer else {
            return self.own.present(ticket, now).await;
        };
        let mut present: Vec<Present> = people
            .iter()
            .filter_map(|(person, place)| read(person, place))
            .filter(|own| own.until > now)
            .collect();
        present.sort_by(|one, other| one.person.cmp(&other.person));
        Ok(present)
    }
}

const fn word(doing: Doing) -> &'static str {
    match doing {
        Doing::Looking => "looking",
        Doing::Typing => "typing",
    }
}

fn read(person: &str, place: &str) -> Option<Present> {
    let (until, doing) = place.split_once(':')?;
    let doing = [Doing::Looking, Doing::Typing]
        .into_iter()
        .find(|own| word(*own) == doing)?;
    Some(Present {
        person: PersonId::new(person).ok()?,
        doing,
        until: Timestamp::from_micros(until.parse().ok()?),
    })
}

impl fmt::Debug for RedisPresence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisPresence")
            .field("redis", &self.redis)
            .finish_non_exhaustive()
    }
}
