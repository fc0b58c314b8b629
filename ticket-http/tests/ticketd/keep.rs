//! A client that keeps its connection, as browsers and programs do.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest that a request may take: the server itself gives up after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(45);

/// A client with one connection at a time.
pub(crate) struct Keeper {
    server: SocketAddr,
    token: String,
    connection: Option<SendRequest<Body>>,
    /// How many connections it made.
    pub(crate) connections: u32,
}

impl Keeper {
    pub(crate) fn new(server: SocketAddr, token: &str) -> Self {
        Self {
            server,
            token: token.to_owned(),
            connection: None,
            connections: 0,
        }
    }

    /// Sends a request once: its status, or what went wrong. Nothing is tried again.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<u16, String> {
        let request = self.request(method, path);
        self.exchange(request, body).await
    }

    /// Posts once, with a key: whoever stands between may post it again.
    pub(crate) async fn post_with_key(
        &mut self,
        path: &str,
        key: &str,
        body: String,
    ) -> Result<u16, String> {
        let request = self.request(Method::POST, path);
        let request = request.header("idempotency-key", key);
        self.exchange(request, Some(body)).await
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "desk.example")
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
    }

    async fn exchange(&mut self, request: Builder, body: Option<String>) -> Result<u16, String> {
        let exchanged = timeout(PATIENCE, self.exchange_patiently(request, body)).await;
        exchanged.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")))
    }

    async fn exchange_patiently(
        &mut self,
        mut request: Builder,
        body: Option<String>,
    ) -> Result<u16, String> {
        let mut sender = match self.connection.take() {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, Body::from);
        let request = request.body(body).map_err(|error| error.to_string())?;
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|error| format!("no answer: {error}"))?;
        let status = answer.status().as_u16();
        let closes = answer.headers().get("connection");
        let closes = closes.is_some_and(|value| value == "close");
        let read = answer.into_body().collect().await;
        let read = read.map_err(|error| format!("no whole answer: {error}"))?;
        if !(200..300).contains(&status) {
            let told = String::from_utf8_lossy(&read.to_bytes()).into_owned();
            return Err(format!("{status}: {told}"));
        }
        if !closes {
            self.connection = Some(sender);
        }
        Ok(status)
    }

    async fn connect(&mut self) -> Result<SendRequest<Body>, String> {
        let stream = TcpStream::connect(self.server).await;
        let stream = stream.map_err(|error| format!("no connection: {error}"))?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| format!("no handshake: {error}"))?;
        tokio::spawn(connection);
        self.connections += 1;
        Ok(sender)
    }
}
