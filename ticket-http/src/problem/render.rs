//! A problem as a response.

use axum::Json;
use axum::extract::Path;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Problem, ProblemKind, WrongValue};
use crate::document::Open;
use crate::router::Api;

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

/// What went wrong (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// An address that says what the code means.
    r#type: String,
    /// The kind of problem in a few words, always the same.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// The path of the request.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    instance: &'a str,
    /// The kind of problem: part of the interface.
    code: &'static str,
    /// Why it is not allowed: a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The id of the request, by which the server's log knows it.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    request_id: &'a str,
    /// Each value of the request that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [WrongValue],
}

impl Problem {
    pub(crate) fn render(&self, place: &Place) -> Response {
        let kind = self.kind;
        let document = ProblemDocument {
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

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(documented))
}

/// What a kind of problem means, as a page that its `type` leads to.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemKind)]
struct Documented {
    code: &'static str,
    status: u16,
    title: &'static str,
    meaning: &'static str,
}

/// What a kind of problem means
#[utoipa::path(
    get,
    path = "/api/v1/problems/{code}",
    operation_id = "problem",
    tag = "reference",
    security(()),
    params(("code" = String, Path, description = "The code of a problem")),
    responses((status = 200, description = "What it means, and what to do", body = Documented), Open),
)]
async fn documented(Path(code): Path<String>) -> Result<Json<Documented>, Problem> {
    let kind = ProblemKind::ALL.iter().find(|kind| kind.code() == code);
    let kind = kind.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    Ok(Json(Documented {
        code: kind.code(),
        status: kind.status().as_u16(),
        title: kind.title(),
        meaning: kind.meaning(),
    }))
}
