//! Live streams: who hears what, from where on, and how they end.

use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use ticket_core::person::{Person, Role};
use ticket_core::port::Roster as _;
use ticket_core::ticket::Digest;

use crate::client::Client;
use crate::stream::Stream;
use crate::world::{World, queues};

/// How long nothing must come before a test believes that nothing does.
const QUIET: Duration = Duration::from_millis(400);

async fn listen(client: &Client, path: &str) -> Stream {
    let mut stream = Stream::open(client, path, "").await.expect("a stream");
    assert_eq!(stream.next().await.kind, "ready");
    stream
}

async fn go_on(client: &Client, path: &str, after: &str) -> Stream {
    Stream::open(client, path, after).await.expect("a stream")
}

async fn write(client: &Client, path: &str, what: &str) {
    let answer = client
        .post(&format!("{path}/{what}"), json!({"text": "Hello."}))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

async fn save(world: &World, id: u64, name: &str, role: Role) {
    let address = format!("{name}@example.org").parse().expect("an address");
    let person = Person::new(id.into(), name, address, role);
    world.people.save_person(&person).await.expect("saved");
}

fn agent(queue: &str) -> Role {
    Role::Agent {
        queues: queues(&[queue]),
        own_tickets_only: false,
    }
}

#[tokio::test]
async fn lists_are_told_what_each_may_know() {
    let world = World::new().await;
    let list = "/api/v1/events";
    let (mut eve, mut ada) = (
        listen(&world.eve, list).await,
        listen(&world.ada, list).await,
    );
    let (mut bob, mut stranger) = (
        listen(&world.bob, list).await,
        listen(&world.stranger, list).await,
    );
    let ticket = world.ticket().await;
    assert_eq!(
        eve.next().await.told("ticket"),
        json!({"number": 1, "version": 1})
    );
    assert_eq!(ada.next().await.told("ticket"), json!({"number": 1}));
    write(&world.eve, &ticket, "notes").await;
    assert_eq!(
        eve.next().await.told("ticket"),
        json!({"number": 1, "version": 2})
    );
    ada.is_quiet(QUIET).await;
    write(&world.eve, &ticket, "messages").await;
    assert_eq!(
        eve.next().await.told("ticket"),
        json!({"number": 1, "version": 3})
    );
    assert_eq!(ada.next().await.told("ticket"), json!({"number": 1}));
    bob.is_quiet(QUIET).await;
    stranger.is_quiet(QUIET).await;
}

#[tokio::test]
async fn a_list_that_comes_back_is_told_to_read_again() {
    let world = World::new().await;
    let mut again = go_on(&world.eve, "/api/v1/events", "17").await;
    assert_eq!(again.next().await.kind, "ready");
    assert_eq!(again.next().await.kind, "reset");
    let ticket = world.ticket().await;
    assert_eq!(again.next().await.id, "1");
    drop(ticket);
}

#[tokio::test]
async fn a_ticket_is_replayed_and_then_live() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    let events = format!("{ticket}/events");
    write(&world.eve, &ticket, "notes").await;
    write(&world.eve, &ticket, "messages").await;
    let mut stream = go_on(&world.eve, &events, "v1").await;
    assert_eq!(
        (stream.next().await.kind, stream.last_id()),
        ("ready".into(), "v1")
    );
    let noted = stream.next().await;
    assert_eq!((noted.kind.as_str(), noted.id.as_str()), ("changed", "v2"));
    let noted = noted.told("changed");
    assert_eq!(
        (&noted["number"], &noted["version"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(noted["events"][0]["event"], "noted");
    assert_eq!(stream.next().await.id, "v3");
    write(&world.ada, &ticket, "messages").await;
    let live = stream.next().await;
    assert_eq!(live.id, "v4");
    assert_eq!(live.told("changed")["events"][0]["event"], "replied");
    stream.is_quiet(QUIET).await;
}

#[tokio::test]
async fn customers_are_told_of_public_changes_only() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    let events = format!("{ticket}/events");
    write(&world.eve, &ticket, "notes").await;
    write(&world.eve, &ticket, "messages").await;
    write(&world.eve, &ticket, "notes").await;
    let mut stream = go_on(&world.ada, &events, "p1").await;
    assert_eq!(
        (stream.next().await.kind, stream.last_id()),
        ("ready".into(), "p1")
    );
    let replied = stream.next().await;
    assert_eq!(replied.id, "p2");
    let replied = replied.told("changed");
    let keys: Vec<&String> = replied.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["at", "changes", "number"]);
    assert_eq!(replied["changes"][0]["change"], "replied");
    write(&world.eve, &ticket, "notes").await;
    stream.is_quiet(QUIET).await;
    write(&world.ada, &ticket, "messages").await;
    assert_eq!(stream.next().await.id, "p3");
}

#[tokio::test]
async fn a_position_of_the_other_side_or_of_the_future_begins_anew() {
    let world = World::new().await;
    let events = format!("{}/events", world.ticket().await);
    for (client, after, now) in [
        (&world.eve, "v7", "v1"),
        (&world.eve, "p1", "v1"),
        (&world.ada, "v1", "p1"),
    ] {
        let mut stream = go_on(client, &events, after).await;
        assert_eq!(
            (stream.next().await.kind, stream.last_id()),
            ("ready".into(), now)
        );
        assert_eq!(stream.next().await.kind, "reset");
    }
    for bad in ["x", "v", "7", "v-1"] {
        let call = world.eve.call(Method::GET, &events);
        let answer = call.header("last-event-id", bad).send().await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(answer.json()["errors"][0]["header"], "Last-Event-ID");
    }
}

/// S-27 on streams: within a second.
async fn ends_soon(mut stream: Stream) {
    let begun = Instant::now();
    assert!(stream.end().await, "it ends and says nothing");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_loses_the_right() {
    let world = World::new().await;
    let events = format!("{}/events", world.ticket().await);
    let stream = listen(&world.eve, &events).await;
    save(&world, 3, "eve", agent("sales")).await;
    ends_soon(stream).await;
    assert_eq!(world.eve.get(&events).await.status, 404);
}

#[tokio::test]
async fn a_stream_ends_when_its_token_is_revoked_or_its_owner_may_not_act() {
    let world = World::new().await;
    let stream = listen(&world.eve, "/api/v1/events").await;
    let token = world.eve.token.clone().expect("a token");
    let secret = data_of(&token);
    assert!(
        world
            .desk
            .store()
            .revoke(&Digest::of(&secret))
            .await
            .expect("revoked")
    );
    ends_soon(stream).await;
    let stream = listen(&world.ada, "/api/v1/events").await;
    let mut ada = Person::customer(1_u64.into(), "ada", "ada@example.org".parse().expect("one"));
    ada.active = false;
    world.people.save_person(&ada).await.expect("saved");
    ends_soon(stream).await;
}

/// The 32 bytes of a token.
fn data_of(token: &str) -> Vec<u8> {
    let letters = token.trim_start_matches("tkt_").to_ascii_uppercase();
    let mut bits = 0_u32;
    let mut held = 0_u64;
    let mut bytes = Vec::new();
    for letter in letters.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        };
        held = held << 5 | u64::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).expect("a byte"));
        }
    }
    bytes
}

