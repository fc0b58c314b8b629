//! The OpenAPI document, and a page that shows it: embedded, without any network.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::document::Open;
use crate::frame::OwnHeaders;
use crate::input::{Prefix, if_none_match};
use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

/// The page may run its one script, style itself, and ask this API; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
    connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const PAGE: &str = include_str!("page.html");

/// `RapiDoc` 9.3.8 as its authors packed it, with the notices of what it is made of.
const SCRIPT: &[u8] = include_bytes!("rapidoc-9.3.8/rapidoc-min.js.gz");
const NOTICES: &str = include_str!("rapidoc-9.3.8/LICENSES.txt");

const OWN: Extension<OwnHeaders> = Extension(OwnHeaders);

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(page))
        .routes(routes!(asset))
}

/// This document
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "openapi",
    tag = "reference",
    security(()),
    responses(
        (status = 200, description = "An OpenAPI 3.1 document", body = Object,
            headers(("ETag" = String, description = "Changes with the document"))),
        (status = 304, description = "Not changed since the given ETag"),
        Open,
    ),
)]
async fn openapi(
    State(api): State<Api>,
    prefix: Prefix,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (json, tag) = api.document.json(&prefix.0)?;
    let kept = [(CACHE_CONTROL, "no-cache"), (ETAG, tag.as_str())];
    if if_none_match(&headers)?.is_some_and(|known| known.name(&tag)) {
        return Ok((StatusCode::NOT_MODIFIED, OWN, kept).into_response());
    }
    Ok((OWN, kept, [(CONTENT_TYPE, "application/json")], json).into_response())
}

/// A page that shows this document
#[utoipa::path(
    get,
    path = "/api/v1/reference",
    operation_id = "reference",
    tag = "reference",
    security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Open),
)]
async fn page() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
    ];
    (OWN, headers, PAGE).into_response()
}

/// What the page is made of
#[utoipa::path(
    get,
    path = "/api/v1/reference/{file}",
    operation_id = "reference_file",
    tag = "reference",
    security(()),
    params(("file" = String, Path, description = "`rapidoc-9.3.8.js`, or `licenses.txt`")),
    responses((status = 200, description = "The file", content(
        (String = "text/javascript"),
        (String = "text/plain"),
    )), Open),
)]
async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    let kept = (CACHE_CONTROL, "public, max-age=31536000, immutable");
    match file.as_str() {
        "rapidoc-9.3.8.js" => {
            // Every browser of the last twenty years unpacks it.
            let packed = (CONTENT_ENCODING, "gzip");
            let kind = (CONTENT_TYPE, "text/javascript; charset=utf-8");
            Ok((OWN, [kind, packed, kept], SCRIPT).into_response())
        }
        "licenses.txt" => {
            let kind = (CONTENT_TYPE, "text/plain; charset=utf-8");
            Ok((OWN, [kind, kept], NOTICES).into_response())
        }
        _ => Err(Problem::new(ProblemKind::NotFound)),
    }
}
