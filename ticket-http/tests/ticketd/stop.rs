//! How a server ends.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{Place, Server, eventually};
use crate::stream::Stream;

/// A request whose body is still missing.
async fn begin(server: &Server, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.client.server)
        .await
        .expect("a connection");
    let head = format!(
        "POST /api/v1/tickets HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.token(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    // The server asks for the body: so the request is under way.
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 100"), "{answer:?}");
    stream
}

const BODY: &str = r#"{"queue":"support","subject":"Hi","text":"Hello."}"#;

#[tokio::test]
async fn what_is_under_way_is_finished() {
    let place = Place::new();
    let server = place.start().await;
    let mut stream = begin(&server, BODY).await;
    server.signal("TERM").await;
    eventually("no connection to be taken", || async {
        TcpStream::connect(server.client.server)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    stream.write_all(BODY.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (code, rest) = server.ended().await;
    assert_eq!(code, Some(0), "{}", place.log());
    assert_eq!(rest.concat(), "");
    let report = place.print(&["verify"]).await;
    assert!(report.contains("1 tickets"), "{report}");
}

#[tokio::test]
async fn an_idle_connection_holds_nothing_up() {
    let place = Place::new();
    let server = place.start().await;
    let _idle = TcpStream::connect(server.client.server)
        .await
        .expect("a connection");
    assert_eq!(server.client.get("/healthz").await.status, 200);
    let begun = Instant::now();
    server.signal("INT").await;
    assert_eq!(server.ended().await.0, Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let place = Place::new();
    let server = place.start().await;
    let _stream = begin(&server, BODY).await;
    server.signal("TERM").await;
    eventually("it to be stopping", || async {
        place.log().contains("a second signal").then_some(())
    })
    .await;
    server.signal("TERM").await;
    assert_eq!(server.ended().await.0, Some(130));
}

#[tokio::test]
async fn live_streams_hold_nothing_up() {
    let place = Place::new();
    let server = place.start().await;
    let admin = server.admin();
    let mut stream = Stream::open(&admin, "/api/v1/events", "")
        .await
        .expect("a stream");
    assert_eq!(stream.next().await.kind, "ready");
    let begun = Instant::now();
    server.signal("TERM").await;
    assert!(stream.end().await, "nothing more is told");
    assert_eq!(server.ended().await.0, Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

/// R-22: a balancer hears of it first; then no connection is taken.
#[tokio::test]
async fn a_server_that_drains_says_so_and_serves_on() {
    let place = Place::new().with("TICKETD_DRAIN", "2");
    let server = place.start().await;
    let admin = server.admin();
    server.signal("TERM").await;
    let begun = Instant::now();
    let ready = eventually("it to say that it stops", || async {
        let ready = server.client.get("/readyz").await;
        (ready.status == 503).then_some(ready)
    })
    .await;
    assert_eq!(ready.json()["reason"], "stopping");
    let opened = admin
        .post("/api/v1/tickets", serde_json::from_str(BODY).expect("JSON"))
        .await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    assert_eq!(opened.header("connection"), "close");
    assert_eq!(server.ended().await.0, Some(0));
    assert!(begun.elapsed() > Duration::from_millis(1_500));
}
