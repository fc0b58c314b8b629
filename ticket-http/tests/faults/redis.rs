//! A Redis that is gone, silent, slow, emptied, of another type or read-only: two nodes go on, and tell each other
//! again when it is back.

use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::json;
use test_kit::{Mode, Proxy, Redis, RedisOptions};
use ticket_mail::sink::Sink;

use crate::client::{Answer, Call, Client};
use crate::server::{Place, Server, eventually, mail};
use crate::stream::Stream;

/// The longest that a call may take while Redis is broken.
const ANSWER: Duration = Duration::from_secs(3);

struct World {
    redis: Redis,
    proxy: Proxy,
    sink: Sink,
    place: Place,
    here: Server,
    there: Server,
    token: String,
    /// The token of an agent.
    max: String,
}

impl World {
    async fn start() -> Option<Self> {
        let redis = Redis::start(RedisOptions {
            password: Some("secret".to_owned()),
            ..RedisOptions::default()
        })?;
        let proxy = Proxy::in_front_of(&redis.url());
        let sink = Sink::start().await.expect("a mail server");
        let place = Place::new()
            .with("REDIS_URL", &proxy.url())
            .with("TICKETD_SMTP_HOST", "127.0.0.1")
            .with("TICKETD_SMTP_PORT", &sink.address().port())
            .with("TICKETD_SMTP_SECURITY", "none");
        let here = place.start().await;
        let there = place.start().await;
        let token = here.token();
        let person = ["--name", "Max", "--role", "agent", "--queue", "support"];
        let add = ["person", "add", "--email", "max@example.com"];
        place.print(&[&add[..], &person].concat()).await;
        let max = place.print(&["token", "--person", "max@example.com"]).await;
        Some(Self {
            redis,
            proxy,
            sink,
            place,
            here,
            there,
            token,
            max: max.trim().to_owned(),
        })
    }

    fn here(&self) -> Client {
        self.here.with(&self.token)
    }

    fn there(&self) -> Client {
        self.there.with(&self.token)
    }

    /// Everything that must not wait for Redis: a mail becomes a ticket, which is answered, shown by the other
    /// node, and answered by mail. The word finds it.
    async fn works(&self, word: &str) {
        let here = self.here();
        let id = format!("{word}@example.org");
        let raw = mail("ada@example.org", word, &id, "", "It is stuck.");
        assert_eq!(self.place.mail_in(&raw).await, Some(0));
        let number = eventually("the mail as a ticket", || async {
            let call = here.call(Method::GET, &format!("/api/v1/tickets?q={word}"));
            let found = in_time(call, word).await.json();
            found["tickets"][0]["number"].as_u64()
        })
        .await;
        let path = format!("/api/v1/tickets/{number}");
        let text = format!("An answer while it was {word}.");
        let call = here.call(Method::POST, &format!("{path}/messages"));
        let replied = in_time(call.json(&json!({"text": text})), word).await;
        assert_eq!(replied.status, 201, "{word}: {}", replied.text);
        let there = self.there();
        let shown = in_time(there.call(Method::GET, &path), word).await;
        assert!(shown.text.contains(&text), "{word}: {}", shown.text);
        assert_eq!(self.sees_typing(&self.here, &path).await, 1, "{word}");
        eventually("the answer by mail", || async {
            let received = self.sink.received();
            let mut mails = received
                .iter()
                .filter_map(|one| ticket_mail::read(&one.mail).ok());
            mails.any(|mail| mail.text.contains(&text)).then_some(())
        })
        .await;
    }

    /// The admin types in a ticket on one node; how many people the agent sees typing there, on this node.
    async fn sees_typing(&self, node: &Server, ticket: &str) -> usize {
        let path = format!("{ticket}/presence");
        let here = self.here();
        let typing = here.call(Method::PUT, &path);
        let typing = in_time(typing.json(&json!({"doing": "typing"})), "typing").await;
        assert_eq!(typing.status, 200, "{}", typing.text);
        let max = node.with(&self.max);
        let seen = in_time(max.call(Method::GET, &path), "looking").await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        let seen = seen.json();
        let present = seen["present"].as_array().expect("people").iter();
        present.filter(|one| one["doing"] == "typing").count()
    }

