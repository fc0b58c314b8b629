//! Asking a server over connections that stay open, and taking the time of each answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The longest time that is told apart: 60 seconds, in microseconds.
const LONGEST: u64 = 60_000_000;

/// A request, ready to be sent as often as you like.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: Uri,
    bearer: HeaderValue,
    body: Bytes,
}

impl Call {
    /// Reads a path as the owner of a token.
    ///
    /// # Errors
    /// When path or token are no good in a request.
    pub fn get(path: &str, token: &str) -> Result<Self> {
        Ok(Self {
            method: Method::GET,
            path: path.parse()?,
            bearer: format!("Bearer {token}").parse()?,
            body: Bytes::new(),
        })
    }

    /// Posts JSON to a path as the owner of a token.
    ///
    /// # Errors
    /// When path or token are no good in a request.
    pub fn post(path: &str, token: &str, body: &serde_json::Value) -> Result<Self> {
        Ok(Self {
            method: Method::POST,
            body: body.to_string().into(),
            ..Self::get(path, token)?
        })
    }

    fn request(&self, host: &HeaderValue) -> Result<Request<Full<Bytes>>> {
        let request = Request::builder()
            .method(self.method.clone())
            .uri(self.path.clone())
            .header(HOST, host)
            .header(AUTHORIZATION, &self.bearer);
        let request = if self.body.is_empty() {
            request
        } else {
            request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        };
        Ok(request.body(Full::new(self.body.clone()))?)
    }
}

/// One connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: address.parse()?,
        })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn ask(&mut self, call: &Call) -> Result<Bytes> {
        self.sender.ready().await?;
        let response = self.sender.send_request(call.request(&self.host)?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status != StatusCode::OK && status != StatusCode::CREATED {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}

/// How long and by how many an operation is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    /// How many connections ask at once.
    pub connections: usize,
    /// For how long they ask before anything counts.
    pub warm_up: Duration,
    /// For how long they ask then.
    pub time: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The times of the answers, in microseconds.
    pub times: Histogram<u64>,
    /// How long it took.
    pub took: Duration,
    /// How many were answered otherwise than they should, or not at all.
    pub errors: u64,
    /// What was wrong with the first of those.
    pub first_error: Option<String>,
}

/// Asks with these calls in turn, over and over, and takes the times.
///
/// # Errors
/// When no connection can be made, or nothing is answered.
pub async fn burst(address: &str, calls: &Arc<[Call]>, burst: Burst) -> Result<Outcome> {
    ensure!(!calls.is_empty(), "there is nothing to ask");
    let begin = Instant::now() + burst.warm_up;
    let (end, turn) = (begin + burst.time, Arc::new(AtomicUsize::new(0)));
    let asking = (0..burst.connections).map(|_| {
        let asker = Asker {
            address: address.to_owned(),
            calls: Arc::clone(calls),
            turn: Arc::clone(&turn),
            begin,
            end,
        };
        async move { tokio::spawn(asker.ask()).await? }
    });
    let mut outcomes = try_join_all(asking).await?.into_iter();
    let mut whole = outcomes.next().context("no connection asks")?;
    for one in outcomes {
        whole.times.add(one.times)?;
        whole.errors += one.errors;
        whole.first_error = whole.first_error.or(one.first_error);
    }
    whole.took = begin.elapsed();
    if whole.times.is_empty() {
        let why = whole.first_error.unwrap_or_default();
        bail!("nothing was answered as it should: {why}");
    }
    Ok(whole)
}

struct Asker {
    address: String,
    calls: Arc<[Call]>,
    turn: Arc<AtomicUsize>,
    begin: Instant,
    end: Instant,
}

impl Asker {
    async fn ask(self) -> Result<Outcome> {
        let mut connection = Connection::open(&self.address).await?;
        let mut outcome = Outcome {
            times: Histogram::new_with_max(LONGEST, 3)?,
            took: Duration::ZERO,
            errors: 0,
            first_error: None,
        };
        loop {
            let sent = Instant::now();
            if sent >= self.end {
                return Ok(outcome);
            }
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let answer = connection.ask(&self.calls[turn % self.calls.len()]).await;
            let counts = sent >= self.begin;
            match answer {
                Ok(_) if counts => {
                    let micros = u64::try_from(sent.elapsed().as_micros()).unwrap_or(LONGEST);
                    outcome.times.saturating_record(micros.max(1));
                }
                Ok(_) => {}
                Err(error) => {
                    outcome.errors += u64::from(counts);
                    outcome.first_error.get_or_insert(format!("{error:#}"));
                    if connection.sender.is_closed() {
                        connection = Connection::open(&self.address).await?;
                    }
                }
            }
        }
    }
}
