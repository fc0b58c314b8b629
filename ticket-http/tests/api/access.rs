//! Who may call which route: one table for all of them.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::Client;
use crate::world::World;

const OK: u16 = 200;
const MADE: u16 = 201;
const GONE: u16 = 204;
const NOBODY: u16 = 401;
const DENIED: u16 = 403;
const HIDDEN: u16 = 404;

/// A route, what is sent, and the status for ada, bob, eve, stranger, lia, root and nobody.
type Row = (Method, &'static str, Option<Value>, [u16; 7]);

fn table() -> Vec<Row> {
    let text = || Some(json!({"text": "Hello."}));
    let open = Some(json!({"queue": "support", "subject": "Hi", "text": "Hello."}));
    let for_other =
        Some(json!({"queue": "support", "subject": "Hi", "text": "Hello.", "requester": "2"}));
    let all = |status| [status, status, status, status, status, status, NOBODY];
    let visible = [OK, HIDDEN, OK, HIDDEN, OK, OK, NOBODY];
    let team = [DENIED, HIDDEN, OK, HIDDEN, OK, OK, NOBODY];
    let agents = [DENIED, HIDDEN, OK, HIDDEN, DENIED, OK, NOBODY];
    vec![
        (Method::GET, "/api/v1/me", None, all(OK)),
        (Method::GET, "/api/v1/tickets", None, all(OK)),
        (Method::POST, "/api/v1/tickets", open, all(MADE)),
        (
            Method::POST,
            "/api/v1/tickets",
            for_other,
            [DENIED, MADE, MADE, DENIED, DENIED, MADE, NOBODY],
        ),
        (Method::GET, "", None, visible),
        (Method::GET, "/history", None, team),
        (Method::GET, "/notices", None, team),
        (
            Method::PUT,
            "/presence",
            Some(json!({"doing": "typing"})),
            team,
        ),
        (Method::GET, "/presence", None, team),
        (
            Method::DELETE,
            "/presence",
            None,
            [DENIED, HIDDEN, GONE, HIDDEN, GONE, GONE, NOBODY],
        ),
        // A stream has no end to wait for.
        (Method::HEAD, "/api/v1/events", None, all(OK)),
        (Method::HEAD, "/events", None, visible),
        (
            Method::POST,
            "/messages",
            text(),
            [MADE, HIDDEN, MADE, HIDDEN, DENIED, MADE, NOBODY],
        ),
        (
            Method::POST,
            "/notes",
            text(),
            [DENIED, HIDDEN, MADE, HIDDEN, MADE, MADE, NOBODY],
        ),
        (
            Method::PUT,
            "/assignee",
            Some(json!({"assignee": "3"})),
            agents,
        ),
        (
            Method::PUT,
            "/assignee",
            Some(json!({"assignee": null})),
            agents,
        ),
        (
            Method::PUT,
            "/status",
            Some(json!({"status": "pending"})),
            agents,
        ),
        (
            Method::PUT,
            "/status",
            Some(json!({"status": "solved"})),
            [OK, HIDDEN, OK, HIDDEN, DENIED, OK, NOBODY],
        ),
    ]
}

#[tokio::test]
async fn each_route_answers_each_role_as_the_table_says() {
    for (method, path, body, expected) in table() {
        let world = World::new().await;
        let everybody = [
            ("ada", &world.ada),
            ("bob", &world.bob),
            ("eve", &world.eve),
            ("stranger", &world.stranger),
            ("lia", &world.lia),
            ("root", &world.root),
            ("nobody", &world.nobody),
        ];
        for ((name, client), expected) in everybody.into_iter().zip(expected) {
            let path = if path.starts_with("/api") {
                path.to_owned()
            } else {
                world.ticket().await + path
            };
            let answer = send(client, &method, &path, body.as_ref()).await;
            assert_eq!(
                answer,
                StatusCode::from_u16(expected).expect("a status"),
                "{method} {path} as {name}"
            );
        }
    }
}

async fn send(client: &Client, method: &Method, path: &str, body: Option<&Value>) -> StatusCode {
    let call = client.call(method.clone(), path);
    let call = match body {
        Some(body) => call.json(body),
        None => call,
    };
    call.send().await.status
}

#[tokio::test]
async fn a_hidden_ticket_is_answered_like_a_missing_one() {
    let world = World::new().await;
    let path = world.ticket().await;
    let mut hidden = world.bob.get(&path).await.json();
    let mut missing = world.bob.get("/api/v1/tickets/4711").await.json();
    for answer in [&mut hidden, &mut missing] {
        answer["instance"] = json!("");
        answer["request_id"] = json!("");
    }
    assert_eq!(hidden, missing);
}

#[tokio::test]
async fn a_list_shows_each_what_is_theirs() {
    let world = World::new().await;
    world.ticket().await;
    let count = |client: &Client| {
        let client = client.clone();
        async move {
            let list = client.get("/api/v1/tickets").await.json();
            list["tickets"].as_array().map(Vec::len)
        }
    };
    assert_eq!(count(&world.ada).await, Some(1));
    assert_eq!(count(&world.bob).await, Some(0));
    assert_eq!(count(&world.eve).await, Some(1));
    assert_eq!(count(&world.stranger).await, Some(0));
}

#[tokio::test]
async fn who_is_signed_in_is_told() {
    let world = World::new().await;
    let me = world.eve.get("/api/v1/me").await.json();
    assert_eq!(me["id"], "3");
    assert_eq!(me["name"], "eve");
    assert_eq!(me["role"]["kind"], "agent");
}

#[tokio::test]
async fn a_bad_token_and_an_inactive_owner_are_nobody() {
    use ticket_core::port::{Directory, Roster};
    let world = World::new().await;
    for token in [
        "",
        "tkt_",
        "null",
        "tkt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let mut client = world.eve.clone();
        client.token = Some(token.to_owned());
        let answer = client.get("/api/v1/me").await;
        assert_eq!(answer.status, 401, "{token}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let found = world.people.people(&[3_u64.into()]).await.expect("people");
    let mut eve = found.into_iter().flatten().next().expect("eve");
    eve.active = false;
    world.people.save_person(&eve).await.expect("saved");
    assert_eq!(world.eve.get("/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn pages_follow_each_other_by_cursor() {
    let world = World::new().await;
    for _ in 0..5 {
        world.ticket().await;
    }
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = world
            .eve
            .get(&format!("/api/v1/tickets?limit=2&sort=number{next}"))
            .await;
        assert_eq!(page.status, 200, "{}", page.text);
        let page = page.json();
        let rows = page["tickets"].as_array().expect("rows").clone();
        seen.extend(
            rows.iter()
                .map(|row| row["number"].as_u64().expect("a number")),
        );
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_search_line_finds_and_says_where_it_is_wrong() {
    let world = World::new().await;
    world.ticket().await;
    let found = world
        .eve
        .get("/api/v1/tickets?q=status:new%20printer")
        .await;
    assert_eq!(
        found.json()["tickets"].as_array().map(Vec::len),
        Some(1),
        "{}",
        found.text
    );
    let none = world.eve.get("/api/v1/tickets?q=status:solved").await;
    assert_eq!(none.json()["tickets"].as_array().map(Vec::len), Some(0));
    let wrong = world.eve.get("/api/v1/tickets?q=status:nowhere").await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.json()["errors"][0]["parameter"], "q");
    let for_team = world.ada.get("/api/v1/tickets?q=assignee:me").await;
    assert_eq!(for_team.status, 400, "{}", for_team.text);
}
