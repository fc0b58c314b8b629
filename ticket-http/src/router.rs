//! The routes, and which of them a host wants.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use ticket_core::desk::Desk;
use utoipa_axum::router::OpenApiRouter;

use crate::authenticate::Authenticate;
use crate::document::{self, Document};
use crate::live::{self, Live};
use crate::problem::{self, Problem, ProblemKind};
use crate::{frame, me, reference, ticket};

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) desk: Desk,
    pub(crate) authenticate: Arc<dyn Authenticate>,
    pub(crate) live: Live,
    pub(crate) document: Arc<Document>,
}

/// A part of the API that a host may leave out.
///
/// Always there are `/api/v1/me` and `/api/v1/problems/{code}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// Tickets, and who is at them.
    Tickets,
    /// Live streams of what changes.
    Live,
    /// The OpenAPI document and the page that shows it.
    Reference,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Tickets, Self::Live, Self::Reference];

    fn routes(self) -> OpenApiRouter<Api> {
        match self {
            Self::Tickets => ticket::routes(),
            Self::Live => live::routes(),
            Self::Reference => reference::routes(),
        }
    }
}

/// The REST API of a desk, for any axum app to nest wherever it likes.
///
/// It asks nothing of the app's state, has no fallback, and answers below `/api/v1` only. For a
/// choice of its parts, or a handle on its live streams, see [`RouterBuilder`].
pub fn router<S>(desk: Desk, authenticate: impl Authenticate + 'static) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    RouterBuilder::new(desk, authenticate).build()
}

/// Puts a router together; what is not said has a default.
pub struct RouterBuilder {
    desk: Desk,
    authenticate: Arc<dyn Authenticate>,
    live: Live,
    parts: BTreeSet<Part>,
}

impl std::fmt::Debug for RouterBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RouterBuilder")
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl RouterBuilder {
    /// A router with all parts.
    pub fn new(desk: Desk, authenticate: impl Authenticate + 'static) -> Self {
        Self {
            desk,
            authenticate: Arc::new(authenticate),
            live: Live::new(),
            parts: Part::ALL.into(),
        }
    }

    /// A handle on the live streams, so that a server can end them when it stops.
    #[must_use]
    pub fn live(mut self, live: Live) -> Self {
        self.live = live;
        self
    }

    /// These parts and no others.
    #[must_use]
    pub fn only(mut self, parts: impl IntoIterator<Item = Part>) -> Self {
        self.parts = parts.into_iter().collect();
        self
    }

    /// All that was wanted so far, but for this part.
    #[must_use]
    pub fn without(mut self, part: Part) -> Self {
        self.parts.remove(&part);
        self
    }

    /// The router.
    pub fn build<S>(self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let (routes, document) = routes(&self.parts).split_for_parts();
        let document = Document::new(document, self.authenticate.schemes());
        let api = Api {
            desk: self.desk,
            authenticate: self.authenticate,
            live: self.live,
            document: Arc::new(document),
        };
        routes
            .route("/api/v1/{*rest}", any(nothing))
            .layer(axum::middleware::from_fn(frame::frame))
            .with_state(api)
    }
}

/// Routes and their document: the one place that joins them.
fn routes(parts: &BTreeSet<Part>) -> OpenApiRouter<Api> {
    let always = OpenApiRouter::with_openapi(document::empty())
        .merge(me::routes())
        .merge(problem::routes());
    let parts = parts.iter().copied().map(Part::routes);
    parts.fold(always, OpenApiRouter::merge)
}

/// Whatever else somebody asks for below `/api/v1`.
async fn nothing() -> Problem {
    Problem::new(ProblemKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path of a router with its methods, as the router itself knows them.
    ///
    /// axum has no way to ask; what it prints for people is all there is.
    fn known(router: &Router<Api>) -> BTreeSet<String> {
        let printed = format!("{router:?}");
        let mut paths = std::collections::BTreeMap::new();
        let listed = printed.split_once("paths: {").map(|found| found.1);
        let listed = listed
            .and_then(|rest| rest.split_once('}'))
            .map(|found| found.0);
        for entry in listed.expect("paths").split(", ") {
            let (id, path) = entry.split_once(": ").expect("an id and a path");
            paths.insert(id.to_owned(), path.trim_matches('"').to_owned());
        }
        let mut all = BTreeSet::new();
        for (id, path) in &paths {
            let route = printed
                .split_once(&format!("{id}: MethodRouter("))
                .expect("a route")
                .1;
            let route = route.split_once("allow_header").expect("its end").0;
            for method in [
                "get", "put", "post", "delete", "patch", "head", "options", "trace", "connect",
            ] {
                if !route.contains(&format!("{method}: None")) {
                    all.insert(format!("{method} {path}"));
                }
            }
        }
        all
    }

    #[test]
    fn the_document_tells_of_all_routes_and_of_no_others() {
        let (router, document) = routes(&Part::ALL.into()).split_for_parts();
        let document = serde_json::to_value(&document).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let told: BTreeSet<String> = paths
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().expect("operations").keys();
                methods.map(move |method| format!("{method} {path}"))
            })
            .collect();
        assert_eq!(known(&router), told);
        let more = router.route("/api/v1/more", axum::routing::put(nothing));
        assert!(known(&more).contains("put /api/v1/more"));
    }
}
