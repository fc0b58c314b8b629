//! A problem as a response.

use axum::Json;
use axum::extract::Path;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Problem, ProblemKind, WrongValue};

/// The request that went wrong.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// Its id.
    pub(crate) request_id: String,
    /// Its path, as its sender wrote it.
    pub(crate) instance: String,
    /// Where the router is nested.
    pub(crate) prefix: String,
}

impl Place {
    /// Where a request was sent to; without its query, which may hold what people search for.
    pub(crate) fn of<B>(request: &Request<B>, request_id: &str) -> Self {
        let inner = request.uri().path();
        let original = request.extensions().get::<axum::extract::OriginalUri>();
        let instance = original.map_or(inner, |original| original.0.path());
        let prefix = instance.strip_suffix(inner).unwrap_or_default();
        Self {
            request_id: request_id.to_owned(),
            instance: instance.to_owned(),
            prefix: prefix.to_owned(),
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    instance: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [WrongValue],
}

impl Problem {
    pub(crate) fn render(&self, place: &Place) -> Response {
        let kind = self.kind;
        let document = Document {
            r#type: format!("{}/api/v1/problems/{}", place.prefix, kind.code()),
            title: kind.title(),
            status: kind.status().as_u16(),
            detail: self.detail.as_deref(),
            instance: &place.instance,
            code: kind.code(),
            reason: self.reason,
            request_id: &place.request_id,
            errors: &self.errors,
        };
        let mut response = (kind.status(), Json(document)).into_response();
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, media_type);
        headers.extend(self.headers.clone());
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs().max(1);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The router completes it with what it knows of the request.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.render(&Place::default());
        response.extensions_mut().insert(self);
        response
    }
}

/// What a kind of problem means, as a page that its `type` leads to.
#[derive(Serialize)]
pub(crate) struct Documented {
    code: &'static str,
    status: u16,
    title: &'static str,
    meaning: &'static str,
}

/// `GET /api/v1/problems/{code}`
pub(crate) async fn documented(Path(code): Path<String>) -> Result<Json<Documented>, Problem> {
    let kind = ProblemKind::ALL.iter().find(|kind| kind.code() == code);
    let kind = kind.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    Ok(Json(Documented {
        code: kind.code(),
        status: kind.status().as_u16(),
        title: kind.title(),
        meaning: kind.meaning(),
    }))
}
