//! What every answer has, whatever the route: an id, strict headers, a problem document when
//! something went wrong, and one line in the log.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::problem::{Place, Problem, ProblemKind};

/// The header by which a request is found in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that a client may give its request, in bytes.
const REQUEST_ID_MAX: usize = 64;

/// Marks an answer whose headers stand, also where every answer has another value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnHeaders;

/// On every answer that does not say otherwise: it is for one reader, once, and is no page.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (VARY, HeaderValue::from_static("authorization, cookie")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

pub(crate) async fn frame(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(request.headers());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("-", MatchedPath::as_str).to_owned();
    let place = Place::of(&request, &request_id);
    let span = tracing::info_span!("request", id = %request_id);

    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let response = answer.instrument(span.clone()).await;
    let _inside = span.enter();
    let mut response = response.unwrap_or_else(|_| {
        tracing::error!("a bug: the request panicked");
        Problem::new(ProblemKind::Internal).into_response()
    });
    if let Some(problem) = problem_in(&mut response) {
        if let Some(fault) = problem.logged() {
            tracing::error!(fault, "the request failed");
        }
        let allow = response.headers_mut().remove(axum::http::header::ALLOW);
        response = problem
            .header(axum::http::header::ALLOW, allow)
            .render(&place);
    }
    let has_own = response.extensions().get::<OwnHeaders>().is_some();
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        if !(has_own && headers.contains_key(&name)) {
            headers.insert(name, value);
        }
    }
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, id);
    }
    tracing::info!(
        %method,
        route,
        status = response.status().as_u16(),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}

/// The problem of an answer: ours, or what the framework answered with a bare status.
fn problem_in(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    let bare = status.is_client_error() || status.is_server_error();
    bare.then(|| Problem::new(ProblemKind::of_status(status)))
}

/// The id that the client gave, if it can stand in a log, or a new one.
fn request_id(headers: &HeaderMap) -> String {
    let fits = |id: &&str| {
        (1..=REQUEST_ID_MAX).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    given
        .filter(fits)
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}
