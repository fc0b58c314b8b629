//! Where the router is nested.

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;

use crate::router::Api;

/// Where the router is nested, for the addresses that it gives.
pub(crate) struct Prefix(pub(crate) String);

impl FromRequestParts<Api> for Prefix {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Self::Rejection> {
        let original = parts.extensions.get::<OriginalUri>();
        let prefix = original.and_then(|uri| uri.0.path().strip_suffix(parts.uri.path()));
        Ok(Self(prefix.unwrap_or_default().to_owned()))
    }
}
