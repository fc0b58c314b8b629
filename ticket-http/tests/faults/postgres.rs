//! The server when PostgreSQL stops, crashes, hangs or is overrun: answers in time, and all by itself afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::json;
use test_kit::{Mode, Postgres, PostgresOptions, Proxy, Stop};

use crate::client::{Answer, Client};
use crate::server::{Place, Server, eventually};

/// Within this time a fault is answered: 2 seconds, and one because the machine is busy.
const ANSWER: Duration = Duration::from_secs(3);

/// Within this time a crowd is answered: a request waits for connections and statements, one after the other.
const CROWDED: Duration = Duration::from_secs(5);

/// So long the crowd keeps asking.
const CROWD: Duration = Duration::from_secs(2);

/// Within this time everything works again once the fault is over.
const RECOVERY: Duration = Duration::from_secs(5);

struct World {
    cluster: Postgres,
    proxy: Proxy,
    place: Place,
    server: Server,
    admin: Client,
}

impl World {
    async fn start() -> Option<Self> {
        let cluster = Postgres::start(PostgresOptions::default())?;
        let proxy = Proxy::in_front_of(&cluster.create_database("desk"));
        let place = Place::new()
            .with("DATABASE_URL", &proxy.url())
            .with("TICKETD_DATABASE_CONNECTIONS", &5);
        let server = place.start().await;
        let admin = server.admin();
        Some(Self {
            cluster,
            proxy,
            place,
            server,
            admin,
        })
    }

    async fn open(&self, subject: &str) -> Answer {
        open(&self.admin, subject).await
    }

    /// Reads and writes are answered in time: not now, but soon.
    async fn is_down(&self, subject: &str) {
        for call in [
            self.admin.call(Method::GET, "/api/v1/tickets"),
            self.admin.call(Method::GET, "/api/v1/tickets/1"),
            opening(&self.admin, subject),
        ] {
            let begun = Instant::now();
            let answer = call.send().await;
            is_unavailable(&answer, begun.elapsed(), ANSWER);
        }
        let begun = Instant::now();
        assert_eq!(self.server.client.get("/healthz").await.status, 200);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "the process lives"
        );
        self.says(503).await;
    }

    /// The same server works again, and whoever asks again has one ticket.
    async fn recovers(&self, subject: &str) {
        let since = Instant::now();
        while self.open(subject).await.status != 201 {
            assert!(since.elapsed() < RECOVERY, "it does not recover");
        }
        assert_eq!(self.admin.get("/api/v1/tickets/1").await.status, 200);
        self.says(200).await;
    }

    /// Whether it can work is looked at every second.
    async fn says(&self, status: u16) {
        eventually("it to say how it is", || async {
            let ready = self.server.client.get("/readyz").await;
            (ready.status == status).then_some(())
        })
        .await;
    }
}

fn opening<'a>(client: &'a Client, subject: &str) -> crate::client::Call<'a> {
    let body = json!({"queue": "support", "subject": subject, "text": "Stuck."});
    client
        .call(Method::POST, "/api/v1/tickets")
        .header("idempotency-key", subject)
        .json(&body)
}

async fn open(client: &Client, subject: &str) -> Answer {
    opening(client, subject).send().await
}

fn is_unavailable(answer: &Answer, took: Duration, longest: Duration) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.code(), "unavailable");
    let after: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&after));
    assert!(took < longest, "answered after {took:?}");
    assert!(
        !answer.text.contains("postgres"),
        "no secret: {}",
        answer.text
    );
}

