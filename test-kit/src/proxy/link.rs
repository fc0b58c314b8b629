//! One connection through the proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::round_trips::RoundTrips;
use super::upstream::Stream;
use super::{Mode, Orders, Shared, Side};

/// A request is at its end when its client is silent for so long.
const END_OF_REQUEST: Duration = Duration::from_millis(10);

/// So long a server may work on a request whose client was cut.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// Why a connection ends without being closed by either side.
struct Cut;

/// Follows one connection from its acceptance to its end.
pub(super) async fn run(client: TcpStream, shared: Arc<Shared>) {
    shared.accepted.fetch_add(1, Ordering::SeqCst);
    shared.open.fetch_add(1, Ordering::SeqCst);
    connect(client, &shared).await;
    shared.open.fetch_sub(1, Ordering::SeqCst);
}

async fn connect(client: TcpStream, shared: &Arc<Shared>) {
    let _ = client.set_nodelay(true);
    let orders = shared.orders.subscribe();
    let resets = orders.borrow().resets;
    let wanted = tokio::select! {
        () = interrupted(orders.clone(), resets) => None,
        upstream = reachable(orders) => upstream,
    };
    match wanted {
        Some(upstream) => carry(client, upstream, shared, resets).await,
        None => reset(client, shared),
    }
}

/// Connects to the server as soon as the mode lets anything through.
async fn reachable(mut orders: watch::Receiver<Orders>) -> Option<Box<dyn Stream>> {
    let upstream = orders
        .wait_for(|orders| orders.mode != Mode::BlackHole)
        .await
        .ok()?
        .upstream
        .clone();
    upstream.connect().await.ok()
}

/// Returns when the connection is to be reset by order.
async fn interrupted(mut orders: watch::Receiver<Orders>, resets: u64) {
    let _ = orders
        .wait_for(|orders| orders.resets != resets || orders.mode == Mode::Refuse)
        .await;
}

async fn carry(
    mut client: TcpStream,
    mut server: Box<dyn Stream>,
    shared: &Arc<Shared>,
    resets: u64,
) {
    let request = Request::default();
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = tokio::io::split(&mut server);
        let up = Pump::new(Side::Client, shared, &request).run(from_client, to_server);
        let down = Pump::new(Side::Server, shared, &request).run(from_server, to_client);
        tokio::select! {
            () = interrupted(shared.orders.subscribe(), resets) => Err(Cut),
            ended = async { tokio::try_join!(up, down) } => ended.map(|_| ()),
        }
    };
    if let Err(Cut) = ended {
        reset(client, shared);
        if request.is_pending() {
            // If the server saw its client go, it might not do what it was asked.
            tokio::spawn(async move { timeout(LAST_ANSWER, server.read_u8()).await });
        }
    }
}

/// Closes with RST, as a host does that knows nothing of the connection.
fn reset(client: TcpStream, shared: &Shared) {
    shared.cuts.fetch_add(1, Ordering::SeqCst);
    let _ = client.set_zero_linger();
    drop(client);
}

/// What both directions of a connection know of the request that is to stay without an answer.
#[derive(Default)]
struct Request {
    passes: AtomicBool,
    answered: AtomicBool,
}

impl Request {
    fn is_pending(&self) -> bool {
        self.passes.load(Ordering::SeqCst) && !self.answered.load(Ordering::SeqCst)
    }
}

/// Carries the bytes of one side to the other.
struct Pump<'a> {
    from: Side,
    shared: &'a Shared,
    orders: watch::Receiver<Orders>,
    request: &'a Request,
    /// Whether the connection is cut at the end of this request, without waiting for an answer.
    ends_after_request: bool,
    turn: u64,
    /// How many bytes passed in this turn.
    passed: u64,
    /// The last bytes that passed, for requests that come in parts.
    tail: Vec<u8>,
    round_trips: RoundTrips,
}

impl<'a> Pump<'a> {
    fn new(from: Side, shared: &'a Shared, request: &'a Request) -> Self {
        let orders = shared.orders.subscribe();
        let turn = orders.borrow().turn;
        let round_trips = RoundTrips::new(Arc::clone(&shared.round_trips));
        Self {
            from,
            shared,
            orders,
            request,
            ends_after_request: false,
            turn,
            passed: 0,
            tail: Vec::new(),
            round_trips,
        }
    }

