//! Headers that requests may have, as the document describes them.

use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

macro_rules! headers {
    ($($(#[$doc:meta])* $type:ident $name:literal $about:literal $pattern:literal;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $type;

        impl IntoParams for $type {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![header($name, $about, $pattern)]
            }
        }
    )+};
}

headers! {
    /// By which a repeated request is known.
    IdempotencyKeyHeader "Idempotency-Key"
        "A repeated request with the same key has one effect and the same answer."
        "^[!-~]{1,255}$";
    /// The state that a change is for.
    IfMatch "If-Match"
        "The ETag of the ticket: nothing happens if it is in another state."
        "^(\\*|(W/)?\"[^\"]*\"( *, *(W/)?\"[^\"]*\")*)$";
    /// The state that is known.
    IfNoneMatch "If-None-Match"
        "The ETag that is known: 304 is the answer if it is still right."
        "^(\\*|(W/)?\"[^\"]*\"( *, *(W/)?\"[^\"]*\")*)$";
    /// Where a stream goes on from.
    LastEventId "Last-Event-ID"
        "The id of the last event that was heard."
        "^[ -~]{0,100}$";
}

fn header(name: &str, about: &str, pattern: &str) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}
