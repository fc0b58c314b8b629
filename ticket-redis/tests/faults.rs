//! Redis is down, slow, restarted, emptied, read-only, or wants what it was not given.

#![expect(
    clippy::expect_used,
    reason = "only tests use this; what fails here must fail the test"
)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::{node, until};
use test_kit::{Mode, Proxy, Redis as Server, RedisOptions as ServerOptions};
use ticket_core::memory::{MemoryDirectory, MemoryPresence, MemoryRateLimiter};
use ticket_core::person::Person;
use ticket_core::port::{
    Credential, Directory, Doing, EventBus, Happening, Presence, Purpose, RateLimiter, Roster,
    Sessions, StoreError, Subscription, Verdict,
};
use ticket_core::ticket::Digest;
use ticket_core::value::{PersonId, TicketId, Timestamp};
use ticket_redis::{
    Cached, Redis, RedisBus, RedisLimiter, RedisOptions, RedisPresence, RedisSessions,
};

const SECOND: Duration = Duration::from_secs(1);
const NOW: Timestamp = Timestamp::from_micros(1_767_603_600_000_001);

fn ada() -> PersonId {
    PersonId::new("ada").expect("an id")
}

fn ticket() -> TicketId {
    TicketId::new(uuid::Uuid::from_u128(7))
}

fn limiter(redis: &Redis) -> RedisLimiter {
    RedisLimiter::new(redis, Arc::new(MemoryRateLimiter::new()))
}

async fn allow(limiter: &RedisLimiter, limit: u32) -> bool {
    let verdict = limiter.allow("ada", limit, SECOND * 60, NOW).await;
    verdict.expect("answered") == Verdict::Allowed
}

async fn issue(redis: &Redis) -> Result<(), StoreError> {
    let secret = uuid::Uuid::now_v7();
    let digest = Digest::of(secret.as_bytes());
    let mut own = Credential::new(digest, ada(), Purpose::ApiToken, NOW);
    own.expires_at = Some(NOW.plus(SECOND));
    RedisSessions::new(redis).issue(&own).await
}

/// Hears until something was missed.
async fn hears_of_gap(subscription: &mut dyn Subscription) {
    let heard = async {
        while subscription.next().await.expect("the bus is there") != Happening::Missed {}
    };
    let heard = tokio::time::timeout(SECOND * 15, heard).await;
    heard.expect("told that something was missed");
}

/// Everything answers as it should without Redis, and fast.
async fn works_alone(redis: &Redis) {
    let limiter = limiter(redis);
    assert!(allow(&limiter, 2).await && allow(&limiter, 2).await);
    assert!(!allow(&limiter, 2).await, "this node's own limit");
    let presence = RedisPresence::new(redis, Arc::new(MemoryPresence::new()));
    presence
        .appear(ticket(), &ada(), Doing::Typing, NOW, SECOND)
        .await
        .expect("noted");
    assert_eq!(
        presence.present(ticket(), NOW).await.expect("read").len(),
        1
    );
    let people = Cached::new(Arc::new(MemoryDirectory::new()), redis);
    let person = Person::customer(ada(), "Ada", "ada@example.org".parse().expect("an address"));
    people.save_person(&person).await.expect("saved");
    assert_eq!(people.people(&[ada()]).await.expect("read"), [Some(person)]);
    let bus = RedisBus::new(redis);
    let mut subscription = bus.subscribe().await;
    bus.publish(Happening::MailAccepted).await;
    assert_eq!(subscription.next().await, Some(Happening::MailAccepted));
    let refused = issue(redis).await.expect_err("nothing is kept");
    assert!(refused.is_retryable(), "{refused}");
}

