//! A desk in memory with people in it, served on a port of its own.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use serde_json::json;
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::memory::{MemoryDirectory, MemoryStore};
use ticket_core::person::{Person, Role};
use ticket_core::port::Roster;
use ticket_core::value::{PersonId, QueueKey};
use ticket_http::{BearerTokens, router};
use tokio::net::TcpListener;

use crate::client::Client;

/// Everybody, each with a client of their own.
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) people: MemoryDirectory,
    /// Asks.
    pub(crate) ada: Client,
    /// Asks too, and has nothing to do with Ada.
    pub(crate) bob: Client,
    /// Works on the queue `support`.
    pub(crate) eve: Client,
    /// Works on no queue that there is.
    pub(crate) stranger: Client,
    /// Reads and writes notes.
    pub(crate) lia: Client,
    /// May do everything.
    pub(crate) root: Client,
    /// Nobody.
    pub(crate) nobody: Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        let (desk, people) = desk();
        let server = serve(router(desk.clone(), BearerTokens)).await;
        let support: BTreeSet<QueueKey> = queues(&["support"]);
        let agent = |queues| Role::Agent {
            queues,
            own_tickets_only: false,
        };
        let light = Role::LightAgent {
            queues: support.clone(),
        };
        let add = |id: u64, name: &'static str, role: Role| {
            let (desk, people) = (desk.clone(), people.clone());
            async move { add(&desk, &people, server, id, name, role).await }
        };
        Self {
            ada: add(1, "ada", Role::Customer).await,
            bob: add(2, "bob", Role::Customer).await,
            eve: add(3, "eve", agent(support)).await,
            stranger: add(4, "stranger", agent(queues(&["sales"]))).await,
            lia: add(5, "lia", light).await,
            root: add(6, "root", Role::Admin).await,
            nobody: Client {
                server,
                token: None,
            },
            people,
            desk,
        }
    }

    /// A ticket of Ada's; its path.
    pub(crate) async fn ticket(&self) -> String {
        let body = json!({"queue": "support", "subject": "Printer jam", "text": "It is stuck."});
        let answer = self.ada.post("/api/v1/tickets", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.header("location").to_owned()
    }
}

/// A desk in memory, and its people.
pub(crate) fn desk() -> (Desk, MemoryDirectory) {
    let people = MemoryDirectory::new();
    let store = Arc::new(MemoryStore::new());
    let directory = Arc::new(people.clone());
    let desk = Desk::builder(store, directory, SigningKey::new([7; 32])).build();
    (desk, people)
}

/// Serves an app on a port of its own until the test ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Adds somebody to the directory, with a token.
pub(crate) async fn add(
    desk: &Desk,
    people: &MemoryDirectory,
    server: SocketAddr,
    id: u64,
    name: &str,
    role: Role,
) -> Client {
    let address = format!("{name}@example.org").parse().expect("an address");
    let person = Person::new(id.into(), name, address, role);
    people.save_person(&person).await.expect("saved");
    let token = desk.issue_token(&PersonId::from(id), "test", None).await;
    Client {
        server,
        token: Some(token.expect("a token").reveal()),
    }
}

pub(crate) fn queues(keys: &[&str]) -> BTreeSet<QueueKey> {
    keys.iter().map(|key| key.parse().expect("a key")).collect()
}
