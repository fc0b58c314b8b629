//! nodes behind a balancer are restarted one after another, and no request fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Method;
use serde_json::json;

use crate::balancer::Balancer;
use crate::cluster::Cluster;
use crate::keep::Keeper;
use crate::server::{Place, Server};

/// How many clients call all the time.
const CLIENTS: usize = 6;

/// Restarts both nodes twice while clients write and read; tells how much they did.
async fn restart_in_turn(place: &Place) -> String {
    let first = place.start_as(&["serve", "--no-worker"]).await;
    let token = first.token();
    let second = place.start_as(&["serve", "--no-worker"]).await;
    let balancer = Balancer::start(&[first.client.server, second.client.server]).await;
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let keeper = Keeper::new(balancer.address, &token);
            tokio::spawn(call(keeper, client, Arc::clone(&over)))
        })
        .collect();
    let mut nodes: Vec<Option<Server>> = vec![Some(first), Some(second)];
    for round in 0..4 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let at = round % 2;
        let node = nodes[at].take().expect("a node");
        node.signal("TERM").await;
        assert_eq!(node.ended().await.0, Some(0), "{}", place.log());
        let again = place.start_as(&["serve", "--no-worker"]).await;
        balancer.repoint(at, again.client.server);
        nodes[at] = Some(again);
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    over.store(true, Ordering::SeqCst);
    let (mut answered, mut connections) = (0, 0);
    for client in clients {
        let called = client.await;
        let (own, made) = called.unwrap_or_else(|_| panic!("{}", place.faults()));
        answered += own;
        connections += made;
    }
    assert!(answered > 100, "{answered} is no load");
    let count = CLIENTS as u32;
    assert!(connections > count, "connections were kept and closed");
    assert!(connections < answered / 2, "connections were kept");
    format!("{answered} requests over {connections} connections, none failed")
}

pub(crate) async fn call(mut keeper: Keeper, client: usize, over: Arc<AtomicBool>) -> (u32, u32) {
    let mut answered = 0;
    while !over.load(Ordering::SeqCst) {
        let subject = format!("client {client} call {answered}");
        let body = json!({"queue": "support", "subject": subject, "text": "Stuck."});
        let opened = keeper
            .send(Method::POST, "/api/v1/tickets", Some(body.to_string()))
            .await;
        assert_eq!(opened, Ok(201), "after {answered}");
        let listed = keeper.send(Method::GET, "/api/v1/tickets?limit=5", None);
        assert_eq!(listed.await, Ok(200), "after {answered}");
        answered += 2;
    }
    (answered, keeper.connections)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_request() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    println!("{}", restart_in_turn(&cluster.place).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_one_of_two_processes_on_one_file() {
    let place = Place::new().with("TICKETD_DRAIN", "1");
    println!("{}", restart_in_turn(&place).await);
}
