//! Problems: one document for everything that goes wrong (RFC 9457).

mod kind;
mod of_error;
mod render;

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

pub use kind::ProblemKind;
pub(crate) use render::{Place, ProblemDocument, routes};

/// What went wrong with a request, as its sender is told.
///
/// As a response it is a document of the type `application/problem+json`. Inside the router each
/// is completed with the request's id and path.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: ProblemKind,
    detail: Option<Box<str>>,
    reason: Option<&'static str>,
    errors: Vec<WrongValue>,
    retry_after: Option<Duration>,
    headers: Vec<(HeaderName, HeaderValue)>,
    fault: Option<Box<str>>,
}

/// One value of a request that is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WrongValue {
    #[serde(flatten)]
    place: WrongPlace,
    code: &'static str,
    message: String,
}

/// Where it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WrongPlace {
    /// In the body: a JSON pointer in a URI fragment (RFC 6901, 6).
    Pointer(String),
    /// A parameter of the address.
    Parameter(&'static str),
    /// A header.
    Header(&'static str),
}

impl Problem {
    /// A problem of a kind, with nothing more to say about it.
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind,
            detail: None,
            reason: None,
            errors: Vec::new(),
            retry_after: None,
            headers: Vec::new(),
            fault: None,
        }
    }

    /// The kind.
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// Says what happened; the text must be fit for whoever sent the request.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into().into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What the log is told, and nobody else.
    fn fault(mut self, fault: String) -> Self {
        self.fault = Some(fault.into());
        self
    }

    pub(crate) fn logged(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    pub(crate) fn header(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.headers.extend(value.map(|value| (name, value)));
        self
    }

    /// A value in the body is wrong; the path is that of its fields.
    pub(crate) fn wrong_value(path: &[String], message: String) -> Self {
        let escaped = path
            .iter()
            .map(|step| step.replace('~', "~0").replace('/', "~1"));
        let pointer = std::iter::once("#".to_owned())
            .chain(escaped)
            .collect::<Vec<_>>()
            .join("/");
        Self::new(ProblemKind::Invalid).wrong(WrongPlace::Pointer(pointer), "invalid", message)
    }

    /// A parameter of the address is wrong.
    pub(crate) fn wrong_parameter(name: &'static str, message: impl Into<String>) -> Self {
        let place = WrongPlace::Parameter(name);
        Self::new(ProblemKind::InvalidParameter).wrong(place, "invalid", message.into())
    }

    /// A header is wrong.
    pub(crate) fn wrong_header(name: &'static str, message: impl Into<String>) -> Self {
        let place = WrongPlace::Header(name);
        Self::new(ProblemKind::InvalidParameter).wrong(place, "invalid", message.into())
    }

    fn wrong(mut self, place: WrongPlace, code: &'static str, message: String) -> Self {
        self.detail.get_or_insert_with(|| message.as_str().into());
        self.errors.push(WrongValue {
            place,
            code,
            message,
        });
        self
    }
}
