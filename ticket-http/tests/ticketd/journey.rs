//! The whole path: a mail becomes a ticket, is answered, is answered again, and is solved.

use serde_json::{Value, json};
use ticket_core::mail::InboundMail;
use ticket_mail::sink::Sink;

use crate::server::{Place, eventually, mail};

fn read(raw: &[u8]) -> InboundMail {
    ticket_mail::read(raw).expect("a mail")
}

#[tokio::test]
async fn a_mail_becomes_a_ticket_is_answered_and_solved() {
    let sink = Sink::start().await.expect("a mail server");
    let place = Place::new()
        .with("TICKETD_SMTP_HOST", "127.0.0.1")
        .with("TICKETD_SMTP_PORT", &sink.address().port())
        .with("TICKETD_SMTP_SECURITY", "none");
    let server = place.start().await;
    let admin = server.admin();

    let first = mail(
        "Ada <ada@example.org>",
        "Printer jam",
        "first@example.org",
        "",
        "It is stuck.",
    );
    assert_eq!(place.mail_in(&first).await, Some(0));
    let ticket: Value = eventually("the ticket", || async {
        let answer = admin.get("/api/v1/tickets/1").await;
        (answer.status == 200).then(|| answer.json())
    })
    .await;
    assert_eq!(ticket["subject"], "Printer jam");
    assert_eq!(
        ticket["thread"]["entries"][0]["text"]
            .as_str()
            .map(str::trim),
        Some("It is stuck.")
    );

    let reply = json!({"text": "Pull the paper out."});
    let answer = admin.post("/api/v1/tickets/1/messages", reply).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let note = json!({"text": "canary-note"});
    assert_eq!(
        admin.post("/api/v1/tickets/1/notes", note).await.status,
        201
    );

    let letters = sink.wait_for(2).await;
    let letter = letters.iter().map(|letter| read(&letter.mail));
    let letter = letter
        .into_iter()
        .find(|letter| letter.text.contains("Pull the paper out."));
    let letter = letter.expect("the answer by mail");
    let named: Vec<String> = letter.references.iter().map(ToString::to_string).collect();
    assert!(
        named.iter().any(|id| id.contains("first@example.org")),
        "{named:?}"
    );

    let own = letter.message_id.expect("a Message-ID").to_string();
    let own = own.trim_matches(['<', '>']);
    let more = format!("In-Reply-To: <{own}>\r\nReferences: <first@example.org> <{own}>\r\n");
    let second = mail(
        "Ada <ada@example.org>",
        "Re: Printer jam",
        "second@example.org",
        &more,
        "Thank you!\r\n\r\nOn 3 March 2026 at 9:15, Support wrote:\r\n> Pull the paper out.\r\n",
    );
    assert_eq!(place.mail_in(&second).await, Some(0));
    eventually("the reply in the same ticket", || async {
        let ticket = admin.get("/api/v1/tickets/1").await.json();
        let entries = ticket["thread"]["entries"].as_array()?;
        let reply = entries.get(3)?;
        assert_eq!(reply["shown"], "Thank you!");
        let whole = reply["text"].as_str().unwrap_or_default();
        assert!(whole.contains("> Pull the paper out."), "{whole}");
        Some(())
    })
    .await;
    let all = admin.get("/api/v1/tickets").await.json();
    assert_eq!(all["tickets"].as_array().map(Vec::len), Some(1));

    let solved = admin
        .put("/api/v1/tickets/1/status", json!({"status": "solved"}))
        .await;
    assert_eq!(solved.status, 200, "{}", solved.text);
    for letter in sink.wait_for(3).await {
        assert!(!crate::server::text(&letter.mail).contains("canary-note"));
    }
    let report = place.print(&["verify"]).await;
    assert!(report.contains("1 tickets"), "{report}");
    assert!(!report.contains("wrong:"), "{report}");
    let ready = server.client.get("/readyz").await.json();
    assert_eq!(ready, json!({"ready": true, "degraded": []}));
}

#[tokio::test]
async fn without_a_mail_server_notices_wait_and_it_says_so() {
    let place = Place::new();
    let server = place.start().await;
    let admin = server.admin();
    let raw = mail("ada@example.org", "Jam", "1@example.org", "", "Stuck.");
    assert_eq!(place.mail_in(&raw).await, Some(0));
    let notices: Value = eventually("a notice", || async {
        let answer = admin.get("/api/v1/tickets/1/notices").await;
        (answer.status == 200).then(|| answer.json())
    })
    .await;
    assert_eq!(notices["notices"][0]["state"], "waiting");
    let ready = server.client.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(ready.text.contains("notices wait"), "{}", ready.text);
    assert_eq!(
        place.log().matches("notices wait").count(),
        1,
        "{}",
        place.log()
    );
}

#[tokio::test]
async fn the_same_mail_twice_is_one_ticket() {
    let place = Place::new();
    let server = place.start().await;
    let admin = server.admin();
    let raw = mail("ada@example.org", "Jam", "1@example.org", "", "Stuck.");
    let other = mail("bob@example.org", "Last", "2@example.org", "", "Stuck too.");
    for raw in [&raw, &raw, &other] {
        assert_eq!(place.mail_in(raw).await, Some(0));
    }
    eventually("the last mail", || async {
        let found = admin.get("/api/v1/tickets?q=last").await.json();
        (found["tickets"].as_array().map(Vec::len) == Some(1)).then_some(())
    })
    .await;
    let all = admin.get("/api/v1/tickets").await.json();
    assert_eq!(all["tickets"].as_array().map(Vec::len), Some(2));
}
