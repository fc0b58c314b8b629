//! Who of the team is at a ticket.

use hyper::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::world::World;

async fn appear(client: &Client, path: &str, doing: &str) -> Value {
    let answer = client
        .put(&format!("{path}/presence"), json!({"doing": doing}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["present"].clone()
}

#[tokio::test]
async fn the_team_sees_who_else_is_there_until_they_leave() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    assert_eq!(appear(&world.eve, &ticket, "looking").await, json!([]));
    let others = appear(&world.lia, &ticket, "looking").await;
    assert_eq!(
        (&others[0]["person"], &others[0]["doing"]),
        (&json!("3"), &json!("looking"))
    );
    appear(&world.eve, &ticket, "typing").await;
    let path = format!("{ticket}/presence");
    let others = world.lia.get(&path).await.json()["present"].clone();
    assert_eq!(
        (others.as_array().map(Vec::len), &others[0]["doing"]),
        (Some(1), &json!("typing"))
    );
    let left = world.eve.call(Method::DELETE, &path).send().await;
    assert_eq!(left.status, 204);
    assert_eq!(world.lia.get(&path).await.json()["present"], json!([]));
}

#[tokio::test]
async fn customers_are_neither_told_nor_seen() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    appear(&world.eve, &ticket, "typing").await;
    let before = world.ada.get(&ticket).await;
    let path = format!("{ticket}/presence");
    for (method, body) in [
        (Method::GET, None),
        (Method::PUT, Some(json!({"doing": "looking"}))),
        (Method::DELETE, None),
    ] {
        let call = world.ada.call(method, &path);
        let call = match &body {
            Some(body) => call.json(body),
            None => call,
        };
        let answer = call.send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "denied".to_owned())
        );
        assert!(!answer.text.contains("typing"), "{}", answer.text);
    }
    assert_eq!(world.ada.get(&ticket).await.text, before.text);
    assert_eq!(
        world.root.get(&path).await.json()["present"][0]["person"],
        "3"
    );
}

#[tokio::test]
async fn what_nobody_does_is_refused() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    for body in [
        json!({"doing": "sleeping"}),
        json!({}),
        json!({"doing": "looking", "who": "5"}),
    ] {
        let answer = world
            .eve
            .put(&format!("{ticket}/presence"), body.clone())
            .await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
    }
}
