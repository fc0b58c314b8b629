//! Two nodes and two workers are one desk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::cluster::Cluster;
use crate::server::{Server, eventually, mail, text};
use crate::stream::Stream;

async fn open(client: &Client, subject: &str) -> u64 {
    let body = json!({"queue": "support", "subject": subject, "text": "Stuck."});
    let answer = client.post("/api/v1/tickets", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["number"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn screens_hear_at_once_of_what_happens_on_the_other_node() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let here = cluster.node().await;
    let there = cluster.node().await;
    let token = here.token();
    let (here, there) = (here.with(&token), there.with(&token));
    let mut list = Stream::open(&there, "/api/v1/events", "")
        .await
        .expect("a stream");
    assert_eq!(list.next().await.kind, "ready");
    let number = open(&here, "Printer jam").await;
    let begun = Instant::now();
    assert_eq!(list.next().await.told("ticket")["number"], number);
    let path = format!("/api/v1/tickets/{number}");
    let mut one = Stream::open(&there, &format!("{path}/events"), "")
        .await
        .expect("a stream");
    assert_eq!(one.next().await.kind, "ready");
    let reply = json!({"text": "Look inside."});
    here.post(&format!("{path}/messages"), reply).await;
    assert_eq!(one.next().await.kind, "changed");
    assert_eq!(list.next().await.told("ticket")["version"], 2);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    // Who types here is seen there.
    let presence = format!("{path}/presence");
    here.put(&presence, json!({"doing": "typing"})).await;
    let other = cluster.place.print(&[
        "person",
        "add",
        "--email",
        "max@example.com",
        "--name",
        "Max",
        "--role",
        "agent",
        "--queue",
        "support",
    ]);
    other.await;
    let max = cluster
        .place
        .print(&["token", "--person", "max@example.com"])
        .await;
    let max = Client {
        server: there.server,
        token: Some(max.trim().to_owned()),
    };
    let seen = max.get(&presence).await.json();
    assert_eq!(seen["present"][0]["doing"], "typing", "{seen}");
}

/// What Redis loses costs nothing but a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_everything_is_written_and_streams_of_tickets_go_on() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let (here, there) = (cluster.node().await, cluster.node().await);
    let token = here.token();
    let (client, other) = (here.with(&token), there.with(&token));
    let number = open(&client, "Printer jam").await;
    let path = format!("/api/v1/tickets/{number}");
    let mut one = Stream::open(&other, &format!("{path}/events"), "")
        .await
        .expect("a stream");
    assert_eq!(one.next().await.kind, "ready");
    cluster.redis.stop();
    let ready = eventually("the trouble to be told", || async {
        let ready = here.client.get("/readyz").await;
        ready.text.contains("redis").then_some(ready)
    })
    .await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    let answer = client
        .post(&format!("{path}/messages"), json!({"text": "Look inside."}))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(one.next().await.kind, "changed");
    cluster.redis.restart();
    eventually("the trouble to be over", || async {
        let ready = here.client.get("/readyz").await;
        (!ready.text.contains("redis")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_do_everything_once() {
    const MAILS: usize = 24;
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let node = cluster.node().await;
    let admin = node.admin();
    // A solved ticket closes after a second.
    let settings = cluster.place.print(&["settings", "show"]).await;
    let mut settings: Value = serde_json::from_str(&settings).expect("JSON");
    settings["workflows"][0]["timed"][0]["after_seconds"] = json!(1);
    let file = cluster.place.path("settings.json");
    std::fs::write(&file, settings.to_string()).expect("written");
    let file = file.to_string_lossy().into_owned();
    cluster.place.print(&["settings", "load", &file]).await;
    let workers = [cluster.worker(), cluster.worker()];
    for n in 0..MAILS {
        let raw = mail(
            &format!("ada{n}@example.org"),
            &format!("Jam {n}"),
            &format!("jam{n}@example.org"),
            "",
            "It is stuck.",
        );
        assert_eq!(cluster.place.mail_in(&raw).await, Some(0));
    }
    let numbers = eventually("all mail to become tickets", || async {
        let list = admin.get("/api/v1/tickets?limit=100").await.json();
        let rows = list["tickets"].as_array()?.clone();
        (rows.len() == MAILS).then(|| {
            let number = |row: &Value| row["number"].as_u64();
            rows.iter().filter_map(number).collect::<Vec<u64>>()
        })
    })
    .await;
    for number in &numbers {
        let path = format!("/api/v1/tickets/{number}");
        for status in ["open", "solved"] {
            let body = json!({"status": status});
            admin.put(&format!("{path}/status"), body).await;
        }
    }
    for number in &numbers {
        let path = format!("/api/v1/tickets/{number}");
        let history = eventually("the ticket to close", || async {
            let history = admin.get(&format!("{path}/history")).await.json();
            history.to_string().contains("closed").then_some(history)
        })
        .await;
        let closed = history["events"].as_array().expect("events").iter();
        let closed = closed.filter(|event| event["to"] == "closed").count();
        assert_eq!(closed, 1, "{history}");
        eventually("its notices to be settled", || async {
            let notices = admin.get(&format!("{path}/notices")).await.json();
            let notices = notices["notices"].as_array()?.clone();
            let is_settled =
                |notice: &Value| notice["state"] == "sent" || notice["state"] == "suppressed";
            notices.iter().all(is_settled).then_some(())
        })
        .await;
    }
    let mut letters: BTreeMap<String, usize> = BTreeMap::new();
    for letter in cluster.sink.received() {
        *letters.entry(message_id(&letter.mail)).or_default() += 1;
    }
    assert!(letters.len() >= MAILS, "{} letters", letters.len());
    assert!(letters.values().all(|count| *count == 1), "{letters:?}");
    let report = cluster.place.print(&["verify"]).await;
    assert!(!report.contains("wrong"), "{report}");
    drop(workers);
}

pub(crate) fn message_id(mail: &[u8]) -> String {
    let text = text(mail);
    let line = text
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("message-id:"));
    line.expect("a Message-ID").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_begin_at_once_make_one_admin() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let (one, other) = tokio::join!(cluster.node(), cluster.node());
    let is_first = |node: &Server| node.greeting.iter().any(|line| line.contains("Token:"));
    let first = [&one, &other].into_iter().filter(|node| is_first(node));
    assert_eq!(first.count(), 1, "{:?} {:?}", one.greeting, other.greeting);
    let database = cluster.postgres.url_of("desk");
    assert!(!database.is_empty());
    let people = cluster
        .postgres
        .ask_in("desk", "select count(*) from ticket.people");
    assert_eq!(people.trim(), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_another_key_is_refused_and_told_what_to_do() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let _first = cluster.node().await;
    let mut command = cluster.place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("TICKETD_SECRET_KEY", "another key that is random 7Gh2");
    let output = command.output().await.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("another key") && said.contains("TICKETD_SECRET_KEY"),
        "{said}"
    );
    assert!(!said.contains("postgres://"), "{said}");
    // One without any key makes none for a desk that has one.
    let mut command = cluster.place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env_remove("TICKETD_SECRET_KEY");
    let output = command.output().await.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("secret.key is missing"),
        "{output:?}"
    );
    assert!(!crate::server::exists(
        &cluster.place.data().join("secret.key")
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_does_the_same_as_on_a_file() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let place = &cluster.place;
    let check = place.run(&["migrate", "--check"]).await;
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    let early = place.run(&["verify"]).await;
    assert!(text(&early.stderr).contains("ticketd migrate"), "{early:?}");
    place.print(&["migrate"]).await;
    assert_eq!(
        place.print(&["migrate", "--check"]).await,
        "The database is up to date.\n"
    );
    let email = "root@example.com";
    let token = place
        .print(&["createsuperuser", "--email", email, "--name", "Root"])
        .await;
    let node = cluster.node().await;
    let root = node.with(token.trim());
    assert_eq!(root.get("/api/v1/me").await.json()["addresses"][0], email);
    assert!(!node.greeting.iter().any(|line| line.contains("Token:")));
    assert!(place.print(&["settings", "show"]).await.contains("support"));
    let raw = mail("ada@example.org", "Jam", "jam@example.org", "", "Stuck.");
    assert_eq!(place.mail_in(&raw).await, Some(0));
    let nowhere = place
        .run_with(&["mail-in", "--queue", "nowhere"], raw.as_bytes())
        .await;
    assert_eq!(nowhere.status.code(), Some(0), "{nowhere:?}");
    let _worker = cluster.worker();
    eventually("the mail to be kept aside", || async {
        let list = place.print(&["mail", "list"]).await;
        list.contains("nowhere").then_some(())
    })
    .await;
    eventually("the ticket", || async {
        (root.get("/api/v1/tickets/1").await.status == 200).then_some(())
    })
    .await;
    assert!(place.print(&["verify"]).await.contains("1 tickets"));
    let wrong = place
        .command(&["verify"])
        .env("DATABASE_URL", "mysql://u:hush@h/d")
        .output();
    let said = text(&wrong.await.expect("it runs").stderr);
    assert!(
        said.contains("DATABASE_URL") && !said.contains("hush"),
        "{said}"
    );
}