    /// All keys in Redis.
    fn keys(&self) -> Vec<String> {
        let answer = self.redis.command(&["KEYS", "*"]);
        let words = answer.lines().map(str::trim);
        let keys = words.filter(|line| !line.starts_with(['*', '$']));
        keys.map(str::to_owned).collect()
    }

    /// What happens on one node reaches a screen on the other.
    async fn tells(&self, when: &str) {
        assert!(self.proxy.accepted() >= 2, "both nodes use this Redis");
        let (here, there) = (self.here(), self.there());
        eventually("news on the other node", || async {
            let mut list = Stream::open(&there, "/api/v1/events", "").await?;
            assert_eq!(list.next().await.kind, "ready");
            let opening = json!({"queue": "support", "subject": when, "text": "Stuck."});
            assert_eq!(here.post("/api/v1/tickets", opening).await.status, 201);
            let news = tokio::time::timeout(Duration::from_secs(2), list.read()).await;
            news.ok()
                .flatten()
                .filter(|event| event.kind == "ticket")
                .map(|_| ())
        })
        .await;
        eventually("no trouble", || async {
            let ready = self.here.client.get("/readyz").await;
            (ready.status == 200 && !ready.text.contains("redis")).then_some(())
        })
        .await;
    }
}

async fn in_time(call: Call<'_>, when: &str) -> Answer {
    let begun = Instant::now();
    let answer = call.send().await;
    let took = begun.elapsed();
    assert!(took < ANSWER, "{when}: answered after {took:?}");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_behind_a_broken_network_holds_nothing_up() {
    let Some(world) = World::start().await else {
        return;
    };
    world.tells("before").await;
    for (when, mode) in [
        ("refused", Mode::Refuse),
        ("silent", Mode::BlackHole),
        ("slow", Mode::OneByteEvery(Duration::from_secs(1))),
        ("late", Mode::Latency(Duration::from_millis(500))),
    ] {
        world.proxy.set(mode);
        world.works(when).await;
        world.proxy.set(Mode::Pass);
        world.tells(when).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stops_hangs_or_forgets_loses_nothing() {
    let Some(mut world) = World::start().await else {
        return;
    };
    world.tells("before").await;
    world.redis.stop();
    world.works("stopped").await;
    world.redis.restart();
    world.tells("restarted").await;

    world.redis.pause();
    world.works("paused").await;
    world.redis.resume();
    world.tells("resumed").await;

    assert_eq!(world.redis.command(&["FLUSHALL"]), "+OK");
    world.works("emptied").await;
    world.tells("emptied").await;

    // It follows nobody that exists, so it takes no writes.
    world.redis.command(&["REPLICAOF", "127.0.0.1", "1"]);
    world.works("readonly").await;
    world.redis.command(&["REPLICAOF", "NO", "ONE"]);
    world.tells("writable").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_somebody_else_wrote_hold_nothing_up() {
    let Some(world) = World::start().await else {
        return;
    };
    world.tells("before").await;
    let ticket = "/api/v1/tickets/1";
    assert_eq!(world.sees_typing(&world.there, ticket).await, 1);
    let keys = world.keys();
    assert!(keys.iter().any(|key| key.contains("present")), "{keys:?}");
    for key in &keys {
        world.redis.command(&["DEL", key]);
        assert_eq!(world.redis.command(&["LPUSH", key, "of", "another"]), ":2");
    }
    // Who looks meanwhile is told what this node knows.
    let max = world.here.with(&world.max);
    let seen = max.get(&format!("{ticket}/presence")).await;
    assert_eq!(
        seen.json()["present"][0]["doing"],
        "typing",
        "{}",
        seen.text
    );
    world.works("mistyped").await;
    eventually("it to be written again", || async {
        (world.sees_typing(&world.there, ticket).await == 1).then_some(())
    })
    .await;
    world.tells("rewritten").await;
}