    async fn run(
        mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> Result<(), Cut> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            if self.mode() == Mode::BlackHole {
                self.changed().await?;
                continue;
            }
            let read = tokio::select! {
                biased;
                changed = self.orders.changed() => { changed.map_err(|_| Cut)?; continue }
                read = from.read(&mut buffer) => read.map_err(|_| Cut)?,
                () = sleep(END_OF_REQUEST), if self.ends_after_request => return Err(Cut),
            };
            // A close passes no black hole either.
            while self.mode() == Mode::BlackHole {
                self.changed().await?;
            }
            if read == 0 {
                return to.shutdown().await.map_err(|_| Cut);
            }
            if self.from == Side::Client {
                self.round_trips.see(&buffer[..read]);
            }
            self.deliver(&buffer[..read], &mut to).await?;
        }
    }

    async fn deliver(
        &mut self,
        bytes: &[u8],
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), Cut> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some(part) = self.allowance(rest).await? else {
                continue;
            };
            to.write_all(&rest[..part]).await.map_err(|_| Cut)?;
            self.passed += part as u64;
            rest = &rest[part..];
            if let Mode::CutAfterBytes(side, limit) = self.mode()
                && side == self.from
                && self.passed >= limit
            {
                return Err(Cut);
            }
        }
        Ok(())
    }

    /// How many bytes may pass now; nothing if the mode changed meanwhile.
    async fn allowance(&mut self, bytes: &[u8]) -> Result<Option<usize>, Cut> {
        if self.from == Side::Server && self.request.passes.load(Ordering::SeqCst) {
            self.request.answered.store(true, Ordering::SeqCst);
            return Err(Cut);
        }
        match self.mode() {
            Mode::Pass => Ok(Some(bytes.len())),
            Mode::BlackHole | Mode::Refuse => {
                self.changed().await?;
                Ok(None)
            }
            Mode::Latency(time) => Ok(self.stays_for(time).await?.then_some(bytes.len())),
            Mode::OneByteEvery(time) => Ok(self.stays_for(time).await?.then_some(1)),
            Mode::CutAfterBytes(side, limit) if side == self.from => {
                let left = limit
                    .checked_sub(self.passed)
                    .filter(|left| *left > 0)
                    .ok_or(Cut)?;
                Ok(Some(
                    bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
                ))
            }
            Mode::CutAfterBytes(..) => Ok(Some(bytes.len())),
            Mode::CutAfterRequest(wanted) => {
                self.ends_after_request = self.finds(&wanted, bytes);
                Ok(Some(bytes.len()))
            }
            Mode::LoseAnswer(wanted) => {
                self.finds(&wanted, bytes);
                Ok(Some(bytes.len()))
            }
        }
    }

    /// Whether these bytes end the search for a request; no other connection finds one afterwards.
    fn finds(&mut self, wanted: &[u8], bytes: &[u8]) -> bool {
        if self.from == Side::Server {
            return false;
        }
        self.tail.extend(bytes);
        let found = wanted.is_empty()
            || self
                .tail
                .windows(wanted.len())
                .any(|window| window == wanted);
        let kept = self.tail.len().min(wanted.len().saturating_sub(1));
        self.tail.drain(..self.tail.len() - kept);
        let mine = found && self.shared.take_turn(self.turn);
        if mine {
            self.request.passes.store(true, Ordering::SeqCst);
        }
        mine
    }

    /// The mode now. What was counted begins anew when it changed.
    fn mode(&mut self) -> Mode {
        let orders = self.orders.borrow_and_update();
        if orders.turn != self.turn {
            self.turn = orders.turn;
            self.passed = 0;
            self.tail.clear();
        }
        orders.mode.clone()
    }

    async fn changed(&mut self) -> Result<(), Cut> {
        self.orders.changed().await.map_err(|_| Cut)
    }

    /// Waits; false if the orders changed meanwhile.
    async fn stays_for(&mut self, time: Duration) -> Result<bool, Cut> {
        match timeout(time, self.orders.changed()).await {
            Err(_) => Ok(true),
            Ok(changed) => changed.map(|()| false).map_err(|_| Cut),
        }
    }
}
