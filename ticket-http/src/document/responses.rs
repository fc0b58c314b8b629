//! The answers that many operations share: problems.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::problem::{ProblemDocument, ProblemKind};

/// What may go wrong with a request that nobody needs to sign in for.
pub(crate) struct Open;

/// What may go wrong with a request of somebody who is signed in.
pub(crate) struct Reading;

/// What may go wrong with a request that writes.
pub(crate) struct Writing;

const OPEN: &[u16] = &[400, 404, 408, 429, 500, 503];
const READING: &[u16] = &[400, 401, 403, 404, 408, 429, 500, 503];
const WRITING: &[u16] = &[
    400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429, 500, 503,
];

impl IntoResponses for Open {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(OPEN)
    }
}

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(READING)
    }
}

impl IntoResponses for Writing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(WRITING)
    }
}

fn named(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let one = |status: &u16| {
        (
            status.to_string(),
            Ref::from_response_name(name(*status)).into(),
        )
    };
    statuses.iter().map(one).collect()
}

fn name(status: u16) -> String {
    format!("Problem{status}")
}

/// One answer for each of these statuses; it names the codes that come with it.
pub(super) fn all() -> BTreeMap<String, RefOr<Response>> {
    let statuses: BTreeSet<u16> = [OPEN, READING, WRITING].concat().into_iter().collect();
    let one = |status: u16| {
        let kinds = ProblemKind::ALL.iter();
        let kinds = kinds.filter(|kind| kind.status().as_u16() == status);
        let lines: Vec<String> = kinds
            .map(|kind| format!("`{}`: {}.", kind.code(), kind.title()))
            .collect();
        let schema = Ref::from_schema_name(ProblemDocument::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new()
            .description(lines.join("\n\n"))
            .content("application/problem+json", content);
        (name(status), response.build().into())
    };
    statuses.into_iter().map(one).collect()
}

/// What these answers look like.
pub(super) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![(ProblemDocument::name().into(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    schemas
}
