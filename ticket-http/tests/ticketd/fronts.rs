//! Real balancers before two nodes: nginx and HAProxy, with the files of `docs/`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::json;
use test_kit::{Front, Site};

use crate::client::Client;
use crate::cluster::Cluster;
use crate::keep::Keeper;
use crate::kill::{all, random};
use crate::rolling;
use crate::server::{Place, Server, eventually};
use crate::stream::Stream;
use crate::tunnel::Tunnel;

/// How many clients call all the time.
const CLIENTS: usize = 6;

/// For how many seconds a node serves on: as little as the files allow.
const DRAIN: u64 = 3;

/// How long nginx passes a node over that failed, and longer than HAProxy takes to look again.
const PASSED_OVER: Duration = Duration::from_millis(2200);

/// How long an event may take from one node through the balancer to a screen.
const AT_ONCE: Duration = Duration::from_secs(2);

type Balancer = fn(&[SocketAddr; 2]) -> Option<Front>;

fn nginx(nodes: &[SocketAddr; 2]) -> Option<Front> {
    Front::nginx(|site| {
        let changes = [
            ("10.0.0.11:8080", nodes[0].to_string()),
            ("10.0.0.12:8080", nodes[1].to_string()),
            ("443", format!("127.0.0.1:{}", site.port)),
            (
                "/etc/ssl/certs/help.example.org.pem",
                site.certificate().display().to_string(),
            ),
            (
                "/etc/ssl/private/help.example.org.key",
                site.key().display().to_string(),
            ),
        ];
        adapted(include_str!("../../../docs/nginx.conf"), &changes)
    })
}

fn haproxy(nodes: &[SocketAddr; 2]) -> Option<Front> {
    Front::haproxy(|site: &Site<'_>| {
        let changes = [
            ("10.0.0.11:8080", nodes[0].to_string()),
            ("10.0.0.12:8080", nodes[1].to_string()),
            (":443", format!("127.0.0.1:{}", site.port)),
            (
                "/etc/haproxy/help.example.org.pem",
                site.both().display().to_string(),
            ),
        ];
        adapted(include_str!("../../../docs/haproxy.cfg"), &changes)
    })
}

/// The file as it stands, except for its addresses and certificates.
fn adapted(sample: &str, changes: &[(&str, String)]) -> String {
    changes.iter().fold(sample.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        text.replace(old, new)
    })
}

struct World {
    cluster: Cluster,
    addresses: [SocketAddr; 2],
    nodes: [Server; 2],
    front: Front,
    tunnel: Tunnel,
    token: String,
}

impl World {
    async fn start(balancer: Balancer) -> Option<Self> {
        let addresses = [port(), port()];
        let front = balancer(&addresses)?;
        let mut cluster = Cluster::start().await?;
        cluster.place = cluster.place.with("TICKETD_DRAIN", &DRAIN);
        let first = node(&cluster.place, addresses[0]).await;
        let second = node(&cluster.place, addresses[1]).await;
        let token = first.token();
        let world = Self {
            cluster,
            addresses,
            nodes: [first, second],
            tunnel: Tunnel::to(&front).await,
            front,
            token,
        };
        world.is_ready().await;
        Some(world)
    }

    fn client(&self) -> Client {
        Client {
            server: self.tunnel.address,
            token: Some(self.token.clone()),
        }
    }

    /// Waits until the balancer sends requests to nodes.
    async fn is_ready(&self) {
        let client = self.client();
        eventually("the balancer", || async {
            let answer = client.call(Method::GET, "/readyz").try_send().await?;
            (answer.status == 200).then_some(())
        })
        .await;
    }

    fn keeper(&self) -> Keeper {
        Keeper::new(self.tunnel.address, &self.token)
    }

    fn told(&self) -> String {
        format!("{}\n{}", self.cluster.place.faults(), self.front.logged())
    }
}

async fn node(place: &Place, address: SocketAddr) -> Server {
    let arguments = ["serve", "--no-worker"];
    place.start_at(&address.to_string(), &arguments).await
}

