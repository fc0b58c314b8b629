//! `GET /api/v1/me`: who is signed in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use ticket_core::person::Role;
use ticket_core::value::{EmailAddress, OrganizationId, PersonId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::SignedIn;
use crate::document::Reading;
use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(me))
}

/// Somebody who is signed in.
#[derive(Serialize, ToSchema)]
struct Me {
    id: PersonId,
    name: String,
    addresses: Vec<EmailAddress>,
    #[schema(required)]
    organization: Option<OrganizationId>,
    role: Role,
}

/// Who is signed in
#[utoipa::path(
    get,
    path = "/api/v1/me",
    operation_id = "me",
    tag = "me",
    responses((status = 200, description = "You", body = Me), Reading),
)]
async fn me(State(api): State<Api>, SignedIn(caller): SignedIn) -> Result<Json<Me>, Problem> {
    let nobody = || Problem::new(ProblemKind::NotFound);
    let id = caller.actor().id().ok_or_else(nobody)?;
    let found = api
        .desk
        .directory()
        .people(std::slice::from_ref(id))
        .await?;
    let person = found.into_iter().next().flatten().ok_or_else(nobody)?;
    Ok(Json(Me {
        id: person.id,
        name: person.name,
        addresses: person.addresses,
        organization: person.organization,
        role: person.role,
    }))
}
