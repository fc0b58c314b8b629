//! What a customer never learns.

use serde_json::{Value, json};

use crate::world::World;

/// Stands in a note and nowhere else.
const CANARY: &str = "canary-7f3a";

#[tokio::test]
async fn a_customer_never_learns_of_a_note() {
    let world = World::new().await;
    let path = world.ticket().await;
    let before = world.ada.get(&path).await;
    let list_before = world.ada.get("/api/v1/tickets?sort=-updated").await;

    let note = json!({"text": format!("Secret: {CANARY}"), "mentions": ["5"]});
    let written = world.lia.post(&format!("{path}/notes"), note).await;
    assert_eq!(written.status, 201, "{}", written.text);
    assert!(world.eve.get(&path).await.text.contains(CANARY));

    let after = world.ada.get(&path).await;
    assert_eq!(before.text, after.text);
    assert_eq!(before.header("etag"), after.header("etag"));
    let list_after = world.ada.get("/api/v1/tickets?sort=-updated").await;
    assert_eq!(list_before.text, list_after.text);
    let found = world.ada.get(&format!("/api/v1/tickets?q={CANARY}")).await;
    assert_eq!(found.json()["tickets"], json!([]));
}

#[tokio::test]
async fn a_customer_is_shown_no_more_than_these_names() {
    let world = World::new().await;
    let path = world.ticket().await;
    let ticket = world.ada.get(&path).await.json();
    let names = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    let mut row = vec![
        "category",
        "created_at",
        "fields",
        "message_count",
        "number",
        "requester",
        "status",
        "subject",
        "updated_at",
    ];
    let list = world.ada.get("/api/v1/tickets").await.json();
    assert_eq!(names(&list["tickets"][0]), row);
    row.insert(4, "messages");
    assert_eq!(names(&ticket), row);
    assert_eq!(
        names(&ticket["messages"][0]),
        [
            "at",
            "attachments",
            "author",
            "id",
            "redacted",
            "shown",
            "side",
            "text"
        ]
    );
}

#[tokio::test]
async fn no_answer_to_a_customer_tells_the_version() {
    let world = World::new().await;
    let path = world.ticket().await;
    for _ in 0..6 {
        let note = json!({"text": "Between us."});
        assert_eq!(
            world.eve.post(&format!("{path}/notes"), note).await.status,
            201
        );
    }
    for guess in 0..12 {
        let tag = format!("\"v{guess}\"");
        let answer = world
            .ada
            .call(hyper::Method::POST, &format!("{path}/messages"))
            .header("if-match", &tag)
            .json(&json!({"text": "Hello?"}))
            .send()
            .await;
        assert_eq!(answer.status, 412, "{tag}");
        assert!(answer.json().get("detail").is_none());
        assert_eq!(answer.header("etag"), "");
    }
    let reply = world
        .ada
        .post(&format!("{path}/messages"), json!({"text": "Hello?"}))
        .await;
    let mut names: Vec<String> = reply
        .json()
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    names.sort();
    assert_eq!(names, ["message", "number"]);
    assert_eq!(reply.header("etag"), "");
}

#[tokio::test]
async fn a_customer_can_not_ask_which_status_the_team_sees() {
    let world = World::new().await;
    let path = world.ticket().await;
    let held = world
        .eve
        .put(&format!("{path}/status"), json!({"status": "on_hold"}))
        .await;
    assert_eq!(held.status, 200, "{}", held.text);
    let mut answers = Vec::new();
    for status in [
        "new",
        "open",
        "pending",
        "on_hold",
        "closed",
        "no-such-status",
    ] {
        let answer = world
            .ada
            .put(&format!("{path}/status"), json!({"status": status}))
            .await;
        assert_eq!(answer.status, 403, "{status}: {}", answer.text);
        let mut answer = answer.json();
        answer["request_id"] = json!("");
        answers.push(answer);
    }
    assert!(
        answers.windows(2).all(|two| two[0] == two[1]),
        "{answers:?}"
    );
    assert_eq!(world.ada.get(&path).await.json()["category"], "open");
}
