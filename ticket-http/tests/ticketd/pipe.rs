//! `ticketd mail-in`: what a mail server is told by the exit code.

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use crate::server::{Place, exists, mail, text};

fn raw() -> String {
    mail("ada@example.org", "Jam", "1@example.org", "", "Stuck.")
}

#[tokio::test]
async fn without_a_database_it_is_to_be_tried_later() {
    let place = Place::new();
    assert_eq!(place.mail_in(&raw()).await, Some(75));
    assert!(!exists(&place.data()));
}

#[tokio::test]
async fn a_locked_database_is_to_be_tried_later() {
    let place = Place::new();
    place.print(&["migrate"]).await;
    let file = format!("sqlite://{}", place.data().join("ticketd.db").display());
    let mut lock = SqliteConnection::connect(&file)
        .await
        .expect("a connection");
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut lock)
        .await
        .expect("a lock");
    assert_eq!(place.mail_in(&raw()).await, Some(75));
    sqlx::query("ROLLBACK")
        .execute(&mut lock)
        .await
        .expect("no lock");
    assert_eq!(place.mail_in(&raw()).await, Some(0));
}

#[tokio::test]
async fn a_broken_database_is_to_be_tried_later() {
    let place = Place::new();
    place.print(&["migrate"]).await;
    let file = place.data().join("ticketd.db");
    std::fs::write(&file, vec![0xa5; 8192]).expect("written");
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.data().join(format!("ticketd.db{end}")));
    }
    assert_eq!(place.mail_in(&raw()).await, Some(75));
}

#[tokio::test]
async fn wrong_usage_and_no_mail_have_codes_of_their_own() {
    let place = Place::new();
    place.print(&["migrate"]).await;
    let code = |arguments: &'static [&'static str], input: &'static [u8]| {
        let place = &place;
        async move { place.run_with(arguments, input).await.status.code() }
    };
    assert_eq!(code(&["mail-in"], b"x").await, Some(64));
    assert_eq!(
        code(&["mail-in", "--queue", "No Key"], b"x").await,
        Some(64)
    );
    assert_eq!(
        code(&["mail-in", "--queue", "support", "--what"], b"x").await,
        Some(64)
    );
    assert_eq!(
        code(&["mail-in", "--queue", "support"], b"").await,
        Some(65)
    );
    assert_eq!(code(&["mail-in", "--help"], b"").await, Some(0));
    assert_eq!(code(&["tokn"], b"").await, Some(2));
}

#[tokio::test]
async fn a_mail_that_is_too_large_is_no_mail() {
    let place = Place::new();
    place.print(&["migrate"]).await;
    let large = vec![b'x'; 50 * 1024 * 1024 + 1];
    let output = place
        .run_with(&["mail-in", "--queue", "support"], &large)
        .await;
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("50 MiB"), "{output:?}");
}

#[tokio::test]
async fn a_mail_for_an_unknown_queue_is_kept_aside_and_run_again() {
    let place = Place::new();
    let server = place.start().await;
    let output = place
        .run_with(&["mail-in", "--queue", "sales"], raw().as_bytes())
        .await;
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains("no queue sales"),
        "{output:?}"
    );
    let list = crate::server::eventually("the list", || async {
        let list = place.print(&["mail", "list"]).await;
        list.contains("no_such_queue").then_some(list)
    })
    .await;
    let id = list.split_whitespace().next().expect("an id").to_owned();

    let mut settings: serde_json::Value =
        serde_json::from_str(&place.print(&["settings", "show"]).await).expect("JSON");
    let mut sales = settings["queues"][0].clone();
    sales["key"] = "sales".into();
    sales["address"] = "sales@localhost".into();
    settings["queues"]
        .as_array_mut()
        .expect("queues")
        .push(sales);
    let file = place.path("settings.json");
    std::fs::write(&file, settings.to_string()).expect("written");
    place
        .print(&["settings", "load", &file.to_string_lossy()])
        .await;

    place.print(&["mail", "run-again", &id]).await;
    let admin = server.admin();
    crate::server::eventually("the ticket", || async {
        let answer = admin.get("/api/v1/tickets/1").await;
        (answer.status == 200 && answer.json()["queue"] == "sales").then_some(())
    })
    .await;
    assert!(
        !place
            .run(&["mail", "run-again", &id])
            .await
            .status
            .success()
    );
}