/// An address that stays free while a node is restarted: below those that the system gives away.
fn port() -> SocketAddr {
    loop {
        let port = 20_000 + u16::try_from(random() % 12_000).expect("small");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

async fn tells_live(balancer: Balancer) {
    let Some(world) = World::start(balancer).await else {
        return;
    };
    let client = world.client();
    let mut list = Stream::open(&client, "/api/v1/events", "")
        .await
        .expect("a stream");
    assert_eq!(list.next().await.kind, "ready");
    for round in 0..6 {
        let begun = Instant::now();
        let writer = world.nodes[round % 2].with(&world.token);
        let body = json!({"queue": "support", "subject": "Jam", "text": "Stuck."});
        let opened = writer.post("/api/v1/tickets", body).await;
        let told = list.next().await.told("ticket");
        assert_eq!(told["number"], opened.json()["number"]);
        assert!(begun.elapsed() < AT_ONCE, "after {:?}", begun.elapsed());
    }
}

/// Each node is stopped and started again while clients write and read, without keys; how much they did.
async fn restarts_in_turn(balancer: Balancer) -> Option<String> {
    let mut world = World::start(balancer).await?;
    let over = Arc::new(AtomicBool::new(false));
    let call = |client| tokio::spawn(rolling::call(world.keeper(), client, Arc::clone(&over)));
    let clients: Vec<_> = (0..CLIENTS).map(call).collect();
    for at in 0..2 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        world.nodes[at].signal("TERM").await;
        let again = async {
            let ended = world.nodes[at].process.wait();
            assert!(ended.await.expect("an end").success());
            node(&world.cluster.place, world.addresses[at]).await
        };
        let again = again.await;
        world.nodes[at] = again;
        tokio::time::sleep(PASSED_OVER).await;
    }
    over.store(true, Ordering::SeqCst);
    let mut answered = 0;
    for client in clients {
        answered += client
            .await
            .unwrap_or_else(|_| panic!("{}", world.told()))
            .0;
    }
    assert!(answered > 100, "{answered} is no load");
    Some(format!("{answered} requests, none failed"))
}

/// Each node is killed in turn while clients read, and write with keys; how much they did.
async fn survives_kills(balancer: Balancer) -> Option<String> {
    let mut world = World::start(balancer).await?;
    let over = Arc::new(AtomicBool::new(false));
    let call = |client| tokio::spawn(call_with_keys(world.keeper(), client, Arc::clone(&over)));
    let clients: Vec<_> = (0..CLIENTS).map(call).collect();
    for at in 0..2 {
        tokio::time::sleep(Duration::from_millis(300 + random() % 700)).await;
        world.nodes[at].process.kill().await.expect("killed");
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.nodes[at] = node(&world.cluster.place, world.addresses[at]).await;
        tokio::time::sleep(PASSED_OVER).await;
    }
    over.store(true, Ordering::SeqCst);
    let mut opened = 0;
    for client in clients {
        opened += client.await.unwrap_or_else(|_| panic!("{}", world.told()));
    }
    assert!(opened > 50, "{opened} is no load");
    let tickets = all(&world.client()).await;
    assert_eq!(tickets.len(), opened);
    let doubled = tickets.iter().find(|(_, numbers)| numbers.len() > 1);
    assert_eq!(doubled, None);
    Some(format!(
        "{opened} tickets opened and {opened} lists read, none failed, none doubled"
    ))
}

async fn call_with_keys(mut keeper: Keeper, client: usize, over: Arc<AtomicBool>) -> usize {
    let mut opened = 0;
    while !over.load(Ordering::SeqCst) {
        let subject = format!("client {client} call {opened}");
        let body = json!({"queue": "support", "subject": subject, "text": "Stuck."});
        let key = format!("{client}-{opened}");
        let posted = keeper.post_with_key("/api/v1/tickets", &key, body.to_string());
        assert_eq!(posted.await, Ok(201), "{subject}");
        let listed = keeper.send(Method::GET, "/api/v1/tickets?limit=5", None);
        assert_eq!(listed.await, Ok(200), "{subject}");
        opened += 1;
    }
    opened
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_passes_live_events_on_at_once() {
    tells_live(nginx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn haproxy_passes_live_events_on_at_once() {
    tells_live(haproxy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_nginx_a_rolling_restart_fails_no_request() {
    println!("{:?}", restarts_in_turn(nginx).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_haproxy_a_rolling_restart_fails_no_request() {
    println!("{:?}", restarts_in_turn(haproxy).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_nginx_a_kill_fails_no_request_that_may_be_repeated() {
    println!("{:?}", survives_kills(nginx).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_haproxy_a_kill_fails_no_request_that_may_be_repeated() {
    println!("{:?}", survives_kills(haproxy).await);
}
