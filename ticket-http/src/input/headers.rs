//! Headers with a meaning: idempotency keys and entity tags.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName};
use ticket_core::desk::Caller;
use ticket_core::plan::IdempotencyKey;
use ticket_core::ticket::Digest;

use crate::problem::Problem;

/// The header of draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest idempotency key, in bytes.
const KEY_MAX: usize = 255;

/// The idempotency key of a request, if it has one.
pub(super) fn idempotency_key(
    headers: &HeaderMap,
    caller: &Caller,
    fingerprint: Digest,
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let key = value.as_bytes();
    let fits = (1..=KEY_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    let (Ok(key), true) = (value.to_str(), fits) else {
        let allowed = "1 to 255 visible ASCII characters are allowed";
        return Err(Problem::wrong_header("Idempotency-Key", allowed));
    };
    let whose = caller.actor().id().map_or("", |id| id.as_str());
    Ok(Some(IdempotencyKey {
        scope: format!("api {whose}"),
        key: key.to_owned(),
        fingerprint,
    }))
}

/// What an `If-Match` or `If-None-Match` says (RFC 9110, 13.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tags {
    /// Any state.
    Any,
    /// One of these states.
    OneOf(Vec<String>),
}

impl Tags {
    /// Whether it names this state.
    pub(crate) fn name(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|own| own == tag),
        }
    }
}

/// The states that the caller wants to change, if it says so; weak tags name none of ours.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<Tags>, Problem> {
    tags(headers, &IF_MATCH, "If-Match")
}

/// The states that the caller has already, if it says so.
pub(crate) fn if_none_match(headers: &HeaderMap) -> Result<Option<Tags>, Problem> {
    tags(headers, &IF_NONE_MATCH, "If-None-Match")
}

fn tags(
    headers: &HeaderMap,
    header: &HeaderName,
    name: &'static str,
) -> Result<Option<Tags>, Problem> {
    let mut tags = Vec::new();
    let mut any = false;
    for value in headers.get_all(header) {
        let refuse = || Problem::wrong_header(name, "* or tags in quotes, as in ETag, are allowed");
        for tag in value.to_str().map_err(|_| refuse())?.split(',') {
            let tag = tag.trim();
            any |= tag == "*";
            let strong = tag.strip_prefix("W/").unwrap_or(tag);
            let quoted = strong.len() >= 2 && strong.starts_with('"') && strong.ends_with('"');
            if !quoted && tag != "*" {
                return Err(refuse());
            }
            tags.push(tag.to_owned());
        }
    }
    Ok(match (any, tags.is_empty()) {
        (true, _) => Some(Tags::Any),
        (false, true) => None,
        (false, false) => Some(Tags::OneOf(tags)),
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(value: &'static str) -> Option<Tags> {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, HeaderValue::from_static(value));
        if_match(&headers).expect("tags")
    }

    #[test]
    fn tags_are_read_and_weak_ones_match_nothing() {
        let tags = read("\"a\", W/\"b\"").expect("two tags");
        assert!(tags.name("\"a\""));
        assert!(!tags.name("\"b\""));
        assert_eq!(read("*"), Some(Tags::Any));
        assert_eq!(if_match(&HeaderMap::new()).expect("none"), None);
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for bad in ["a", "\"", "7", ""] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_MATCH, HeaderValue::from_static(bad));
            assert!(if_match(&headers).is_err(), "{bad:?}");
        }
    }
}
