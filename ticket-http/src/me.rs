//! `GET /api/v1/me`: who is signed in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use ticket_core::person::Role;
use ticket_core::value::{EmailAddress, OrganizationId, PersonId};

use crate::authenticate::SignedIn;
use crate::problem::{Problem, ProblemKind};
use crate::router::Api;

#[derive(Serialize)]
pub(crate) struct Me {
    id: PersonId,
    name: String,
    addresses: Vec<EmailAddress>,
    organization: Option<OrganizationId>,
    role: Role,
}

pub(crate) async fn me(
    State(api): State<Api>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Me>, Problem> {
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
        name: person.name.into(),
        addresses: person.addresses,
        organization: person.organization,
        role: person.role,
    }))
}
