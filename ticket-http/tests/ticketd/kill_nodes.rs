//! kill -9 of nodes and workers of a cluster under load.
//!
//! A few rounds by default; `scripts/kill9 --postgres` runs the long form.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::balancer::Balancer;
use crate::client::Client;
use crate::cluster::Cluster;
use crate::kill::{Shared, all, call, check, number, pipe, random};
use crate::nodes::message_id;
use crate::server::{Server, eventually};

/// How long after a kill mail may wait for the dead worker's lease, with some room.
const DELAY: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_cluster_acknowledged_survives_kill_9_of_any_process() {
    let rounds = number("TICKETD_KILL_ROUNDS", 3);
    let writers = number("TICKETD_KILL_WRITERS", 4);
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let cluster = Arc::new(cluster);
    let first = cluster.node().await;
    let token = first.token();
    let second = cluster.node().await;
    let balancer = Balancer::start(&[first.client.server, second.client.server]).await;
    let admin = balancer.client(&token);
    let mut nodes: Vec<Server> = vec![first, second];
    let mut worker = cluster.worker();
    let journal = Shared::default();
    let mut slowest = Duration::ZERO;
    for round in 1..=rounds {
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let name = format!("round{round}writer{writer}");
                let (cluster, journal) = (Arc::clone(&cluster), Arc::clone(&journal));
                let client = admin.clone();
                tokio::spawn(async move {
                    if writer % 2 == 0 {
                        call(&client, &journal, &name).await;
                    } else {
                        pipe(&cluster.place, &journal, &name).await;
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50 + random() % 1_450)).await;
        // Each of the three in turn first, so that few rounds kill them all.
        let victim = if round <= 3 { round } else { 1 + random() % 3 };
        let victim = usize::try_from(victim % 3).expect("small");
        match nodes.get_mut(victim) {
            Some(node) => {
                node.process.kill().await.expect("killed");
                *node = cluster.node().await;
                balancer.repoint(victim, node.client.server);
            }
            None => {
                worker.kill().await.expect("killed");
                worker = cluster.worker();
            }
        }
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        for task in tasks {
            assert!(
                !task.await.is_err_and(|error| error.is_panic()),
                "a writer failed: {}",
                cluster.place.faults()
            );
        }
        eventually("a node to be ready", || async {
            (admin
                .call(hyper::Method::GET, "/readyz")
                .try_send()
                .await?
                .status
                == 200)
                .then_some(())
        })
        .await;
        let begun = Instant::now();
        let counts = check(&admin, &journal).await;
        slowest = slowest.max(begun.elapsed());
        let report = cluster.place.print(&["verify"]).await;
        assert!(!report.contains("wrong:"), "{report}");
        println!("round {round}, {} killed: {counts}", name_of(victim));
    }
    let sent = letters_are_the_same(&cluster, &admin).await;
    println!(
        "after {rounds} rounds with {writers} writers: nothing lost, {sent}; the slowest check took {slowest:?}"
    );
    assert!(slowest < DELAY, "mail waited for {slowest:?}");
}

fn name_of(victim: usize) -> &'static str {
    ["the first node", "the second node", "the worker"][victim]
}

/// Every notice that counts as sent reached the mail server, and each repeat is the same letter.
async fn letters_are_the_same(cluster: &Cluster, admin: &Client) -> String {
    let mut sent = 0;
    for number in all(admin).await.into_values().flatten() {
        let path = format!("/api/v1/tickets/{number}/notices");
        let notices: Vec<Value> = eventually("notices to be settled", || async {
            let notices = admin.get(&path).await.json();
            let notices = notices["notices"].as_array()?.clone();
            let is_settled = |own: &Value| own["state"] == "sent" || own["state"] == "suppressed";
            notices.iter().all(is_settled).then_some(notices)
        })
        .await;
        sent += notices.iter().filter(|own| own["state"] == "sent").count();
    }
    let mut letters: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut repeats = 0;
    for letter in cluster.sink.received() {
        let id = message_id(&letter.mail);
        if let Some(earlier) = letters.get(&id) {
            assert!(*earlier == letter.mail, "{id} came in two forms");
            repeats += 1;
        }
        letters.insert(id, letter.mail);
    }
    assert_eq!(letters.len(), sent, "letters and notices");
    format!("{sent} letters, {repeats} of them again")
}
