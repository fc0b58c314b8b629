//! Parameters of the address.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use ticket_core::query::{Cursor, PageRequest, Sort, SortKey};
use ticket_core::value::TicketNumber;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Ref, Required};
use utoipa::{IntoParams, ToSchema as _};

use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

/// How many rows a page has if nothing is said.
const PAGE: u16 = 25;

/// Longest search line, in bytes.
const LINE_MAX: usize = 2_000;

/// The ticket that a path names.
pub(crate) struct TicketPath(pub(crate) TicketNumber);

impl FromRequestParts<Api> for TicketPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let unknown = || Problem::new(ProblemKind::NotFound);
        let Path(number) = Path::<String>::from_request_parts(parts, api)
            .await
            .map_err(|_| unknown())?;
        // One address for each ticket: no sign, no leading zero.
        let number: TicketNumber = number
            .parse::<u64>()
            .ok()
            .filter(|parsed| parsed.to_string() == number)
            .and_then(|parsed| TicketNumber::new(parsed).ok())
            .ok_or_else(unknown)?;
        Ok(Self(number))
    }
}

impl IntoParams for TicketPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let number = ParameterBuilder::new()
            .name("number")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The number of the ticket"))
            .schema(Some(Ref::from_schema_name(TicketNumber::name())));
        vec![number.build()]
    }
}

/// What a list is asked for.
#[derive(Debug)]
pub(crate) struct ListParameters {
    /// The search line.
    pub(crate) line: String,
    /// The order, if one is asked for.
    pub(crate) sort: Option<Sort>,
    /// Which part.
    pub(crate) page: PageRequest,
}

/// The same, as it is written.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// A search line, such as `status:open assignee:me "printer jam"`.
    #[serde(default)]
    #[param(max_length = 2_000)]
    q: String,
    /// Where the page before ended: its `next`.
    #[param(value_type = Option<Cursor>)]
    cursor: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<String>,
    /// The order; with `-` the last first.
    #[param(pattern = "^-?(number|created|updated|priority|due)$")]
    sort: Option<String>,
}

impl FromRequestParts<Api> for ListParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let Query(raw) = Query::<ListQuery>::try_from_uri(&parts.uri).map_err(|error| {
            Problem::new(ProblemKind::InvalidParameter).detail(error.body_text())
        })?;
        if raw.q.len() > LINE_MAX {
            let allowed = "a search line of at most 2,000 bytes is allowed";
            return Err(Problem::wrong_parameter("q", allowed));
        }
        let cursor = raw.cursor.map(|text| text.parse::<Cursor>()).transpose();
        let after =
            cursor.map_err(|wrong| Problem::wrong_parameter("cursor", wrong.to_string()))?;
        Ok(Self {
            line: raw.q,
            sort: raw.sort.as_deref().map(sort).transpose()?,
            page: PageRequest {
                limit: raw.limit.as_deref().map_or(Ok(PAGE), limit)?,
                after,
            },
        })
    }
}

fn limit(text: &str) -> Result<u16, Problem> {
    let limit = text.parse::<u16>().ok();
    let fits = limit.filter(|limit| (1..=PageRequest::MAX).contains(limit));
    fits.ok_or_else(|| Problem::wrong_parameter("limit", "a number from 1 to 100 is allowed"))
}

fn sort(text: &str) -> Result<Sort, Problem> {
    let (word, descending) = text
        .strip_prefix('-')
        .map_or((text, false), |word| (word, true));
    let key = match word {
        "number" => SortKey::Number,
        "created" => SortKey::Created,
        "updated" => SortKey::Updated,
        "priority" => SortKey::Priority,
        "due" => SortKey::Due,
        _ => {
            let allowed =
                "number, created, updated, priority or due is allowed, with - for the last first";
            return Err(Problem::wrong_parameter("sort", allowed));
        }
    };
    Ok(Sort { key, descending })
}
