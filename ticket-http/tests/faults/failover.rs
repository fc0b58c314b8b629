//! The primary dies, its standby takes over, and the old primary comes back and takes writes, though it must not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::Method;
use serde_json::json;
use test_kit::{Postgres, Redis, Stop};
use ticket_mail::sink::Sink;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::client::Client;
use crate::cluster::Cluster;
use crate::server::{Place, Server, eventually, eventually_within, mail};

/// The numbers of tickets by their subjects; none for those that came by mail.
type Acknowledged = BTreeMap<String, Option<u64>>;

/// A primary that is named first, and a standby that confirms its commits.
struct Pair {
    place: Arc<Place>,
    primary: Postgres,
    standby: Postgres,
    _others: (Sink, Redis),
}

impl Pair {
    async fn start() -> Option<Self> {
        let cluster = Cluster::start().await?;
        let primary = cluster.postgres;
        let standby = Postgres::standby_of(&primary);
        primary.ask("alter system set synchronous_standby_names = 'standby'");
        primary.ask("select pg_reload_conf()");
        eventually("a synchronous standby", || async {
            let state = primary.ask("select sync_state from pg_stat_replication");
            (state == "sync").then_some(())
        })
        .await;
        let own = primary.address();
        let both = format!("{own},{}", standby.address());
        let url = primary.url_of("desk").replace(&own, &both);
        let place = cluster
            .place
            .with("DATABASE_URL", &url)
            .with("TICKETD_DATABASE_CONNECTIONS", &4);
        Some(Self {
            place: Arc::new(place),
            primary,
            standby,
            _others: (cluster.sink, cluster.redis),
        })
    }

    async fn node(&self) -> Server {
        self.place.start_as(&["serve", "--no-worker"]).await
    }
}

fn tickets(server: &Postgres) -> String {
    server.ask_in("desk", "select count(*) from ticket.tickets")
}

/// Who ask again with the same key until they are answered, and pipe the same mail again until it is taken.
struct Writers {
    over: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<Acknowledged>>,
}

impl Writers {
    fn start(clients: &[Client], place: &Arc<Place>) -> Self {
        let (over, count) = (Arc::default(), Arc::default());
        let call = |(caller, client): (usize, &Client)| {
            let own = Writer::of(format!("caller{caller}"), &over, &count);
            tokio::spawn(own.call(client.clone()))
        };
        let mut tasks: Vec<_> = clients
            .iter()
            .cycle()
            .take(4)
            .enumerate()
            .map(call)
            .collect();
        let own = Writer::of("mailer".to_owned(), &over, &count);
        tasks.push(tokio::spawn(own.pipe(Arc::clone(place))));
        Self { over, count, tasks }
    }

    /// Waits until so many writes more are acknowledged.
    async fn go_on(&self, more: usize) {
        let before = self.count.load(Ordering::SeqCst);
        eventually("writes", || async {
            (self.count.load(Ordering::SeqCst) >= before + more).then_some(())
        })
        .await;
    }

    async fn stop(self) -> Acknowledged {
        self.over.store(true, Ordering::SeqCst);
        let mut all = Acknowledged::new();
        for task in self.tasks {
            all.extend(task.await.expect("a writer"));
        }
        all
    }
}

struct Writer {
    name: String,
    over: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    acknowledged: Acknowledged,
}

impl Writer {
    fn of(name: String, over: &Arc<AtomicBool>, count: &Arc<AtomicUsize>) -> Self {
        Self {
            name,
            over: Arc::clone(over),
            count: Arc::clone(count),
            acknowledged: Acknowledged::new(),
        }
    }

    /// The next subject, until it is over.
    fn next(&self) -> Option<String> {
        let is_over = self.over.load(Ordering::SeqCst);
        (!is_over).then(|| format!("{}wish{}", self.name, self.acknowledged.len()))
    }

    fn note(&mut self, subject: String, number: Option<u64>) {
        self.acknowledged.insert(subject, number);
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    async fn call(mut self, client: Client) -> Acknowledged {
        while let Some(subject) = self.next() {
            let number = open(&client, &subject).await;
            self.note(subject, Some(number));
        }
        self.acknowledged
    }

    async fn pipe(mut self, place: Arc<Place>) -> Acknowledged {
        while let Some(subject) = self.next() {
            let (from, id) = (format!("{subject}@example.org"), format!("{subject}@post"));
            let raw = mail(&from, &subject, &id, "", "Stuck.");
            // 75 tells a mail server to try again.
            while let Some(code) = place.mail_in(&raw).await.filter(|code| *code != 0) {
                assert_eq!(code, 75, "{subject}");
            }
            self.note(subject, None);
        }
        self.acknowledged
    }
}

/// Opens a ticket; asks again with the same key while the store is away.
async fn open(client: &Client, subject: &str) -> u64 {
    let body = json!({"queue": "support", "subject": subject, "text": "Stuck."});
    loop {
        let call = client
            .call(Method::POST, "/api/v1/tickets")
            .header("idempotency-key", subject)
            .json(&body);
        let answer = call.send().await;
        if answer.status == 201 {
            return answer.json()["number"].as_u64().expect("a number");
        }
        assert_eq!(answer.status, 503, "{}", answer.text);
        sleep(Duration::from_millis(20)).await;
    }
}

/// A mail whose claim was answered to nobody waits until the lease of five minutes is over.
const MAIL: Duration = Duration::from_secs(330);

/// Each acknowledged write is there once, and nothing besides.
async fn all_is_there(pair: &Pair, acknowledged: &Acknowledged, admin: &Client) {
    let count = format!("{0}|{0}", acknowledged.len());
    let counts = "select count(*), count(distinct json::jsonb->>'subject') from ticket.tickets";
    eventually_within(MAIL, "all mail to become tickets", || async {
        (pair.standby.ask_in("desk", counts) == count).then_some(())
    })
    .await;
    for (subject, number) in acknowledged {
        let Some(number) = number else { continue };
        let shown = admin.get(&format!("/api/v1/tickets/{number}")).await;
        assert_eq!(shown.json()["subject"], subject.as_str());
    }
    let report = pair.place.print(&["verify"]).await;
    assert!(
        report.contains(&format!("{} tickets", acknowledged.len())),
        "{report}"
    );
    assert!(!report.contains("wrong:"), "{report}");
}

/// The old primary is named first, and after its return it would confirm what is written there by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_primary_that_comes_back_gets_no_write() {
    let Some(mut pair) = Pair::start().await else {
        return;
    };
    let (here, there) = (pair.node().await, pair.node().await);
    let _worker = pair.place.spawn(&["worker"]);
    let token = here.token();
    let clients = [here.with(&token), there.with(&token)];
    let writers = Writers::start(&clients, &pair.place);
    writers.go_on(20).await;
    pair.primary.stop(Stop::Immediate);
    pair.standby.promote();
    writers.go_on(20).await;

    pair.primary.restart();
    let old = &pair.primary;
    old.ask("alter system reset synchronous_standby_names");
    old.ask("select pg_reload_conf()");
    let left = tickets(old);
    old.ask_in("desk", "create table public.takes_writes ()");
    for _ in 0..3 {
        pair.standby.terminate_backends();
        writers.go_on(20).await;
    }
    // Whoever begins now sees both.
    let newcomer = pair.node().await;
    let client = newcomer.with(&token);
    let number = open(&client, "newcomer").await;
    let mut acknowledged = writers.stop().await;
    acknowledged.insert("newcomer".to_owned(), Some(number));
    all_is_there(&pair, &acknowledged, &client).await;
    assert_eq!(tickets(old), left, "nobody wrote to the old primary");
}
