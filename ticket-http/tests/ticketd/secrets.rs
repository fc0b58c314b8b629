//! No secret, address or body gets into the log, not even when everything is logged.

use serde_json::json;
use ticket_mail::sink::Sink;

use crate::server::{Place, eventually, mail};

#[tokio::test]
async fn the_log_holds_no_secret_no_address_and_no_body() {
    let sink = Sink::start().await.expect("a mail server");
    let place = Place::new()
        .with("RUST_LOG", "trace")
        .with("TICKETD_SECRET_KEY", "canary-key-8Zr0vT1mXc9Lp2Sq")
        .with("TICKETD_SMTP_HOST", "127.0.0.1")
        .with("TICKETD_SMTP_PORT", &sink.address().port())
        .with("TICKETD_SMTP_SECURITY", "none");
    let server = place.start().await;
    let admin = server.admin();
    let raw = mail(
        "Canary <canary-address@example.org>",
        "canary-subject",
        "canary-id@example.org",
        "",
        "canary-body",
    );
    assert_eq!(place.mail_in(&raw).await, Some(0));
    eventually("the ticket", || async {
        (admin.get("/api/v1/tickets/1").await.status == 200).then_some(())
    })
    .await;
    let reply = json!({"text": "canary-reply"});
    assert_eq!(
        admin.post("/api/v1/tickets/1/messages", reply).await.status,
        201
    );
    let wrong = json!({"text": "x", "canary-field": 1});
    assert_eq!(
        admin.post("/api/v1/tickets/1/messages", wrong).await.status,
        422
    );
    admin.get("/api/v1/tickets?q=canary-search").await;
    sink.wait_for(2).await;
    server.signal("TERM").await;
    let token = server.token();
    server.ended().await;
    let log = place.log();
    assert!(
        log.contains("/api/v1/tickets/{number}/messages"),
        "requests are logged"
    );
    assert!(!log.contains(&token), "a token");
    let found = log.lines().find(|line| line.contains("canary"));
    assert_eq!(found, None);
}
