//! The form of problems, and what every answer has.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::request::Parts;
use hyper::Method;
use serde_json::json;
use ticket_core::desk::{Caller, Desk, DeskError};
use ticket_core::port::StoreError;
use ticket_http::{Authenticate, ProblemKind, router};

use crate::client::Client;
use crate::world::{World, desk, serve};

#[tokio::test]
async fn a_problem_has_this_form() {
    let world = World::new().await;
    let call = world.ada.call(Method::POST, "/api/v1/tickets");
    let answer = call
        .header("x-request-id", "req-1")
        .json(&json!({"queue": "support", "subject": "", "text": "Hello."}))
        .send()
        .await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(
        answer.json(),
        json!({
            "type": "/api/v1/problems/invalid",
            "title": "Some values are wrong",
            "status": 422,
            "detail": "subject: \"\" is not allowed; 1 to 255 characters are",
            "instance": "/api/v1/tickets",
            "code": "invalid",
            "request_id": "req-1",
            "errors": [{
                "pointer": "#/subject",
                "code": "invalid",
                "message": "subject: \"\" is not allowed; 1 to 255 characters are",
            }],
        })
    );
}

#[tokio::test]
async fn a_denial_gives_its_reason() {
    let world = World::new().await;
    let path = world.ticket().await;
    let denied = world
        .ada
        .post(&format!("{path}/notes"), json!({"text": "Hm."}))
        .await;
    assert_eq!(denied.code(), "denied");
    assert_eq!(denied.json()["reason"], "team_only");
}

#[tokio::test]
async fn the_type_of_each_problem_leads_to_its_meaning() {
    let world = World::new().await;
    for kind in ProblemKind::ALL {
        let path = format!("/api/v1/problems/{}", kind.code());
        let page = world.nobody.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.json()["status"], kind.status().as_u16());
    }
    assert_eq!(world.nobody.get("/api/v1/problems/none").await.status, 404);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let world = World::new().await;
    assert_eq!(world.eve.get("/api/v1/nowhere").await.code(), "not_found");
    let wrong = world
        .eve
        .call(Method::DELETE, "/api/v1/tickets")
        .send()
        .await;
    assert_eq!(wrong.code(), "method_not_allowed");
    assert!(wrong.header("allow").contains("POST"));
}

#[tokio::test]
async fn every_answer_has_strict_headers_and_an_id() {
    let world = World::new().await;
    for path in ["/api/v1/me", "/api/v1/nowhere", "/api/v1/tickets/9"] {
        let answer = world.eve.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'")
        );
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
}

#[tokio::test]
async fn an_id_that_can_not_stand_in_a_log_is_replaced() {
    let world = World::new().await;
    let long = "x".repeat(65);
    for bad in ["", "a b", "a\"b", &long] {
        let answer = world
            .eve
            .call(Method::GET, "/api/v1/me")
            .header("x-request-id", bad)
            .send();
        assert_eq!(answer.await.header("x-request-id").len(), 36, "{bad}");
    }
    let answer = world
        .eve
        .call(Method::GET, "/api/v1/me")
        .header("x-request-id", "a-1_B.c")
        .send();
    assert_eq!(answer.await.header("x-request-id"), "a-1_B.c");
}

#[tokio::test]
async fn a_host_header_never_comes_back() {
    let world = World::new().await;
    let evil = [
        ("host", "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("forwarded", "host=evil.test"),
    ];
    for (name, value) in evil {
        let body = json!({"queue": "support", "subject": "Hi", "text": "Hello."});
        let call = world
            .ada
            .call(Method::POST, "/api/v1/tickets")
            .header(name, value);
        let answer = call.json(&body).send().await;
        assert!(!format!("{answer:?}").contains("evil"), "{answer:?}");
    }
}

/// Fails in some way each time somebody is looked for.
struct Failing(fn() -> DeskError);

#[async_trait]
impl Authenticate for Failing {
    async fn authenticate(&self, _: &Desk, parts: &Parts) -> Result<Option<Caller>, DeskError> {
        if parts.headers.contains_key("x-panic") {
            panic!("canary");
        }
        Err((self.0)())
    }

    fn challenge(&self) -> &'static str {
        "Bearer"
    }
}

async fn failing(error: fn() -> DeskError) -> Client {
    let server = serve(Router::new().merge(router(desk().0, Arc::new(Failing(error))))).await;
    Client {
        server,
        token: None,
    }
}

#[tokio::test]
async fn a_fault_of_the_store_tells_nothing_of_its_source() {
    let unavailable = failing(|| {
        DeskError::Store(StoreError::Unavailable {
            detail: "canary".to_owned(),
            retry_after: None,
            source: None,
        })
    });
    let answer = unavailable.await.get("/api/v1/me").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (503, "5")
    );
    assert!(!answer.text.contains("canary"));
    let corrupt = failing(|| DeskError::Store(StoreError::corrupt("canary")));
    let answer = corrupt.await.get("/api/v1/me").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (500, "internal".to_owned())
    );
    assert!(!answer.text.contains("canary"));
}

#[tokio::test]
async fn a_panic_is_one_answer_and_hurts_nobody_else() {
    let client = failing(|| DeskError::Store(StoreError::corrupt("no"))).await;
    let answer = client
        .call(Method::GET, "/api/v1/me")
        .header("x-panic", "1")
        .send()
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (500, "internal".to_owned())
    );
    assert!(!answer.text.contains("canary"));
    assert_eq!(answer.header("x-request-id").len(), 36);
    assert_eq!(client.get("/api/v1/problems/internal").await.status, 200);
}
