//! A proxy that breaks connections on demand.

mod link;
mod round_trips;
mod upstream;

use std::fmt;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use upstream::Upstream;

/// How a [`Proxy`] treats its connections, those that are open and those to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Bytes pass as they come.
    Pass,
    /// Every connection is reset at once.
    Refuse,
    /// Connections are accepted and stay open, but no byte and no close passes until the mode changes.
    BlackHole,
    /// Bytes wait so long in each direction.
    Latency(Duration),
    /// One byte passes, in each direction, in this time.
    OneByteEvery(Duration),
    /// A connection is reset once so many bytes came from a side, counted from the change of the mode.
    CutAfterBytes(Side, u64),
    /// The next request that holds these bytes is forwarded, and its connection reset before an answer.
    ///
    /// The client does not learn what became of it, and may even ask before the server is done. All other
    /// connections pass, and the mode is [`Mode::Pass`] afterwards. No bytes mean any request.
    CutAfterRequest(Vec<u8>),
    /// Like [`Mode::CutAfterRequest`], but the connection is reset only when the server answers.
    ///
    /// So the server did what was asked when the client hears of the failure.
    LoseAnswer(Vec<u8>),
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The program that connected to the proxy.
    Client,
    /// The server behind the proxy.
    Server,
}

/// A proxy between a program and a server that breaks their connections as it is told.
///
/// It works in a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    url: Option<Url>,
    shared: Arc<Shared>,
    stop: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    orders: watch::Sender<Orders>,
    accepted: AtomicU64,
    open: AtomicU64,
    cuts: AtomicU64,
    round_trips: Arc<AtomicU64>,
}

/// What every connection obeys.
#[derive(Clone, Debug)]
struct Orders {
    mode: Mode,
    /// Grows with each change of the mode.
    turn: u64,
    /// Grows with each order to reset all connections.
    resets: u64,
    upstream: Upstream,
}

impl Shared {
    /// Sets the mode back to [`Mode::Pass`] for the one connection that is to be cut, and tells it so.
    fn take_turn(&self, turn: u64) -> bool {
        self.orders.send_if_modified(|orders| {
            let mine = orders.turn == turn;
            if mine {
                orders.mode = Mode::Pass;
                orders.turn += 1;
            }
            mine
        })
    }
}

impl Proxy {
    /// Starts a proxy in front of a TCP address such as `127.0.0.1:5432`, or of the path of a socket.
    pub fn start(upstream: impl fmt::Display) -> Self {
        Self::before(Upstream::parse(&upstream.to_string()), None)
    }

    /// Starts a proxy in front of the server that a URL names; [`Proxy::url`] then leads through it.
    ///
    /// For PostgreSQL the URL may name the folder of a socket by `host`, as libpq and sqlx understand it.
    pub fn in_front_of(url: &str) -> Self {
        let url: Url = url.parse().expect("a URL");
        Self::before(Upstream::of_url(&url), Some(url))
    }

    fn before(upstream: Upstream, url: Option<Url>) -> Self {
        let listener = StdListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a listener that does not block");
        let address = listener.local_addr().expect("the address of the listener");
        let orders = Orders {
            mode: Mode::Pass,
            turn: 0,
            resets: 0,
            upstream,
        };
        let shared = Arc::new(Shared {
            orders: watch::Sender::new(orders),
            accepted: AtomicU64::new(0),
            open: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            round_trips: Arc::default(),
        });
        let (stop, stopped) = watch::channel(());
        let working = Arc::clone(&shared);
        let thread = thread::spawn(move || work(listener, &working, stopped));
        Self {
            address,
            url,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that it was started for, with the proxy's address in it.
    pub fn url(&self) -> String {
        let mut url = self
            .url
            .clone()
            .expect("a proxy that was started for a URL");
        let others: Vec<_> = url
            .query_pairs()
            .filter(|(name, _)| name != "host" && name != "port")
            .map(|(a, b)| (a.into_owned(), b.into_owned()))
            .collect();
        url.set_host(Some("127.0.0.1")).expect("a URL with a host");
        url.set_port(Some(self.address.port()))
            .expect("a URL with a port");
        url.set_query(None);
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
        url.into()
    }

    /// Changes the mode, for the connections that are open and for those to come.
    pub fn set(&self, mode: Mode) {
        self.shared.orders.send_modify(|orders| {
            orders.mode = mode;
            orders.turn += 1;
        });
    }

    /// Resets all connections that are open; the mode stays.
    pub fn reset_all(&self) {
        self.shared.orders.send_modify(|orders| orders.resets += 1);
    }

    /// Sends connections to come to another server, as an operator does after a failover.
    pub fn repoint(&self, upstream: impl fmt::Display) {
        let upstream = Upstream::parse(&upstream.to_string());
        self.shared
            .orders
            .send_modify(|orders| orders.upstream = upstream);
    }

    /// How many connections were accepted so far.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many connections are open now.
    pub fn open(&self) -> u64 {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// How many connections were cut by a mode or an order.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// How many round trips clients of PostgreSQL asked for: their Sync and Query messages on the wire.
    ///
    /// Counted as they come. Connections under TLS are not counted.
    pub fn round_trips(&self) -> u64 {
        self.shared.round_trips.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Accepts until the proxy is dropped. With the runtime, all its connections end.
fn work(listener: StdListener, shared: &Arc<Shared>, mut stopped: watch::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("a listener");
        loop {
            tokio::select! {
                _ = stopped.changed() => break,
                Ok((client, _)) = listener.accept() => {
                    tokio::spawn(link::run(client, Arc::clone(shared)));
                }
            }
        }
    });
}
