//! Entity tags: who changes a ticket may say which state they saw.

use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::world::World;

async fn put(client: &Client, path: &str, tag: &str, body: &Value) -> Answer {
    let call = client.call(Method::PUT, path).header("if-match", tag);
    call.json(body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_changes_to_one_state_one_wins() {
    let world = World::new().await;
    let path = world.ticket().await;
    let tag = world.eve.get(&path).await.header("etag").to_owned();
    assert_eq!(tag, "\"v1\"");
    let changes = (0..20).map(|n| {
        let (eve, tag) = (world.eve.clone(), tag.clone());
        let assignee = if n % 2 == 0 { "3" } else { "6" };
        let path = format!("{path}/assignee");
        tokio::spawn(async move { put(&eve, &path, &tag, &json!({"assignee": assignee})).await })
    });
    let mut won = 0;
    for answer in futures_util::future::join_all(changes).await {
        match answer.expect("an answer").status.as_u16() {
            200 => won += 1,
            412 => {}
            status => panic!("{status}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(world.eve.get(&path).await.json()["version"], 2);
}

#[tokio::test]
async fn a_customer_solves_what_they_saw() {
    let world = World::new().await;
    let path = world.ticket().await;
    let solved = json!({"status": "solved"});
    let tag = world.ada.get(&path).await.header("etag").to_owned();
    let reply = json!({"text": "Try this."});
    assert_eq!(
        world
            .eve
            .post(&format!("{path}/messages"), reply)
            .await
            .status,
        201
    );
    let stale = put(&world.ada, &format!("{path}/status"), &tag, &solved).await;
    assert_eq!(
        (stale.status.as_u16(), stale.code()),
        (412, "stale".to_owned())
    );
    let tag = world.ada.get(&path).await.header("etag").to_owned();
    let fresh = put(&world.ada, &format!("{path}/status"), &tag, &solved).await;
    assert_eq!(fresh.status, 200, "{}", fresh.text);
}

#[tokio::test]
async fn any_state_and_weak_tags() {
    let world = World::new().await;
    let path = world.ticket().await + "/assignee";
    let body = json!({"assignee": "3"});
    assert_eq!(put(&world.eve, &path, "W/\"v1\"", &body).await.status, 412);
    assert_eq!(put(&world.eve, &path, "v1", &body).await.status, 400);
    assert_eq!(
        put(&world.eve, &path, "\"x\", \"v1\"", &body).await.status,
        200
    );
    assert_eq!(
        put(&world.eve, &path, "*", &json!({"assignee": null}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_stale_tag_tells_a_stranger_nothing() {
    let world = World::new().await;
    let path = world.ticket().await + "/assignee";
    let answer = put(&world.bob, &path, "\"v9\"", &json!({"assignee": "3"})).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let world = World::new().await;
    let path = world.ticket().await;
    for client in [&world.ada, &world.eve] {
        let tag = client.get(&path).await.header("etag").to_owned();
        let again = client
            .call(Method::GET, &path)
            .header("if-none-match", &tag);
        let again = again.send().await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
        assert_eq!(again.header("etag"), tag);
    }
}
