//! Who makes a request.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use ticket_core::desk::{Caller, Desk, DeskError};
use ticket_core::ticket::Channel;
use ticket_core::value::PersonId;

use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

/// Says who makes a request.
///
/// Two are ready: [`BearerTokens`] and [`HostIdentity`].
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// Who makes the request; `None` for nobody, who is answered 401.
    ///
    /// # Errors
    /// When it can't be found out now, because a store fails.
    async fn authenticate(&self, desk: &Desk, parts: &Parts) -> Result<Option<Caller>, DeskError>;

    /// How to sign in, for the header `WWW-Authenticate` (RFC 9110, 11.6.1).
    fn challenge(&self) -> &'static str;

    /// The ways to sign in that the API's document tells of; none, when only the host knows.
    fn schemes(&self) -> &'static [Scheme] {
        &[]
    }
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// A token in the header `Authorization: Bearer` (RFC 6750).
    Bearer,
    /// A cookie of this name.
    Cookie(&'static str),
}

#[async_trait]
impl<T: Authenticate + ?Sized> Authenticate for Arc<T> {
    async fn authenticate(&self, desk: &Desk, parts: &Parts) -> Result<Option<Caller>, DeskError> {
        self.as_ref().authenticate(desk, parts).await
    }

    fn challenge(&self) -> &'static str {
        self.as_ref().challenge()
    }

    fn schemes(&self) -> &'static [Scheme] {
        self.as_ref().schemes()
    }
}

/// Tokens of the desk's own, in the header `Authorization: Bearer tkt_…` (RFC 6750, 2.1).
#[derive(Debug, Clone, Copy, Default)]
pub struct BearerTokens;

#[async_trait]
impl Authenticate for BearerTokens {
    async fn authenticate(&self, desk: &Desk, parts: &Parts) -> Result<Option<Caller>, DeskError> {
        match bearer(&parts.headers) {
            Some(token) => desk.authenticate(token).await,
            None => Ok(None),
        }
    }

    fn challenge(&self) -> &'static str {
        "Bearer"
    }

    fn schemes(&self) -> &'static [Scheme] {
        &[Scheme::Bearer]
    }
}

/// The one bearer token of a request; two headers are as good as none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Who a request is from, as the host found out: its own middleware puts this into the request's
/// extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(pub PersonId);

/// Believes the [`Identity`] that the host's own middleware put into the request's extensions.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostIdentity;

#[async_trait]
impl Authenticate for HostIdentity {
    async fn authenticate(&self, desk: &Desk, parts: &Parts) -> Result<Option<Caller>, DeskError> {
        let Some(Identity(person)) = parts.extensions.get() else {
            return Ok(None);
        };
        match desk.acting_over(person, Channel::Api).await {
            Ok(caller) => Ok(Some(caller)),
            Err(DeskError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn challenge(&self) -> &'static str {
        "Host"
    }
}

/// Somebody who is signed in; taken out of a request before its body is read.
pub(crate) struct SignedIn(pub(crate) Caller);

impl FromRequestParts<Api> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = api.authenticate.authenticate(&api.desk, parts).await?;
        caller.map(Self).ok_or_else(|| {
            let challenge = HeaderValue::from_static(api.authenticate.challenge());
            Problem::new(ProblemKind::Unauthenticated).header(WWW_AUTHENTICATE, Some(challenge))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_one_header_in_any_case() {
        let with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(with(&["bearer tkt_x"]).as_deref(), Some("tkt_x"));
        assert_eq!(with(&["Bearer  tkt_x "]).as_deref(), Some("tkt_x"));
        for bad in [
            &["Basic eDp5"][..],
            &["tkt_x"],
            &[],
            &["Bearer a", "Bearer b"],
        ] {
            assert_eq!(with(bad), None, "{bad:?}");
        }
    }
}
