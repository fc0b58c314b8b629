//! A shop of your own, with a support desk inside: your users, your sign-in, your routes.
//!
//! `cargo run -p examples --example embed_in_axum`, then
//! `curl -b session=ada-1 localhost:3000/support/api/v1/me`

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::Request;
use axum::http::header::{COOKIE, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::{Router, routing::get};
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::memory::MemoryStore;
use ticket_core::person::{Organization, Person, Role};
use ticket_core::port::{Directory, StoreError};
use ticket_core::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};
use ticket_http::{HostIdentity, Identity, router};

/// A row of the shop's own user table. Its id is an integer; the desk takes ids of any type.
struct User(i64, &'static str, &'static str, Role);

const USERS: [User; 2] = [
    User(7, "Ada", "ada@example.org", Role::Customer),
    User(8, "Bob", "bob@example.com", Role::Admin),
];

/// The shop's people, as the desk asks for them: the desk keeps no copy and needs no table.
struct Users;

impl Users {
    fn find(&self, wanted: impl Fn(&User) -> bool) -> Result<Option<Person>, StoreError> {
        let Some(User(id, name, email, role)) = USERS.into_iter().find(wanted) else {
            return Ok(None);
        };
        let address = email.parse().map_err(|_| StoreError::corrupt("an email"))?;
        Ok(Some(Person::new(id.into(), name, address, role)))
    }
}

#[async_trait]
impl Directory for Users {
    async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        let person = |id: &PersonId| self.find(|user| PersonId::from(user.0) == *id);
        ids.iter().map(person).collect()
    }
    async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError> {
        self.find(|user| user.2 == address.normal())
    }
    async fn organization(&self, _: &OrganizationId) -> Result<Option<Organization>, StoreError> {
        Ok(None)
    }
    async fn members(&self, _: &QueueKey) -> Result<Vec<Person>, StoreError> {
        Ok(Vec::new()) // Bob, an admin, works everywhere and watches the list
    }
    async fn admit(&self, _: &Mailbox) -> Result<Option<Person>, StoreError> {
        Ok(None) // whoever has no account is no guest here
    }
}

/// The shop's sign-in: it alone knows its sessions, and tells the desk who somebody is.
async fn sign_in(mut request: Request, next: Next) -> Response {
    let cookie = request.headers().get(COOKIE);
    let user: Option<i64> = match cookie.map(HeaderValue::as_bytes) {
        Some(b"session=ada-1") => Some(7),
        Some(b"session=bob-1") => Some(8),
        _ => None,
    };
    if let Some(id) = user {
        request.extensions_mut().insert(Identity(id.into()));
    }
    next.run(request).await
}

fn app() -> Router {
    let (store, key) = (Arc::new(MemoryStore::new()), SigningKey::new([7; 32]));
    let desk = Desk::builder(store, Arc::new(Users), key).build();
    Router::new()
        .route("/", get(async || "The shop"))
        .nest("/support", router(desk, HostIdentity))
        .layer(from_fn(sign_in))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app()).await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Method, StatusCode};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;

    async fn call(
        app: &Router,
        (method, path): (Method, &str),
        session: &str,
        body: &Value,
    ) -> (StatusCode, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", format!("session={session}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = app.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body");
        let text = String::from_utf8(body.to_bytes().into()).expect("text");
        (status, text)
    }

    #[tokio::test]
    async fn the_shop_has_its_own_pages_and_the_desk_its_own() {
        let app = app();
        let nothing = Value::Null;
        let (status, text) = call(&app, (Method::GET, "/"), "", &nothing).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, "The shop"));

        let tickets = "/support/api/v1/tickets";
        let jam = json!({"queue": "support", "subject": "Printer jam", "text": "It is stuck."});
        let (status, _) = call(&app, (Method::POST, tickets), "mallory", &jam).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let (status, text) = call(&app, (Method::POST, tickets), "ada-1", &jam).await;
        assert_eq!(status, StatusCode::CREATED, "{text}");

        let messages = "/support/api/v1/tickets/1/messages";
        let lid = json!({"text": "Open the lid."});
        let (status, text) = call(&app, (Method::POST, messages), "bob-1", &lid).await;
        assert_eq!(status, StatusCode::CREATED, "{text}");
        let one = "/support/api/v1/tickets/1";
        let (status, text) = call(&app, (Method::GET, one), "ada-1", &nothing).await;
        assert_eq!(status, StatusCode::OK);
        let shown: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(shown["requester"], "7", "the shop's own id: {shown}");
        assert!(text.contains("Open the lid."), "{text}");
    }
}
