//! A standby answers lists and searches. Whatever becomes of it, everybody reads their own writes at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::json;
use test_kit::{Mode, Postgres, Proxy, Stop};

use crate::client::{Answer, Call, Client};
use crate::cluster::{Cluster, socket_url};
use crate::server::{Server, eventually};

/// The longest that a call may take while the standby is broken.
const ANSWER: Duration = Duration::from_secs(3);

/// So long callers go on while it is.
const LOAD: Duration = Duration::from_secs(2);

/// Two nodes, one told of the standby by a variable and one by an option. Both servers log what they are asked.
struct World {
    cluster: Cluster,
    standby: Mutex<Postgres>,
    proxy: Proxy,
    _nodes: [Server; 2],
    clients: [Client; 2],
    words: AtomicUsize,
}

impl World {
    async fn start() -> Option<Self> {
        let mut cluster = Cluster::with(&[("log_statement", "all")]).await?;
        let standby = Postgres::standby_of(&cluster.postgres);
        let proxy = Proxy::in_front_of(&socket_url(&standby));
        let url = proxy.url();
        let optioned = ["serve", "--no-worker", "--database-replica-url", &url];
        let here = cluster.place.start_as(&optioned).await;
        cluster.place = cluster.place.with("DATABASE_REPLICA_URL", &url);
        let there = cluster.node().await;
        let token = here.token();
        Some(Self {
            cluster,
            standby: Mutex::new(standby),
            proxy,
            clients: [here.with(&token), there.with(&token)],
            _nodes: [here, there],
            words: AtomicUsize::new(0),
        })
    }

    fn standby(&self) -> MutexGuard<'_, Postgres> {
        self.standby.lock().expect("unpoisoned")
    }

    /// A word that nobody used before.
    fn word(&self) -> String {
        format!("word{}x", self.words.fetch_add(1, Ordering::SeqCst))
    }

    /// Whether a word was sent to the primary, and to the standby.
    fn heard(&self, word: &str) -> (bool, bool) {
        let heard = |server: &Postgres| server.logged().contains(word);
        (heard(&self.cluster.postgres), heard(&self.standby()))
    }

    /// Lists and searches of both nodes go to the standby, and only there. On a busy machine it may lag at times.
    async fn is_read(&self) {
        for client in &self.clients {
            for filter in ["", "tag:"] {
                eventually("a list from the standby", || async {
                    let word = self.word();
                    let path = format!("/api/v1/tickets?q={filter}{word}");
                    let found = client.get(&path).await;
                    assert_eq!(found.status, 200, "{}", found.text);
                    (self.heard(&word) == (false, true)).then_some(())
                })
                .await;
            }
        }
    }

    /// Writes on each node in turn; both show it at once.
    async fn reads_own_writes(&self) {
        for client in &self.clients {
            let word = self.word();
            let number = open(client, &word).await;
            for reader in &self.clients {
                shows(reader, &word, number).await;
            }
        }
    }

    /// While callers write and read, no call fails.
    async fn serves_while(&self, fault: impl FnOnce()) {
        let over = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..4)
            .map(|caller| {
                let clients = self.clients.clone();
                let (name, over) = (self.word(), Arc::clone(&over));
                tokio::spawn(async move {
                    let mut calls = 0;
                    while !over.load(Ordering::SeqCst) {
                        let word = format!("{name}{calls}y");
                        let number = open(&clients[caller % 2], &word).await;
                        shows(&clients[(caller + calls) % 2], &word, number).await;
                        calls += 1;
                    }
                    calls
                })
            })
            .collect();
        tokio::task::block_in_place(fault);
        tokio::time::sleep(LOAD).await;
        over.store(true, Ordering::SeqCst);
        for caller in callers {
            assert!(caller.await.expect("no call failed") > 0, "somebody called");
        }
    }
}

async fn in_time(call: Call<'_>) -> Answer {
    let begun = Instant::now();
    let answer = call.send().await;
    let took = begun.elapsed();
    assert!(took < ANSWER, "answered after {took:?}: {}", answer.text);
    answer
}

async fn open(client: &Client, subject: &str) -> u64 {
    let body = json!({"queue": "support", "subject": subject, "text": "Stuck."});
    let opened = in_time(client.call(Method::POST, "/api/v1/tickets").json(&body)).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    opened.json()["number"].as_u64().expect("a number")
}

/// A search finds the ticket, a list has it, and its page shows it.
async fn shows(client: &Client, subject: &str, number: u64) {
    for path in [
        format!("/api/v1/tickets?q={subject}"),
        "/api/v1/tickets?sort=-number&limit=100".to_owned(),
        format!("/api/v1/tickets/{number}"),
    ] {
        let shown = in_time(client.call(Method::GET, &path)).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert!(shown.text.contains(subject), "{path}: {}", shown.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_answers_lists_and_searches_and_nothing_else() {
    let Some(world) = World::start().await else {
        return;
    };
    world.is_read().await;
    let word = world.word();
    let number = open(&world.clients[0], &word).await;
    let path = format!("/api/v1/tickets/{number}");
    assert!(world.clients[1].get(&path).await.text.contains(&word));
    assert_eq!(world.heard(&word), (true, false), "a write and a page");
    world.reads_own_writes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_lags_keeps_no_write_from_anybody() {
    let Some(world) = World::start().await else {
        return;
    };
    world.is_read().await;
    world.standby().ask("select pg_wal_replay_pause()");
    for _ in 0..10 {
        world.reads_own_writes().await;
    }
    let word = world.word();
    for client in &world.clients {
        client.get(&format!("/api/v1/tickets?q={word}")).await;
    }
    assert_eq!(world.heard(&word), (true, false), "it is behind");
    world.serves_while(|| ()).await;
    world.standby().ask("select pg_wal_replay_resume()");
    world.is_read().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_dies_fails_nobody_and_is_used_again() {
    let Some(world) = World::start().await else {
        return;
    };
    world.is_read().await;
    world
        .serves_while(|| world.standby().stop(Stop::Immediate))
        .await;
    world.standby().restart();
    world.is_read().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_hangs_fails_nobody_and_is_used_again() {
    let Some(world) = World::start().await else {
        return;
    };
    world.is_read().await;
    world
        .serves_while(|| world.proxy.set(Mode::BlackHole))
        .await;
    world.proxy.set(Mode::Pass);
    world.is_read().await;
}
