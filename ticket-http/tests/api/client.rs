//! A small HTTP client: one connection for each request.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str());
        value.unwrap_or(Ok("")).expect("a readable header")
    }

    /// The code of the problem.
    pub(crate) fn code(&self) -> String {
        let code = self.json()["code"].as_str().map(str::to_owned);
        code.expect("a problem with a code")
    }
}

/// What was answered, byte by byte.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fetched {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

/// Somebody who calls the API.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) server: SocketAddr,
    pub(crate) token: Option<String>,
}

/// A call that is being put together.
pub(crate) struct Call<'a> {
    client: &'a Client,
    request: hyper::http::request::Builder,
    body: Body,
}

impl Client {
    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'_> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "desk.example");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        Call {
            client: self,
            request,
            body: Body::empty(),
        }
    }

    /// What is there, whether it is text or not.
    pub(crate) async fn fetch(&self, path: &str) -> Fetched {
        let fetched = self.call(Method::GET, path).try_fetch().await;
        fetched.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path).json(&body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path).json(&body).send().await
    }
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json")
            .body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.expect("an answer")
    }

    /// What is answered; none when the server is not there, or goes away.
    pub(crate) async fn try_send(self) -> Option<Answer> {
        let fetched = self.try_fetch().await?;
        Some(Answer {
            status: fetched.status,
            headers: fetched.headers,
            text: String::from_utf8(fetched.bytes.to_vec()).expect("UTF-8"),
        })
    }

    /// The same, whether it is text or not.
    pub(crate) async fn try_fetch(self) -> Option<Fetched> {
        let stream = TcpStream::connect(self.client.server).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .ok()?;
        tokio::spawn(connection);
        let request = self.request.body(self.body).expect("a request");
        let (parts, body) = sender.send_request(request).await.ok()?.into_parts();
        let bytes: Bytes = body.collect().await.ok()?.to_bytes();
        Some(Fetched {
            status: parts.status,
            headers: parts.headers,
            bytes,
        })
    }
}
