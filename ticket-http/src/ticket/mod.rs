//! Tickets: what is read and what is written. A handler extracts, calls and maps; it has no rule.

mod presence;
mod read;
mod write;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(read::list, write::open))
        .routes(routes!(read::show))
        .routes(routes!(write::reply))
        .routes(routes!(write::note))
        .routes(routes!(write::assign))
        .routes(routes!(write::set_status))
        .routes(routes!(read::history))
        .routes(routes!(read::notices))
        .routes(routes!(
            presence::present,
            presence::appear,
            presence::leave
        ))
}
