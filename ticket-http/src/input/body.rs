//! JSON bodies: bounded, strict, and with the place of what is wrong.

use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Uri};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_path_to_error::{Path, Segment};
use ticket_core::desk::Caller;
use ticket_core::plan::IdempotencyKey;
use ticket_core::ticket::Digest;
use ticket_core::value::{Body, Invalid};
use utoipa::ToSchema;

use super::headers::idempotency_key;
use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

/// Largest body of a request, in bytes.
const BODY_MAX: usize = 1024 * 1024;

/// A body, and the request that it came with.
pub(crate) struct Input<T> {
    /// What the body says.
    pub(crate) value: T,
    /// The request.
    pub(crate) said: Said,
}

/// A request, apart from the values in it.
pub(crate) struct Said {
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// What makes two requests the same: method, path and body.
    fingerprint: Digest,
}

impl Said {
    /// The idempotency key, if it has one.
    pub(crate) fn key(&self, caller: &Caller) -> Result<Option<IdempotencyKey>, Problem> {
        idempotency_key(&self.headers, caller, self.fingerprint)
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        check_headers(&parts.headers)?;
        let too_large = |_| Problem::new(ProblemKind::TooLarge);
        let bytes = axum::body::to_bytes(body, BODY_MAX)
            .await
            .map_err(too_large)?;
        Ok(Self {
            value: read(&bytes)?,
            said: Said {
                fingerprint: fingerprint(&parts.method, &parts.uri, &bytes),
                headers: parts.headers,
            },
        })
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(CONTENT_TYPE).and_then(|value| value.split(';').next());
    let json =
        media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"));
    let plain = text(CONTENT_ENCODING).is_none_or(|value| value.eq_ignore_ascii_case("identity"));
    if !json || !plain {
        return Err(Problem::new(ProblemKind::UnsupportedMediaType));
    }
    // A body that says that it is too large is not read at all.
    let length = text(CONTENT_LENGTH).and_then(|value| value.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_MAX as u64) {
        return Err(Problem::new(ProblemKind::TooLarge));
    }
    Ok(())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = steps(error.path());
        wrong(&path, &error.into_inner())
    })?;
    reader.end().map_err(|error| wrong(&[], &error))?;
    Ok(value)
}

fn wrong(path: &[String], error: &serde_json::Error) -> Problem {
    if error.is_data() {
        // The reader adds line and column, which a pointer says better.
        let message = error.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(&*message, |cut| cut.0);
        Problem::wrong_value(path, message.to_owned())
    } else {
        Problem::new(ProblemKind::Malformed).detail(format!("no valid JSON: {error}"))
    }
}

fn steps(path: &Path) -> Vec<String> {
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    };
    path.iter().filter_map(step).collect()
}

fn fingerprint(method: &Method, uri: &Uri, body: &[u8]) -> Digest {
    let mut said = format!("{method} {}\n", uri.path()).into_bytes();
    said.extend_from_slice(body);
    Digest::of(&said)
}

/// A text that somebody wrote, which is not blank.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(as = Text, value_type = String, min_length = 1, pattern = "\\S")]
pub(crate) struct Written(pub(crate) Body);

impl TryFrom<String> for Written {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Body::new(&text).map(Self)
    }
}

/// A value that may be null but must be there.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}
