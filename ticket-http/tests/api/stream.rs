//! A small reader of server-sent events.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::Client;

/// How long an event may take, or the beginning of a stream.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) data: Value,
    pub(crate) retry: Option<u64>,
}

impl Event {
    /// Its data, if it is of this kind.
    pub(crate) fn told(&self, kind: &str) -> Value {
        assert_eq!(self.kind, kind, "{self:?}");
        self.data.clone()
    }
}

/// A stream that is open.
pub(crate) struct Stream {
    body: Incoming,
    text: String,
    last_id: String,
}

impl Stream {
    /// Opens a stream, after an event if its id is not empty; none when it is refused.
    pub(crate) async fn open(client: &Client, path: &str, after: &str) -> Option<Self> {
        let mut request = Request::builder().uri(path).header(HOST, "desk.example");
        if let Some(token) = &client.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if !after.is_empty() {
            request = request.header("last-event-id", after);
        }
        let request = request.body(Body::empty()).expect("a request");
        let stream = TcpStream::connect(client.server).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .ok()?;
        tokio::spawn(connection);
        let answer = timeout(PATIENCE, sender.send_request(request)).await;
        let answer = answer.expect("an answer in time").ok()?;
        (answer.status() == StatusCode::OK).then(|| Self {
            body: answer.into_body(),
            text: String::new(),
            last_id: after.to_owned(),
        })
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        let event = timeout(PATIENCE, self.read())
            .await
            .expect("an event in time");
        event.expect("the stream goes on")
    }

    /// The id of the last event.
    pub(crate) fn last_id(&self) -> &str {
        &self.last_id
    }

    /// Nothing comes for a while, or it ends.
    pub(crate) async fn is_quiet(&mut self, span: Duration) {
        if let Ok(Some(event)) = timeout(span, self.read()).await {
            panic!("nothing was to be told: {event:?}");
        }
    }

    /// Whether it ends before it says anything more.
    pub(crate) async fn end(&mut self) -> bool {
        let event = timeout(PATIENCE, self.read()).await;
        event.expect("an end in time").is_none()
    }

    /// The next event; none at the end. Comments are passed over.
    pub(crate) async fn read(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let event = parse(&block);
                if !event.kind.is_empty() {
                    if !event.id.is_empty() {
                        self.last_id.clone_from(&event.id);
                    }
                    return Some(event);
                }
            }
            let bytes = self.body.frame().await?.ok()?.into_data().ok()?;
            self.text
                .push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim_start();
        match field {
            "event" => event.kind = value.to_owned(),
            "id" => event.id = value.to_owned(),
            "data" => event.data = serde_json::from_str(value).expect("JSON"),
            "retry" => event.retry = value.parse().ok(),
            _ => {}
        }
    }
    event
}
