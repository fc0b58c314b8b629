//! The router inside a host: under a path, with the host's state and the host's people.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use hyper::Method;
use serde_json::json;
use ticket_core::person::{Person, Role};
use ticket_core::port::Roster;
use ticket_http::{HostIdentity, Identity, router};

use crate::client::Client;
use crate::world::{desk, serve};

/// The host's own state.
#[derive(Clone)]
struct Shop {
    name: &'static str,
}

/// The host's own way to know people: a header with an integer.
async fn who(State(_): State<Shop>, mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get("x-user")
        .and_then(|id| id.to_str().ok());
    if let Some(id) = id.and_then(|id| id.parse::<u64>().ok()) {
        request.extensions_mut().insert(Identity(id.into()));
    }
    next.run(request).await
}

async fn shop() -> Client {
    let (desk, people) = desk();
    let address = "ada@example.org".parse().expect("an address");
    let ada = Person::new(7_u64.into(), "Ada", address, Role::Customer);
    people.save_person(&ada).await.expect("saved");
    let state = Shop { name: "shop" };
    let app = Router::new()
        .route(
            "/",
            get(|State(shop): State<Shop>| async move { shop.name }),
        )
        .nest("/help/desk", router(desk, HostIdentity))
        .layer(from_fn_with_state(state.clone(), who))
        .with_state(state);
    Client {
        server: serve(app).await,
        token: None,
    }
}

#[tokio::test]
async fn it_works_under_a_path_with_the_hosts_state_and_people() {
    let client = shop().await;
    assert_eq!(client.get("/").await.text, "shop");
    let body = json!({"queue": "support", "subject": "Hi", "text": "Hello."});
    let call = client
        .call(Method::POST, "/help/desk/api/v1/tickets")
        .header("x-user", "7");
    let opened = call.json(&body).send().await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    let location = opened.header("location").to_owned();
    assert_eq!(location, "/help/desk/api/v1/tickets/1");
    let shown = client
        .call(Method::GET, &location)
        .header("x-user", "7")
        .send()
        .await;
    assert_eq!(shown.json()["requester"], "7");
}

#[tokio::test]
async fn whom_the_host_does_not_name_is_nobody() {
    let client = shop().await;
    for user in ["", "8", "-1"] {
        let call = client
            .call(Method::GET, "/help/desk/api/v1/me")
            .header("x-user", user);
        let answer = call.send().await;
        assert_eq!(answer.status, 401, "{user:?}");
        assert_eq!(answer.header("www-authenticate"), "Host");
    }
}

#[tokio::test]
async fn problems_name_the_path_that_their_reader_knows() {
    let client = shop().await;
    let answer = client.get("/help/desk/api/v1/tickets/9").await;
    assert_eq!(answer.json()["instance"], "/help/desk/api/v1/tickets/9");
    let place = answer.json()["type"].as_str().expect("a type").to_owned();
    assert_eq!(place, "/help/desk/api/v1/problems/unauthenticated");
    assert_eq!(client.get(&place).await.status, 200);
}

#[tokio::test]
async fn two_routers_live_in_one_app() {
    let one = router(desk().0, HostIdentity);
    let app: Router = Router::new()
        .merge(one)
        .nest("/other", router(desk().0, HostIdentity))
        .fallback(|| async { "the host's own" });
    let client = Client {
        server: serve(app).await,
        token: None,
    };
    assert_eq!(client.get("/other/api/v1/me").await.status, 401);
    assert_eq!(client.get("/api/v1/me").await.status, 401);
    assert_eq!(client.get("/elsewhere").await.text, "the host's own");
}