/// A node with the patience of production.
fn hasty(url: &str) -> Redis {
    let options = RedisOptions::new(url)
        .expect("an address")
        .pause(SECOND * 60);
    Redis::new(&options).expect("options")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_at_start_is_found_when_it_comes() {
    let Some(mut server) = Server::start(ServerOptions::default()) else {
        return;
    };
    server.stop();
    let redis = node(&server.url(), "own");
    works_alone(&redis).await;
    let mut subscription = RedisBus::new(&redis).subscribe().await;
    server.restart();
    until("Redis", async || redis.ping().await.is_ok()).await;
    until("a credential", async || issue(&redis).await.is_ok()).await;
    hears_of_gap(&mut *subscription).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_slow_slows_nobody_for_long() {
    let Some(server) = Server::start(ServerOptions::default()) else {
        return;
    };
    for mode in [
        Mode::BlackHole,
        Mode::Latency(SECOND * 2),
        Mode::OneByteEvery(SECOND),
    ] {
        let proxy = Proxy::in_front_of(&server.url());
        let redis = hasty(&proxy.url());
        until("Redis", async || redis.ping().await.is_ok()).await;
        proxy.set(mode);
        works_alone(&redis).await;
        let limiter = limiter(&redis);
        let begin = Instant::now();
        for _ in 0..100 {
            allow(&limiter, 1000).await;
        }
        let taken = begin.elapsed();
        assert!(taken < SECOND, "100 calls took {taken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_survived() {
    let Some(mut server) = Server::start(ServerOptions::default()) else {
        return;
    };
    let (one, two) = (node(&server.url(), "own"), node(&server.url(), "own"));
    let limits = limiter(&one);
    assert!(allow(&limits, 2).await);
    let (one_bus, two_bus) = (RedisBus::new(&one), RedisBus::new(&two));
    let mut subscription = two_bus.subscribe().await;
    one_bus.publish(Happening::MailAccepted).await;
    assert_eq!(subscription.next().await, Some(Happening::MailAccepted));
    server.stop();
    assert!(allow(&limits, 2).await);
    assert!(
        !allow(&limits, 2).await,
        "what Redis allowed is remembered here"
    );
    server.restart();
    until("a credential", async || issue(&one).await.is_ok()).await;
    assert!(
        !allow(&limits, 2).await,
        "it was emptied, and this node remembers"
    );
    hears_of_gap(&mut *subscription).await;
    one_bus.publish(Happening::MailAccepted).await;
    while subscription.next().await != Some(Happening::MailAccepted) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn news_that_one_node_could_not_tell_are_known_to_be_missed() {
    let Some(server) = Server::start(ServerOptions::default()) else {
        return;
    };
    let proxy = Proxy::in_front_of(&server.url());
    let (cut, whole) = (node(&proxy.url(), "own"), node(&server.url(), "own"));
    let (cut, whole) = (RedisBus::new(&cut), RedisBus::new(&whole));
    let mut subscription = whole.subscribe().await;
    proxy.set(Mode::Refuse);
    cut.publish(Happening::MailAccepted).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    proxy.set(Mode::Pass);
    hears_of_gap(&mut *subscription).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_emptied_is_filled_again() {
    let Some(server) = Server::start(ServerOptions::default()) else {
        return;
    };
    let redis = node(&server.url(), "own");
    let limits = limiter(&redis);
    let book = MemoryDirectory::new();
    let person = Person::customer(ada(), "Ada", "ada@example.org".parse().expect("an address"));
    book.save_person(&person).await.expect("saved");
    let people = Cached::new(Arc::new(book), &redis);
    for round in 0..3 {
        assert_eq!(allow(&limits, 2).await, round < 2, "the node remembers");
        assert_eq!(
            people.people(&[ada()]).await.expect("read"),
            [Some(person.clone())]
        );
        issue(&redis).await.expect("issued");
        server.command(&["FLUSHALL"]);
        let sessions = RedisSessions::new(&redis);
        assert_eq!(sessions.credentials(&ada(), NOW).await.expect("read"), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_left_until_it_writes() {
    let Some(primary) = Server::start(ServerOptions::default()) else {
        return;
    };
    let replica = Server::replica_of(&primary);
    let redis = node(&replica.url(), "own");
    until("a connection", async || redis.ping().await.is_ok()).await;
    works_alone(&redis).await;
    replica.command(&["REPLICAOF", "NO", "ONE"]);
    until("a credential", async || issue(&redis).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_given_and_its_lack_is_told_without_secrets() {
    let options = ServerOptions {
        password: Some("hunter2".to_owned()),
        tls: false,
    };
    let Some(server) = Server::start(options) else {
        return;
    };
    let redis = node(&server.url(), "own");
    issue(&redis).await.expect("issued");
    for url in [
        server.url().replace(":hunter2@", ""),
        server.url().replace("hunter2", "hunter3"),
    ] {
        let redis = node(&url, "own");
        works_alone(&redis).await;
        let error = redis.ping().await.expect_err("refused");
        assert!(
            !format!("{error:?} {redis:?}").contains("hunter"),
            "{error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_tls_is_believed_by_its_authority_only() {
    let options = ServerOptions {
        password: Some("hunter2".to_owned()),
        tls: true,
    };
    let Some(server) = Server::start(options) else {
        return;
    };
    let authority = std::fs::read(server.authority().expect("it speaks TLS")).expect("a file");
    let options = support::patient(&server.url(), "own");
    let believed = options
        .clone()
        .authority(&authority)
        .expect("a certificate");
    let (one, two) = (
        Redis::new(&believed).expect("options"),
        Redis::new(&believed).expect("options"),
    );
    issue(&one).await.expect("issued");
    let mut subscription = RedisBus::new(&two).subscribe().await;
    RedisBus::new(&one).publish(Happening::MailAccepted).await;
    assert_eq!(subscription.next().await, Some(Happening::MailAccepted));
    let stranger = Redis::new(&options).expect("options");
    assert!(
        issue(&stranger).await.is_err(),
        "an authority that nobody knows"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_stay_in_their_database_and_under_their_prefix() {
    let Some(server) = Server::start(ServerOptions::default()) else {
        return;
    };
    let url = server.url();
    let second = format!("{}/2", url.trim_end_matches("/0"));
    let redis = node(&second, "desk-a");
    uses_everything(&redis).await;
    let other = node(&second, "desk-b");
    assert!(
        allow(&limiter(&other), 1).await,
        "another prefix is another desk"
    );
    assert_eq!(server.command(&["DBSIZE"]), ":0", "nothing in database 0");
    let client = redis::Client::open(second.as_str()).expect("an address");
    let mut raw = client.get_connection().expect("a connection");
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut raw).expect("a list");
    assert!(keys.len() > 4, "{keys:?}");
    let is_ours = |key: &String| key.starts_with("desk-a:0:") || key.starts_with("desk-b:0:");
    assert!(keys.iter().all(is_ours), "{keys:?}");
}

/// Uses everything once.
async fn uses_everything(redis: &Redis) {
    assert!(allow(&limiter(redis), 1).await);
    issue(redis).await.expect("issued");
    let presence = RedisPresence::new(redis, Arc::new(MemoryPresence::new()));
    presence
        .appear(ticket(), &ada(), Doing::Typing, NOW, SECOND * 60)
        .await
        .expect("noted");
    let people = Cached::new(Arc::new(MemoryDirectory::new()), redis);
    people.people(&[ada()]).await.expect("read");
    RedisBus::new(redis).publish(Happening::MailAccepted).await;
}
