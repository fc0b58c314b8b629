//! Taking connections: with a clock, so that slow clients are let go (which `axum::serve` lacks).

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;

/// The wait after a connection could not be taken, for want of file descriptors and the like.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the system may take to hand over a connection that was made before the end.
const LAST: Duration = Duration::from_millis(20);

/// How long the request of a connection that was made before the end may take to come. Without this
/// the server would close a connection on which nothing came yet.
const FIRST: Duration = Duration::from_millis(250);

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// The head of a request, and a connection without one.
    head: Duration,
    /// A client that takes nothing of what is sent to it, be it an answer or a live stream.
    stalled: Duration,
    /// For how long connections are taken after the signal to stop, until a balancer knows.
    drain: Duration,
    /// Requests that are under way after that.
    grace: Duration,
}

impl Times {
    pub(super) const fn new(drain: Duration, grace: Duration) -> Self {
        Self {
            head: Duration::from_secs(15),
            stalled: Duration::from_secs(20),
            drain,
            grace,
        }
    }
}

/// Serves until told to stop; then takes no connection any more, ends the live streams, and
/// finishes what is under way.
pub(super) async fn serve(
    listener: TcpListener,
    app: Router,
    times: Times,
    mut stop: watch::Receiver<bool>,
    end_streams: impl FnOnce(),
) {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(times.head);
    let connections = GracefulShutdown::new();
    let connect = |stream| connect(&server, &connections, &app, stream, times.stalled);
    let mut over = std::pin::pin!(async {
        // The value was sent before the sender could go away.
        let _ = stop.wait_for(|stop| *stop).await;
        tokio::time::sleep(times.drain).await;
    });
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut over => break,
        };
        match accepted {
            Ok((stream, _)) => connect(stream),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    // Whoever connected before the end would otherwise be cut off.
    while let Ok(Ok((stream, _))) = timeout(LAST, listener.accept()).await {
        connect(stream);
    }
    close(listener).into_iter().for_each(connect);
    end_streams();
    if connections.count() > 0 {
        tokio::time::sleep(FIRST).await;
    }
    if timeout(times.grace, connections.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut off");
    }
}

/// Takes connections no more, and hands over those that were made until then. The system is asked
/// itself: the runtime hears of connections a little later, and by then they would be cut off.
fn close(listener: TcpListener) -> Vec<TcpStream> {
    let mut last = Vec::new();
    if let Ok(listener) = listener.into_std() {
        while let Ok((stream, _)) = listener.accept() {
            last.push(stream);
        }
    }
    let adopt = |stream: std::net::TcpStream| {
        stream.set_nonblocking(true)?;
        TcpStream::from_std(stream)
    };
    last.into_iter().filter_map(|own| adopt(own).ok()).collect()
}

fn connect(
    server: &http1::Builder,
    connections: &GracefulShutdown,
    app: &Router,
    stream: TcpStream,
    stalled: Duration,
) {
    // An answer is one small write: waiting for more would only delay it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection is gone already");
        return;
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(stalled));
    let service = TowerToHyperService::new(app.clone().into_service());
    let connection = server.serve_connection(TokioIo::new(Box::pin(stream)), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
    });
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::SocketAddr;

    use axum::body::{Body, Bytes};
    use axum::routing::get;
    use futures_util::stream;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const TIMES: Times = Times {
        head: Duration::from_secs(15),
        stalled: Duration::from_millis(200),
        drain: Duration::ZERO,
        grace: Duration::from_secs(10),
    };

    async fn start(app: Router, stop: watch::Receiver<bool>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(serve(listener, app, TIMES, stop, || {}));
        address
    }

    /// a balancer sees that it is connected, and the request is on its way.
    #[tokio::test]
    async fn whoever_connected_before_the_end_is_answered() {
        let app = Router::new().route("/", get(|| async { "answered" }));
        let (stop, stopping) = watch::channel(false);
        let address = start(app, stopping).await;
        let mut clients = Vec::new();
        for _ in 0..8 {
            clients.push(TcpStream::connect(address).await.expect("a connection"));
        }
        stop.send(true).expect("somebody hears");
        tokio::time::sleep(LAST * 4).await;
        let later = TcpStream::connect(address).await;
        assert!(later.is_err(), "nobody is let in any more");
        for client in &mut clients {
            let request = b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n";
            client.write_all(request).await.expect("written");
        }
        for mut client in clients {
            let mut answer = String::new();
            let read = client.read_to_string(&mut answer).await;
            assert!(read.is_ok() && answer.ends_with("answered"), "{answer}");
        }
    }

    async fn ask(address: SocketAddr) -> TcpStream {
        let mut client = TcpStream::connect(address).await.expect("a connection");
        let request = b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n";
        client.write_all(request).await.expect("written");
        client
    }

    /// an answer to somebody who reads nothing ends, and frees what it holds.
    #[tokio::test]
    async fn a_reader_who_takes_nothing_is_let_go() {
        let endless = || async {
            let block = Bytes::from_static(&[b'x'; 64 * 1024]);
            Body::from_stream(stream::repeat(Ok::<_, Infallible>(block)))
        };
        let (_keep, stop) = watch::channel(false);
        let address = start(Router::new().route("/", get(endless)), stop).await;
        let mut slow = ask(address).await;
        // It takes the beginning, so that everything is under way, and then nothing for a while.
        let mut beginning = [0; 1024];
        slow.read_exact(&mut beginning).await.expect("a beginning");
        tokio::time::sleep(TIMES.stalled * 5).await;
        let mut rest = Vec::new();
        let end = timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "it still comes after {} bytes", rest.len());
    }
}