#[tokio::test]
async fn nothing_is_told_once_the_ticket_is_out_of_sight() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    let (list, one) = (
        listen(&world.eve, "/api/v1/events").await,
        listen(&world.eve, &format!("{ticket}/events")).await,
    );
    save(&world, 3, "eve", agent("sales")).await;
    write(&world.root, &ticket, "notes").await;
    ends_soon(one).await;
    let mut list = list;
    list.is_quiet(QUIET).await;
}

#[tokio::test]
async fn nobody_may_open_streams_without_end() {
    let world = World::new().await;
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(listen(&world.eve, "/api/v1/events").await);
    }
    let refused = world.eve.get("/api/v1/events").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, "too_often".to_owned())
    );
    assert!(!refused.header("retry-after").is_empty());
    drop(listen(&world.ada, "/api/v1/events").await);
    open.pop();
    // A place is free as soon as the server sees that the connection is gone.
    let begun = Instant::now();
    while Stream::open(&world.eve, "/api/v1/events", "")
        .await
        .is_none()
    {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the place stays taken"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn streams_say_what_they_are() {
    let world = World::new().await;
    let answer = world.eve.call(Method::HEAD, "/api/v1/events").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-accel-buffering"), "no");
    let mut stream = Stream::open(&world.eve, "/api/v1/events", "")
        .await
        .expect("a stream");
    let ready = stream.next().await;
    assert!((1_000..3_000).contains(&ready.retry.expect("a wait")));
    assert_eq!(ready.data, Value::Object(serde_json::Map::new()));
}
