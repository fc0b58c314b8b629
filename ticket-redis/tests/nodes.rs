//! Two nodes on one Redis.

#![expect(
    clippy::expect_used,
    reason = "only tests use this; what fails here must fail the test"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{Place, until};
use ticket_core::memory::{MemoryDirectory, MemoryPresence, MemoryRateLimiter, MemoryStore};
use ticket_core::person::{Person, Role};
use ticket_core::port::{
    Directory, Doing, EventBus, Happening, Presence, RateLimiter, Roster, Sessions, SettingsStore,
    Verdict,
};
use ticket_core::settings::Settings;
use ticket_core::ticket::Digest;
use ticket_core::value::{PersonId, TenantId, TicketId, Timestamp, Version};
use ticket_redis::{Cached, RedisBus, RedisLimiter, RedisPresence, RedisSessions};

const SECOND: Duration = Duration::from_secs(1);
const NOW: Timestamp = Timestamp::from_micros(1_767_603_600_000_001);

fn committed(version: u64) -> Happening {
    Happening::Committed {
        ticket: TicketId::new(uuid::Uuid::from_u128(7)),
        version: Version::new(version),
    }
}

fn id(name: &str) -> PersonId {
    PersonId::new(name).expect("an id")
}

fn ada(name: &str, address: &str) -> Person {
    Person::new(
        id("ada"),
        name,
        address.parse().expect("an address"),
        Role::Admin,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn news_reach_the_other_node_once_and_no_other_tenant() {
    let Some(place) = Place::new() else { return };
    let (one, two) = (place.node(), place.node());
    let other_tenant = RedisBus::new(&two.tenant(TenantId::new(9)));
    let (one, two) = (RedisBus::new(&one), RedisBus::new(&two));
    let mut elsewhere = other_tenant.subscribe().await;
    let (mut here, mut there) = (one.subscribe().await, two.subscribe().await);
    for version in 1..=3 {
        one.publish(committed(version)).await;
    }
    other_tenant.publish(Happening::MailAccepted).await;
    two.publish(committed(4)).await;
    for version in 1..=3 {
        assert_eq!(here.next().await, Some(committed(version)));
    }
    assert_eq!(here.next().await, Some(committed(4)), "its own came once");
    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push(there.next().await.expect("the bus is there"));
    }
    heard.retain(|own| *own != committed(4));
    assert_eq!(heard, [1, 2, 3].map(committed), "in order, once");
    assert_eq!(elsewhere.next().await, Some(Happening::MailAccepted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_exact_over_nodes() {
    let Some(place) = Place::new() else { return };
    let own = || Arc::new(MemoryRateLimiter::new());
    let nodes = [(); 4].map(|()| RedisLimiter::new(&place.node(), own()));
    let calls = (0..80).map(|turn| nodes[turn % 4].allow("ada", 20, SECOND * 60, NOW));
    let verdicts = futures_util::future::join_all(calls).await;
    let allowed = verdicts
        .into_iter()
        .filter(|own| matches!(own, Ok(Verdict::Allowed)));
    assert_eq!(allowed.count(), 20);
    let refused = nodes[0]
        .allow("ada", 20, SECOND * 60, NOW.plus(SECOND * 20))
        .await;
    let retry_after = SECOND * 40;
    assert_eq!(refused.expect("answered"), Verdict::Limited { retry_after });
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_were_flushed_are_loaded_again() {
    let Some(server) = test_kit::Redis::start(test_kit::RedisOptions::default()) else {
        return;
    };
    let node = support::node(&server.url(), "own");
    let limiter = RedisLimiter::new(&node, Arc::new(MemoryRateLimiter::new()));
    for _ in 0..2 {
        let verdict = limiter.allow("ada", 2, SECOND, NOW).await;
        assert_eq!(verdict.expect("answered"), Verdict::Allowed);
        server.command(&["SCRIPT", "FLUSH"]);
    }
    let other = RedisLimiter::new(&node, Arc::new(MemoryRateLimiter::new()));
    let verdict = other.allow("ada", 2, SECOND, NOW).await.expect("answered");
    assert_ne!(verdict, Verdict::Allowed, "both were counted on Redis");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_type_holds_is_as_nothing() {
    let Some(place) = Place::new() else { return };
    let node = place.node();
    let limiter = RedisLimiter::new(&node, Arc::new(MemoryRateLimiter::new()));
    let presence = RedisPresence::new(&node, Arc::new(MemoryPresence::new()));
    let sessions = RedisSessions::new(&node);
    let people = Cached::new(Arc::new(MemoryDirectory::new()), &place.node());
    let (ticket, digest) = (TicketId::new(uuid::Uuid::from_u128(7)), Digest::of(b"s"));
    let credential = credential(digest, Some(NOW.plus(SECOND * 60)));
    let wrong = [
        format!("{}:0:limit:ada", place.prefix),
        format!("{}:0:present:{ticket}", place.prefix),
        format!("{}:0:credential:{digest}", place.prefix),
        format!("{}:0:credentials:ada", place.prefix),
        format!("{}:0:cache:person:ada", place.prefix),
    ];
    for round in 0..2 {
        for key in &wrong {
            let set: Result<(), _> = redis::cmd("SET").arg(key).arg("x").query(&mut place.raw());
            set.expect("set");
        }
        assert_eq!(sessions.credential(&digest, NOW).await.expect("read"), None);
        assert_eq!(
            sessions.credentials(&id("ada"), NOW).await.expect("read"),
            []
        );
        assert!(!sessions.revoke(&digest).await.expect("answered"));
        sessions.issue(&credential).await.expect("issued");
        assert!(
            sessions
                .credential(&digest, NOW)
                .await
                .expect("read")
                .is_some()
        );
        assert_eq!(sessions.revoke_all(&id("ada")).await.expect("revoked"), 1);
        let verdict = limiter.allow("ada", 9, SECOND, NOW).await;
        assert_eq!(verdict.expect("answered"), Verdict::Allowed);
        assert!(presence.present(ticket, NOW).await.is_ok());
        presence
            .appear(ticket, &id("ada"), Doing::Typing, NOW, SECOND)
            .await
            .expect("noted");
        let other = RedisPresence::new(&place.node(), Arc::new(MemoryPresence::new()));
        assert_eq!(
            other.present(ticket, NOW).await.expect("read").len(),
            1,
            "{round}"
        );
        assert_eq!(people.people(&[id("ada")]).await.expect("read"), [None]);
    }
}

fn credential(digest: Digest, end: Option<Timestamp>) -> ticket_core::port::Credential {
    let purpose = ticket_core::port::Purpose::ApiToken;
    let mut own = ticket_core::port::Credential::new(digest, id("ada"), purpose, NOW);
    own.expires_at = end;
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_forgets_by_itself_what_expires() {
    let Some(place) = Place::new() else { return };
    let node = place.node();
    let sessions = RedisSessions::new(&node);
    let key = format!("{}:0:credentials:ada", place.prefix);
    let left = || -> i64 {
        let left = redis::cmd("PTTL").arg(&key).query(&mut place.raw());
        left.expect("asked")
    };
    for (secret, seconds) in [("a", 100), ("b", 1000), ("c", 10)] {
        let end = NOW.plus(SECOND * seconds);
        let own = credential(Digest::of(secret.as_bytes()), Some(end));
        sessions.issue(&own).await.expect("issued");
    }
    assert!(
        (1_000_000..=1_060_000).contains(&left()),
        "as long as the last"
    );
    let own = credential(Digest::of(b"d"), None);
    sessions.issue(&own).await.expect("issued");
    assert_eq!(left(), -1, "for ever");
    let limiter = RedisLimiter::new(&node, Arc::new(MemoryRateLimiter::new()));
    limiter
        .allow("ada", 1, SECOND, NOW)
        .await
        .expect("answered");
    let presence = RedisPresence::new(&node, Arc::new(MemoryPresence::new()));
    let ticket = TicketId::new(uuid::Uuid::from_u128(7));
    presence
        .appear(ticket, &id("ada"), Doing::Looking, NOW, SECOND)
        .await
        .expect("noted");
    let people = Cached::new(Arc::new(MemoryDirectory::new()), &node);
    people.people(&[id("ada")]).await.expect("read");
    for key in place
        .keys()
        .iter()
        .filter(|key| !key.contains(":credential"))
    {
        let left: i64 = redis::cmd("PTTL")
            .arg(key)
            .query(&mut place.raw())
            .expect("asked");
        assert!(left > 0 && left <= 5_000, "{key} is kept for {left} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_answers_and_a_change_elsewhere_shows_at_once() {
    let Some(place) = Place::new() else { return };
    let book = MemoryDirectory::new();
    book.save_person(&ada("Ada", "ada@example.org"))
        .await
        .expect("saved");
    let one = Cached::new(Arc::new(book.clone()), &place.node());
    let two = Cached::new(Arc::new(book.clone()), &place.node());
    let old = "ada@example.org".parse().expect("an address");
    let name = async |own: &Cached<MemoryDirectory>| {
        let people = own.people(&[id("ada")]).await.expect("read");
        people[0].clone().expect("there").name
    };
    assert_eq!(name(&one).await, "Ada");
    assert!(one.by_address(&old).await.expect("read").is_some());
    book.save_person(&ada("Behind", "ada@example.org"))
        .await
        .expect("saved");
    assert_eq!(name(&one).await, "Ada", "it is the cache that answers");
    assert_eq!(name(&two).await, "Ada", "on the other node too");

    one.save_person(&ada("New", "new@example.org"))
        .await
        .expect("saved");
    assert_eq!(name(&one).await, "New");
    assert_eq!(name(&two).await, "New");
    for own in [&one, &two] {
        assert_eq!(
            own.by_address(&old).await.expect("read"),
            None,
            "the address went"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_another_node_saves_show_at_once() {
    let Some(place) = Place::new() else { return };
    let store = MemoryStore::new();
    let one = Cached::new(Arc::new(store.clone()), &place.node());
    let two = Cached::new(Arc::new(store.clone()), &place.node());
    let named = |name: &str| Settings {
        name: name.to_owned(),
        ..Settings::default()
    };
    one.save_settings(0, &named("first")).await.expect("saved");
    for _ in 0..2 {
        assert_eq!(two.settings_generation().await.expect("read"), 1);
        let settings = two.settings().await.expect("read").expect("there");
        assert_eq!(settings.settings, named("first"));
    }
    store
        .save_settings(1, &named("behind"))
        .await
        .expect("saved");
    assert_eq!(
        two.settings_generation().await.expect("read"),
        1,
        "from the cache"
    );
    one.save_settings(2, &named("third")).await.expect("saved");
    for own in [&one, &two] {
        assert_eq!(own.settings_generation().await.expect("read"), 3);
        let settings = own.settings().await.expect("read").expect("there");
        assert_eq!(
            (settings.generation, settings.settings),
            (3, named("third"))
        );
    }
}

/// A directory that is slow to answer: it has read, and waits before it says so.
struct Slow {
    book: MemoryDirectory,
    read: tokio::sync::Semaphore,
    answer: tokio::sync::Semaphore,
}

#[async_trait::async_trait]
impl Directory for Slow {
    async fn people(
        &self,
        ids: &[PersonId],
    ) -> Result<Vec<Option<Person>>, ticket_core::port::StoreError> {
        let people = self.book.people(ids).await;
        self.read.add_permits(1);
        self.answer.acquire().await.expect("open").forget();
        people
    }

    async fn by_address(
        &self,
        address: &ticket_core::value::EmailAddress,
    ) -> Result<Option<Person>, ticket_core::port::StoreError> {
        self.book.by_address(address).await
    }

    async fn organization(
        &self,
        id: &ticket_core::value::OrganizationId,
    ) -> Result<Option<ticket_core::person::Organization>, ticket_core::port::StoreError> {
        self.book.organization(id).await
    }

    async fn members(
        &self,
        queue: &ticket_core::value::QueueKey,
    ) -> Result<Vec<Person>, ticket_core::port::StoreError> {
        self.book.members(queue).await
    }

    async fn admit(
        &self,
        guest: &ticket_core::value::Mailbox,
    ) -> Result<Option<Person>, ticket_core::port::StoreError> {
        self.book.admit(guest).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_a_change_is_not_filled_in_after_it() {
    let Some(place) = Place::new() else { return };
    let book = MemoryDirectory::new();
    book.save_person(&ada("Old", "ada@example.org"))
        .await
        .expect("saved");
    let slow = Arc::new(Slow {
        book: book.clone(),
        read: tokio::sync::Semaphore::new(0),
        answer: tokio::sync::Semaphore::new(0),
    });
    let reader = Cached::new(Arc::clone(&slow), &place.node());
    let writer = Cached::new(Arc::new(book.clone()), &place.node());
    let reading = tokio::spawn(async move { reader.people(&[id("ada")]).await });
    slow.read.acquire().await.expect("open").forget();
    writer
        .save_person(&ada("New", "ada@example.org"))
        .await
        .expect("saved");
    slow.answer.add_permits(1);
    let seen = reading.await.expect("ended").expect("read");
    assert_eq!(
        seen[0].as_ref().expect("there").name,
        "Old",
        "it read before"
    );
    let third = Cached::new(Arc::new(book), &place.node());
    let people = third.people(&[id("ada")]).await.expect("read");
    assert_eq!(people[0].as_ref().expect("there").name, "New");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_not_older_than_told() {
    let Some(place) = Place::new() else { return };
    let book = MemoryDirectory::new();
    book.save_person(&ada("Old", "ada@example.org"))
        .await
        .expect("saved");
    let ttl = Duration::from_millis(300);
    let cached = Cached::new(Arc::new(book.clone()), &place.node()).hold(ttl);
    cached.people(&[id("ada")]).await.expect("read");
    book.save_person(&ada("New", "ada@example.org"))
        .await
        .expect("saved");
    until("the change", async || {
        let people = cached.people(&[id("ada")]).await.expect("read");
        people[0].as_ref().expect("there").name == "New"
    })
    .await;
}
