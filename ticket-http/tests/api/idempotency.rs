//! The same request with the same key has one effect.

use std::collections::BTreeSet;

use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::world::World;

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let call = client
        .call(Method::POST, path)
        .header("idempotency-key", key);
    call.json(body).send().await
}

fn new_ticket() -> Value {
    json!({"queue": "support", "subject": "Hi", "text": "Hello."})
}

async fn count(world: &World) -> usize {
    let list = world.root.get("/api/v1/tickets?limit=100").await.json();
    list["tickets"].as_array().expect("rows").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_posts_at_once_with_one_key_open_one_ticket() {
    let world = World::new().await;
    let posts = (0..50).map(|_| {
        let ada = world.ada.clone();
        tokio::spawn(async move { post(&ada, "/api/v1/tickets", "key-1", &new_ticket()).await })
    });
    let mut answers = BTreeSet::new();
    for answer in futures_util::future::join_all(posts).await {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.text);
        answers.insert((answer.text.clone(), answer.header("location").to_owned()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(count(&world).await, 1);
}

#[tokio::test]
async fn a_repeated_reply_is_written_once_and_answered_the_same() {
    let world = World::new().await;
    let path = world.ticket().await;
    let messages = format!("{path}/messages");
    let body = json!({"text": "Any news?"});
    let first = post(&world.ada, &messages, "r1", &body).await;
    let second = post(&world.ada, &messages, "r1", &body).await;
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(world.ada.get(&path).await.json()["message_count"], 2);
}

#[tokio::test]
async fn a_key_is_good_for_one_request_of_one_person() {
    let world = World::new().await;
    let path = "/api/v1/tickets";
    assert_eq!(post(&world.ada, path, "k", &new_ticket()).await.status, 201);
    let other = json!({"queue": "support", "subject": "Another", "text": "Hello."});
    let reused = post(&world.ada, path, "k", &other).await;
    assert_eq!(
        (reused.status.as_u16(), reused.code()),
        (422, "key_reused".to_owned())
    );
    assert_eq!(post(&world.bob, path, "k", &other).await.status, 201);
    assert_eq!(count(&world).await, 2);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let world = World::new().await;
    let path = "/api/v1/tickets";
    let bad = json!({"queue": "nowhere", "subject": "Hi", "text": "Hello."});
    assert_eq!(post(&world.ada, path, "k", &bad).await.status, 422);
    assert_eq!(post(&world.ada, path, "k", &new_ticket()).await.status, 201);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let world = World::new().await;
    let long = "k".repeat(256);
    for key in ["", "a b", &long] {
        let answer = post(&world.ada, "/api/v1/tickets", key, &new_ticket()).await;
        assert_eq!(answer.status, 400, "{key}");
        assert_eq!(answer.json()["errors"][0]["header"], "Idempotency-Key");
    }
    assert_eq!(count(&world).await, 0);
}

#[tokio::test]
async fn a_repeated_request_is_not_stale_by_its_own_effect() {
    let world = World::new().await;
    let path = world.ticket().await;
    for client in [&world.eve, &world.ada] {
        let tag = client.get(&path).await.header("etag").to_owned();
        let send = || {
            let call = client.call(Method::POST, &format!("{path}/messages"));
            call.header("idempotency-key", "once")
                .header("if-match", &tag)
                .json(&json!({"text": "Here you are."}))
                .send()
        };
        let (first, second) = (send().await, send().await);
        assert_eq!(first.status, 201, "{}", first.text);
        assert_eq!((second.status, second.text), (first.status, first.text));
    }
}
