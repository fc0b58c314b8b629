//! A plain TCP balancer: it asks nodes whether they are ready, and knows no HTTP besides.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::client::Client;

/// How often nodes are asked.
const CHECK: Duration = Duration::from_millis(100);

/// How long a node may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy)]
struct Node {
    address: SocketAddr,
    ready: bool,
}

#[derive(Default)]
struct Nodes {
    nodes: Vec<Node>,
    turn: usize,
}

/// A balancer; it ends with this value.
pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
    nodes: Arc<Mutex<Nodes>>,
    _tasks: JoinSet<()>,
}

impl Balancer {
    pub(crate) async fn start(nodes: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let ready = |address: &SocketAddr| Node {
            address: *address,
            ready: true,
        };
        let nodes = Nodes {
            nodes: nodes.iter().map(ready).collect(),
            turn: 0,
        };
        let nodes = Arc::new(Mutex::new(nodes));
        let mut tasks = JoinSet::new();
        tasks.spawn(check(Arc::clone(&nodes)));
        tasks.spawn(accept(listener, Arc::clone(&nodes)));
        Self {
            address,
            nodes,
            _tasks: tasks,
        }
    }

    /// A node is at another address now.
    pub(crate) fn repoint(&self, at: usize, address: SocketAddr) {
        let mut nodes = self.nodes.lock().expect("unpoisoned");
        nodes.nodes[at] = Node {
            address,
            ready: false,
        };
    }

    /// Calls whichever node is ready.
    pub(crate) fn client(&self, token: &str) -> Client {
        Client {
            server: self.address,
            token: Some(token.to_owned()),
        }
    }
}

async fn check(nodes: Arc<Mutex<Nodes>>) {
    loop {
        let all: Vec<Node> = nodes.lock().expect("unpoisoned").nodes.clone();
        for (at, node) in all.into_iter().enumerate() {
            let client = Client {
                server: node.address,
                token: None,
            };
            let asked = client.call(hyper::Method::GET, "/readyz").try_send();
            let answer = tokio::time::timeout(PATIENCE, asked).await;
            let ready = matches!(answer, Ok(Some(answer)) if answer.status == 200);
            let mut nodes = nodes.lock().expect("unpoisoned");
            if nodes.nodes[at].address == node.address {
                nodes.nodes[at].ready = ready;
            }
        }
        tokio::time::sleep(CHECK).await;
    }
}

async fn accept(listener: TcpListener, nodes: Arc<Mutex<Nodes>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((mut client, _)) = listener.accept().await else {
            continue;
        };
        let nodes = Arc::clone(&nodes);
        connections.spawn(async move {
            for address in in_turn(&nodes) {
                if let Ok(mut node) = TcpStream::connect(address).await {
                    let _ = (client.set_nodelay(true), node.set_nodelay(true));
                    let _ = copy_bidirectional(&mut client, &mut node).await;
                    return;
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The nodes to try: those that are ready, the next one first.
fn in_turn(nodes: &Mutex<Nodes>) -> Vec<SocketAddr> {
    let mut nodes = nodes.lock().expect("unpoisoned");
    nodes.turn += 1;
    let ready = nodes.nodes.iter().filter(|node| node.ready);
    let mut ready: Vec<SocketAddr> = ready.map(|node| node.address).collect();
    if !ready.is_empty() {
        let by = nodes.turn % ready.len();
        ready.rotate_left(by);
    }
    ready
}
