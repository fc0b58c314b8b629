//! The OpenAPI document: what it says of the routes is true, and it says all.

use std::collections::{BTreeMap, BTreeSet};

use hyper::Method;
use serde_json::Value;
use ticket_http::{BearerTokens, HostIdentity, Part, RouterBuilder};

use crate::client::Client;
use crate::world::{World, desk, serve};

const PATH: &str = "/api/v1/openapi.json";

/// One operation of the document.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) said: Value,
}

impl Operation {
    /// Its name in the document.
    pub(crate) fn id(&self) -> &str {
        self.said["operationId"].as_str().expect("an id")
    }

    /// Whether somebody has to sign in for it.
    pub(crate) fn is_open(&self) -> bool {
        self.said["security"] == serde_json::json!([{}])
    }
}

/// All operations of a document.
pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, said) in item.as_object().expect("operations") {
            all.push(Operation {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                said: said.clone(),
            });
        }
    }
    all
}

pub(crate) async fn document() -> Value {
    let world = World::new().await;
    world.nobody.get(PATH).await.json()
}

/// Every place in the document that refers to another.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if let ("$ref", Some(target)) = (name.as_str(), value.as_str()) {
                    found.insert(target.to_owned());
                }
                references(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn whatever_it_refers_to_is_there() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in &found {
        let pointer = reference.strip_prefix('#').expect("inside the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for (kind, components) in document["components"].as_object().expect("components") {
        for name in components.as_object().expect("names").keys() {
            let own = format!("#/components/{kind}/{name}");
            let used = kind == "securitySchemes" || found.contains(&own);
            assert!(used, "{own} is not used");
        }
    }
}

#[tokio::test]
async fn each_operation_is_described() {
    let document = document().await;
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        let (id, said) = (operation.id(), &operation.said);
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        assert!(
            said["summary"].as_str().is_some_and(|text| text.len() > 5),
            "{id}"
        );
        let own: Vec<&str> = said["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert!(own.len() == 1 && tags.contains(own[0]), "{id}: {own:?}");
        let responses = said["responses"].as_object().expect("responses");
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{id}"
        );
        assert!(responses.contains_key("500"), "{id} tells of no problem");
        assert_eq!(responses.contains_key("401"), !operation.is_open(), "{id}");
        let named: BTreeSet<&str> = said["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let in_path: BTreeSet<&str> = operation
            .path
            .split('/')
            .filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        assert_eq!(named, in_path, "{id}");
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_gets_what_it_says() {
    let world = World::new().await;
    for operation in operations(&document().await) {
        let path = operation
            .path
            .replace("{number}", "1")
            .replace("{code}", "stale")
            .replace("{file}", "licenses.txt");
        let call = world.nobody.call(operation.method.clone(), &path);
        let status = call.send().await.status;
        let expected = if operation.is_open() { 200 } else { 401 };
        assert_eq!(status, expected, "{}", operation.id());
    }
}

#[tokio::test]
async fn it_is_told_apart_by_its_tag() {
    let world = World::new().await;
    let first = world.nobody.get(PATH).await;
    assert_eq!(first.header("content-type"), "application/json");
    let again = world
        .nobody
        .call(Method::GET, PATH)
        .header("if-none-match", first.header("etag"))
        .send()
        .await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
}

#[tokio::test]
async fn it_says_how_to_sign_in_as_far_as_we_know() {
    let document = document().await;
    assert_eq!(document["security"], serde_json::json!([{"bearer": []}]));
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    let app = RouterBuilder::new(desk().0, HostIdentity).build();
    let client = Client {
        server: serve(app).await,
        token: None,
    };
    let document = client.get(PATH).await.json();
    assert!(document.get("security").is_none());
}

#[tokio::test]
async fn it_knows_where_it_is() {
    let app = RouterBuilder::new(desk().0, HostIdentity).build();
    let app = axum::Router::new().nest("/help/desk", app);
    let client = Client {
        server: serve(app).await,
        token: None,
    };
    let document = client.get("/help/desk/api/v1/openapi.json").await.json();
    assert_eq!(
        document["servers"],
        serde_json::json!([{"url": "/help/desk"}])
    );
}

#[tokio::test]
async fn a_part_that_is_left_out_is_in_neither() {
    let whole = RouterBuilder::new(desk().0, BearerTokens);
    let without = RouterBuilder::new(desk().0, BearerTokens).without(Part::Live);
    let tickets = RouterBuilder::new(desk().0, BearerTokens).only([Part::Tickets]);
    let mut answers = BTreeMap::new();
    for (name, builder) in [("whole", whole), ("without", without), ("tickets", tickets)] {
        let client = Client {
            server: serve(builder.build()).await,
            token: None,
        };
        let document = client.get(PATH).await;
        let paths = if document.status == 200 {
            document.json()["paths"].clone()
        } else {
            Value::Null
        };
        let events = client.get("/api/v1/events").await.status.as_u16();
        let tickets = client.get("/api/v1/tickets").await.status.as_u16();
        answers.insert(
            name,
            (paths.get("/api/v1/events").is_some(), events, tickets),
        );
    }
    assert_eq!(answers["whole"], (true, 401, 401));
    assert_eq!(answers["without"], (false, 404, 401));
    assert_eq!(answers["tickets"], (false, 404, 401));
}

#[tokio::test]
async fn the_page_that_shows_it_needs_no_network() {
    let world = World::new().await;
    let page = world.nobody.get("/api/v1/reference").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    assert!(!page.text.contains("http"), "{}", page.text);
    let script = page
        .text
        .split('"')
        .find(|part| part.ends_with(".js"))
        .expect("a script");
    let script = world.nobody.fetch(&format!("/api/v1/{script}")).await;
    assert_eq!(script.status, 200);
    assert_eq!(script.headers["content-encoding"], "gzip");
    assert_eq!(
        script.headers["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(&script.bytes[..2], [0x1f, 0x8b]);
    let licences = world.nobody.get("/api/v1/reference/licenses.txt").await;
    assert!(licences.text.contains("MIT License"), "{}", licences.text);
    assert_eq!(world.nobody.get("/api/v1/reference/none").await.status, 404);
}