/// Each subject is the one of exactly one ticket, and the database holds together.
async fn all_is_sound(world: &World, subjects: usize) {
    let counts = world.cluster.ask_in(
        "desk",
        "select count(*), count(distinct json::jsonb->>'subject') from ticket.tickets",
    );
    assert_eq!(counts, format!("{subjects}|{subjects}"));
    let report = world.place.print(&["verify"]).await;
    assert!(report.contains(&format!("{subjects} tickets")), "{report}");
    assert!(!report.contains("wrong:"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_is_answered_for_and_found_again() {
    let Some(mut world) = World::start().await else {
        return;
    };
    assert_eq!(world.open("first").await.status, 201);
    for (how, subject) in [(Stop::Fast, "fast"), (Stop::Immediate, "immediate")] {
        world.cluster.stop(how);
        world.is_down(subject).await;
        world.cluster.restart();
        world.recovers(subject).await;
    }
    for subject in ["killed-1", "killed-2"] {
        assert!(world.cluster.kill9_backend(), "somebody is connected");
        world.recovers(subject).await;
        world.cluster.terminate_backends();
        world.recovers(subject).await;
    }
    all_is_sound(&world, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_are_answered_for_and_made_anew() {
    let Some(world) = World::start().await else {
        return;
    };
    assert_eq!(world.open("first").await.status, 201);
    let slowly = Mode::OneByteEvery(Duration::from_secs(1));
    for (mode, subject) in [
        (Mode::Refuse, "refused"),
        (Mode::BlackHole, "silent"),
        (slowly, "slow"),
    ] {
        world.proxy.set(mode);
        world.is_down(subject).await;
        world.proxy.set(Mode::Pass);
        world.recovers(subject).await;
    }
    all_is_sound(&world, 4).await;
}

/// Writers ask again with their key until they are answered; each wish becomes one ticket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_lost_under_load_lose_nothing() {
    let Some(world) = World::start().await else {
        return;
    };
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (client, stop) = (world.admin.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut numbers = BTreeMap::new();
                for n in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let subject = format!("writer-{writer}-ticket-{n}");
                    let answer = loop {
                        let begun = Instant::now();
                        let answer = open(&client, &subject).await;
                        if answer.status == 201 {
                            break answer;
                        }
                        is_unavailable(&answer, begun.elapsed(), ANSWER);
                    };
                    numbers.insert(subject, answer.json()["number"].as_u64());
                }
                numbers
            })
        })
        .collect();
    for round in 0..20 {
        let cuts = world.proxy.cuts();
        let mode = if round % 2 == 0 {
            Mode::LoseAnswer
        } else {
            Mode::CutAfterRequest
        };
        world.proxy.set(mode(b"ticket".to_vec()));
        eventually("a cut", || async {
            (world.proxy.cuts() > cuts).then_some(())
        })
        .await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut numbers = BTreeMap::new();
    for writer in writers {
        numbers.extend(writer.await.expect("a writer"));
    }
    for (subject, number) in &numbers {
        let path = format!("/api/v1/tickets/{}", number.expect("a number"));
        assert_eq!(
            world.admin.get(&path).await.json()["subject"],
            subject.as_str()
        );
    }
    all_is_sound(&world, numbers.len()).await;
}

/// More callers than connections while each statement hangs: a bounded wait, and health is answered all along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_answered_in_time() {
    let Some(world) = World::start().await else {
        return;
    };
    assert_eq!(world.open("first").await.status, 201);
    thread::scope(|scope| {
        let locker = scope.spawn(|| {
            let hold = "begin; lock table ticket.tickets in access exclusive mode; select pg_sleep(8); commit";
            world.cluster.ask_in("desk", hold);
        });
        let held = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted
                    and relation = 'ticket.tickets'::regclass";
        while world.cluster.ask_in("desk", held) != "1" {}
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| runtime.block_on(crowd(&world)));
        locker.join().expect("the lock is given back");
    });
    world.recovers("after").await;
    all_is_sound(&world, 2).await;
}

async fn crowd(world: &World) {
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let client = world.admin.clone();
            tokio::spawn(async move {
                let since = Instant::now();
                while since.elapsed() < CROWD {
                    let begun = Instant::now();
                    let answer = client.get("/api/v1/tickets/1").await;
                    is_unavailable(&answer, begun.elapsed(), CROWDED);
                }
            })
        })
        .collect();
    let mut times = BTreeMap::<_, Vec<_>>::new();
    while !callers.iter().all(tokio::task::JoinHandle::is_finished) {
        for path in ["/healthz", "/readyz"] {
            let begun = Instant::now();
            world.server.client.get(path).await;
            times.entry(path).or_default().push(begun.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for caller in callers {
        caller.await.expect("a caller");
    }
    // Half of them, because 200 callers at once keep the machine busy too.
    for (path, mut times) in times {
        times.sort();
        let usual = times[times.len() / 2];
        assert!(usual < Duration::from_millis(100), "{path} takes {usual:?}");
    }
}
