//! The OpenAPI document: made of the routes, never written beside them.

mod responses;

use axum::body::Bytes;
use ticket_core::ticket::Digest;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Server, Tag,
};

use crate::authenticate::Scheme;
use crate::problem::{Problem, ProblemKind};

pub(crate) use responses::{Open, Reading, Writing};

/// What holds for all operations.
const ABOUT: &str = "\
Bodies are JSON in UTF-8; unknown fields are refused. Times are RFC 3339 in UTC. Lists come in \
pages: ask for the next one with the `cursor` that `next` names. Whatever goes wrong is answered \
with a problem document (RFC 9457) whose `code` is stable. What somebody may not see does not \
exist for them. A POST with an `Idempotency-Key` may be repeated: it has one effect. Every answer \
has an `X-Request-Id`.";

/// The groups of operations, in the order shown.
const TAGS: [(&str, &str); 4] = [
    ("me", "Who is signed in."),
    (
        "tickets",
        "Tickets: what is asked, and what is done about it.",
    ),
    ("live", "Live streams (server-sent events) of what changes."),
    ("reference", "This document, and what its problems mean."),
];

/// A document without operations.
pub(crate) fn empty() -> OpenApi {
    let licence = env!("CARGO_PKG_LICENSE");
    let info = InfoBuilder::new()
        .title("Support desk")
        .description(Some(ABOUT))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(
            LicenseBuilder::new()
                .name(licence)
                .identifier(Some(licence))
                .build(),
        ));
    let tag = |(name, description): (&str, &str)| -> Tag {
        TagBuilder::new()
            .name(name)
            .description(Some(description))
            .build()
    };
    OpenApiBuilder::new()
        .info(info.build())
        .tags(Some(TAGS.map(tag)))
        .build()
}

/// The document of a router.
pub(crate) struct Document(OpenApi);

impl Document {
    /// Completes what the routes say of themselves with what is the same for all.
    pub(crate) fn new(mut api: OpenApi, schemes: &[Scheme]) -> Self {
        let used = |tag: &Tag| {
            let items = api.paths.paths.values();
            let mut operations = items.flat_map(operations);
            operations.any(|operation| operation.tags.iter().flatten().any(|own| *own == tag.name))
        };
        let tags = api.tags.clone().unwrap_or_default();
        let tags = tags.into_iter().filter(used).collect();
        api.tags = Some(tags);
        let components = api.components.get_or_insert_with(Components::new);
        components.responses.extend(responses::all());
        components.schemas.extend(responses::schemas());
        for scheme in schemes {
            let (name, described) = described(*scheme);
            components.add_security_scheme(name, described);
        }
        let names = schemes.iter().map(|scheme| described(*scheme).0);
        let any_of = names.map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
        api.security = Some(any_of.collect()).filter(|any: &Vec<_>| !any.is_empty());
        Self(api)
    }

    /// The document as JSON, with its tag, for a router that is nested under a prefix.
    pub(crate) fn json(&self, prefix: &str) -> Result<(Bytes, String), Problem> {
        let mut api = self.0.clone();
        api.servers = Some(vec![Server::new(if prefix.is_empty() {
            "/"
        } else {
            prefix
        })]);
        let json = serde_json::to_vec(&api).map_err(|_| Problem::new(ProblemKind::Internal))?;
        let tag = format!("\"{}\"", Digest::of(&json));
        Ok((json.into(), tag))
    }
}

fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> {
    [&item.get, &item.put, &item.post, &item.delete, &item.patch]
        .into_iter()
        .flatten()
}

fn described(scheme: Scheme) -> (&'static str, SecurityScheme) {
    match scheme {
        Scheme::Bearer => {
            let http = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("A token of the desk: `Authorization: Bearer tkt_…`"));
            ("bearer", SecurityScheme::Http(http.build()))
        }
        Scheme::Cookie(name) => {
            let cookie = ApiKeyValue::with_description(name, "The cookie of a session");
            ("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
        }
    }
}
