//! kill -9 under load: what was acknowledged is there, once, and everything holds together.
//!
//! A few rounds by default; `TICKETD_KILL_ROUNDS` and `TICKETD_KILL_WRITERS` set how many, and
//! `scripts/kill9` runs the long form.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use crate::client::Client;
use crate::server::{Place, eventually, mail};

/// What was asked for, by its subject, which nothing else has.
#[derive(Default)]
pub(crate) struct Journal {
    /// Asked for over the API, and the number that was answered; none if nothing was answered.
    opened: BTreeMap<String, Option<u64>>,
    /// Replies that were answered: the ticket and the message.
    replied: Vec<(u64, String)>,
    /// Mails that were taken.
    piped: Vec<String>,
}

pub(crate) type Shared = Arc<Mutex<Journal>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9() {
    let rounds = number("TICKETD_KILL_ROUNDS", 3);
    let writers = number("TICKETD_KILL_WRITERS", 4);
    let place = Arc::new(Place::new());
    let journal = Shared::default();
    let mut server = place.start().await;
    let token = server.token();
    for round in 1..=rounds {
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let name = format!("round{round}writer{writer}");
                let (place, journal) = (Arc::clone(&place), Arc::clone(&journal));
                let client = server.with(&token);
                tokio::spawn(async move {
                    if writer % 2 == 0 {
                        call(&client, &journal, &name).await;
                    } else {
                        pipe(&place, &journal, &name).await;
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50 + random() % 1_450)).await;
        server.process.kill().await.expect("killed");
        // Pipes that are under way are killed too.
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        for task in tasks {
            assert!(
                !task.await.is_err_and(|error| error.is_panic()),
                "a writer failed"
            );
        }
        end_leases(&place).await;
        server = place.start().await;
        let counts = check(&server.with(&token), &journal).await;
        let report = place.print(&["verify"]).await;
        assert!(!report.contains("wrong:"), "{report}");
        println!(
            "round {round}: {counts}; {}",
            report.lines().next().unwrap_or_default()
        );
    }
    let counts = check(&server.with(&token), &journal).await;
    println!("after {rounds} rounds with {writers} writers: {counts}, nothing lost");
    assert!(!journal.lock().expect("unpoisoned").opened.is_empty());
}

/// Opens tickets over the API and replies to them until the server is gone.
pub(crate) async fn call(client: &Client, journal: &Shared, name: &str) {
    for n in 0.. {
        let subject = format!("{name}call{n}");
        let note = |number| {
            let mut journal = journal.lock().expect("unpoisoned");
            journal.opened.insert(subject.clone(), number);
        };
        note(None);
        let Some(opened) = open(client, &subject).await else {
            return;
        };
        let number = opened["number"].as_u64().expect("a number");
        note(Some(number));
        let path = format!("/api/v1/tickets/{number}/messages");
        let Some(replied) = try_post(
            client,
            &path,
            &format!("reply-{subject}"),
            &json!({"text": subject}),
        )
        .await
        else {
            return;
        };
        let message = replied["message"].as_str().expect("a message").to_owned();
        journal
            .lock()
            .expect("unpoisoned")
            .replied
            .push((number, message));
    }
}

/// Pipes mails in until stopped.
pub(crate) async fn pipe(place: &Place, journal: &Shared, name: &str) {
    for n in 0.. {
        let subject = format!("{name}mail{n}");
        let from = format!("{name}-{n}@example.org");
        let raw = mail(
            &from,
            &subject,
            &format!("{subject}@example.org"),
            "",
            "Stuck.",
        );
        if place.mail_in(&raw).await == Some(0) {
            journal.lock().expect("unpoisoned").piped.push(subject);
        }
    }
}

async fn open(client: &Client, subject: &str) -> Option<Value> {
    let body = json!({"queue": "support", "subject": subject, "text": "Stuck."});
    try_post(client, "/api/v1/tickets", subject, &body).await
}

/// What was answered; none when the server is gone.
async fn try_post(client: &Client, path: &str, key: &str, body: &Value) -> Option<Value> {
    let call = client
        .call(Method::POST, path)
        .header("idempotency-key", key)
        .json(body);
    let answer = call.try_send().await?;
    assert_eq!(answer.status, 201, "{}", answer.text);
    Some(answer.json())
}

/// Everything that was acknowledged is there exactly once; what was not answered is asked for
/// again, with the same key.
pub(crate) async fn check(admin: &Client, journal: &Shared) -> String {
    let unanswered: Vec<String> = {
        let journal = journal.lock().expect("unpoisoned");
        let unanswered = journal.opened.iter().filter(|(_, number)| number.is_none());
        unanswered.map(|(subject, _)| subject.clone()).collect()
    };
    for subject in unanswered {
        let opened = open(admin, &subject).await.expect("an answer");
        let mut journal = journal.lock().expect("unpoisoned");
        journal.opened.insert(subject, opened["number"].as_u64());
    }
    let piped = journal.lock().expect("unpoisoned").piped.clone();
    let tickets = eventually("all mail to become tickets", || async {
        let tickets = all(admin).await;
        piped
            .iter()
            .all(|subject| tickets.contains_key(subject))
            .then_some(tickets)
    })
    .await;
    let (opened, replied) = {
        let journal = journal.lock().expect("unpoisoned");
        (journal.opened.clone(), journal.replied.clone())
    };
    for (subject, number) in &opened {
        let found = tickets.get(subject).map(Vec::as_slice);
        let number = number.expect("an answer");
        assert_eq!(found, Some(&[number][..]), "{subject}");
    }
    for subject in &piped {
        assert_eq!(tickets[subject].len(), 1, "{subject}");
    }
    for (number, message) in &replied {
        let shown = admin.get(&format!("/api/v1/tickets/{number}")).await;
        assert!(shown.text.contains(message), "a reply to {number} is lost");
    }
    assert_eq!(admin.get("/readyz").await.status, 200);
    format!(
        "{} opened, {} replied, {} piped",
        opened.len(),
        replied.len(),
        piped.len()
    )
}

/// What a dead worker held waits until its lease is over: lets that time pass.
async fn end_leases(place: &Place) {
    let file = format!("sqlite://{}", place.data().join("ticketd.db").display());
    let mut database = SqliteConnection::connect(&file).await.expect("a database");
    let passed = sqlx::query("UPDATE mails SET moment = 0 WHERE state = 1");
    passed.execute(&mut database).await.expect("written");
    database.close().await.expect("closed");
}

/// The numbers of all tickets, by subject.
pub(crate) async fn all(admin: &Client) -> BTreeMap<String, Vec<u64>> {
    let mut tickets: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut next = String::new();
    loop {
        let page = admin
            .get(&format!("/api/v1/tickets?limit=100{next}"))
            .await
            .json();
        for row in page["tickets"].as_array().expect("rows") {
            let subject = row["subject"].as_str().expect("a subject").to_owned();
            tickets
                .entry(subject)
                .or_default()
                .extend(row["number"].as_u64());
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return tickets,
        }
    }
}

pub(crate) fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
