//! What is wrong gets an answer that names it, and changes nothing.

use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::world::World;

async fn raw(client: &Client, body: impl Into<axum::body::Body>) -> Answer {
    client
        .call(Method::POST, "/api/v1/tickets")
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
}

fn new_ticket(name: &str, value: Value) -> Value {
    let mut body = json!({"queue": "support", "subject": "Hi", "text": "Hello."});
    body[name] = value;
    body
}

async fn count(world: &World) -> usize {
    let list = world.root.get("/api/v1/tickets").await.json();
    list["tickets"].as_array().expect("rows").len()
}

#[tokio::test]
async fn unknown_fields_are_refused_by_name_on_each_route() {
    let world = World::new().await;
    let path = world.ticket().await;
    let routes = [
        (
            Method::POST,
            "/api/v1/tickets".to_owned(),
            new_ticket("text", json!("Hello.")),
        ),
        (
            Method::POST,
            format!("{path}/messages"),
            json!({"text": "Hello."}),
        ),
        (
            Method::POST,
            format!("{path}/notes"),
            json!({"text": "Hello."}),
        ),
        (
            Method::PUT,
            format!("{path}/assignee"),
            json!({"assignee": "3"}),
        ),
        (
            Method::PUT,
            format!("{path}/status"),
            json!({"status": "open"}),
        ),
    ];
    let before = world.root.get(&path).await.text;
    for (method, route, body) in routes {
        for name in [
            "role",
            "is_admin",
            "id",
            "team_id",
            "org_id",
            "created_at",
            "author_id",
            "author_type",
            "is_public",
            "via",
            "verified",
            "password_hash",
            "permissions",
            "__proto__",
        ] {
            let mut body = body.clone();
            body[name] = json!(true);
            let answer = world
                .root
                .call(method.clone(), &route)
                .json(&body)
                .send()
                .await;
            assert_eq!(answer.status, 422, "{route} {name}");
            assert!(
                answer.text.contains(&format!("unknown field `{name}`")),
                "{}",
                answer.text
            );
        }
    }
    assert_eq!(before, world.root.get(&path).await.text);
    assert_eq!(count(&world).await, 1);
}

#[tokio::test]
async fn a_field_given_twice_is_refused() {
    let world = World::new().await;
    let body = r#"{"queue":"support","subject":"Hi","text":"a","text":"b"}"#;
    let answer = raw(&world.ada, body).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.text.contains("duplicate field `text`"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_wrong_value_is_named_by_a_pointer() {
    let world = World::new().await;
    let long = "x".repeat(256);
    for (name, value, pointer) in [
        ("subject", json!(""), "#/subject"),
        ("subject", json!(long), "#/subject"),
        ("subject", json!(7), "#/subject"),
        ("text", json!("  "), "#/text"),
        ("queue", json!("No Key"), "#/queue"),
        ("queue", json!("elsewhere"), "#/queue"),
        ("priority", json!("soon"), "#/priority"),
        ("tags", json!(["fine", "not fine"]), "#/tags/1"),
        ("requester", json!(""), "#/requester"),
    ] {
        let answer = raw(&world.root, new_ticket(name, value.clone()).to_string()).await;
        assert_eq!(answer.status, 422, "{name} {value}: {}", answer.text);
        assert_eq!(
            answer.json()["errors"][0]["pointer"],
            pointer,
            "{}",
            answer.text
        );
    }
    assert_eq!(count(&world).await, 0);
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let world = World::new().await;
    let answer = raw(&world.ada, r#"{"queue":"support","subject":"Hi"}"#).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.text.contains("missing field `text`"),
        "{}",
        answer.text
    );
    let path = world.ticket().await;
    let answer = world.eve.put(&format!("{path}/assignee"), json!({})).await;
    assert!(
        answer.text.contains("missing field `assignee`"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let world = World::new().await;
    let deep = "[".repeat(10_000);
    for body in ["", "{", "{}x", "nul", "\u{feff}{}", &deep] {
        let answer = raw(&world.ada, body.to_owned()).await;
        assert!(
            [400, 422].contains(&answer.status.as_u16()),
            "{body:.20}: {}",
            answer.text
        );
    }
    assert_eq!(raw(&world.ada, vec![b'"', 0xff, b'"']).await.status, 400);
    assert_eq!(raw(&world.ada, "{").await.code(), "malformed");
}

#[tokio::test]
async fn a_large_body_is_refused_by_its_length_and_by_its_bytes() {
    let world = World::new().await;
    let large = "x".repeat(1024 * 1024 + 1);
    assert_eq!(raw(&world.ada, large.clone()).await.status, 413);
    let pieces = futures_util::stream::iter(
        large
            .into_bytes()
            .chunks(64 * 1024)
            .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
            .collect::<Vec<_>>(),
    );
    let answer = raw(&world.ada, axum::body::Body::from_stream(pieces)).await;
    assert_eq!(answer.code(), "too_large");
}

#[tokio::test]
async fn only_json_is_taken() {
    let world = World::new().await;
    let body = new_ticket("text", json!("Hello.")).to_string();
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ] {
        let answer = world
            .ada
            .call(Method::POST, "/api/v1/tickets")
            .header("content-type", media_type)
            .body(body.clone())
            .send()
            .await;
        assert_eq!(answer.status, 415, "{media_type}");
    }
    let answer = world
        .ada
        .call(Method::POST, "/api/v1/tickets")
        .header("content-type", "application/json; charset=utf-8")
        .header("content-encoding", "gzip")
        .body(body)
        .send()
        .await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let world = World::new().await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1e9", "limit"),
        ("sort=id%20desc;--", "sort"),
        ("sort=password_hash", "sort"),
        ("cursor=(select%20pg_sleep(3))", "cursor"),
    ] {
        let answer = world.eve.get(&format!("/api/v1/tickets?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(
            answer.json()["errors"][0]["parameter"],
            name,
            "{}",
            answer.text
        );
    }
    for query in ["page=2", "q=a&q=b", "limit"] {
        let answer = world.eve.get(&format!("/api/v1/tickets?{query}")).await;
        assert_eq!(answer.code(), "invalid_parameter", "{query}");
    }
    let long = "a%20".repeat(3_000);
    assert_eq!(
        world
            .eve
            .get(&format!("/api/v1/tickets?q={long}"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let world = World::new().await;
    world.ticket().await;
    world.ticket().await;
    let page = world
        .eve
        .get("/api/v1/tickets?limit=1&sort=number")
        .await
        .json();
    let cursor = page["next"].as_str().expect("a cursor");
    let answer = world
        .eve
        .get(&format!("/api/v1/tickets?sort=-updated&cursor={cursor}"))
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn numbers_have_one_spelling() {
    let world = World::new().await;
    world.ticket().await;
    for number in [
        "0",
        "01",
        "+1",
        "1.0",
        "x",
        "18446744073709551616",
        "%31%00",
    ] {
        let answer = world.eve.get(&format!("/api/v1/tickets/{number}")).await;
        assert_eq!(answer.status, 404, "{number}");
    }
}
