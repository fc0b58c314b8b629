//! A mail server that is gone, silent, slow or forgetful: nobody waits for it, and no letter is lost.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::{Mode, Proxy};
use ticket_mail::sink::{Received, Sink};

use crate::client::Client;
use crate::server::{Place, Server, eventually, mail};

/// The longest that a call may take while the mail server is broken. Its own time-outs begin at 30 seconds.
const AT_ONCE: Duration = Duration::from_secs(10);

struct World {
    sink: Sink,
    proxy: Proxy,
    place: Place,
    server: Server,
}

impl World {
    async fn start() -> Self {
        let sink = Sink::start().await.expect("a mail server");
        let proxy = Proxy::start(sink.address());
        let place = Place::new()
            .with("TICKETD_SMTP_HOST", "127.0.0.1")
            .with("TICKETD_SMTP_PORT", &proxy.address().port())
            .with("TICKETD_SMTP_SECURITY", "none");
        let server = place.start().await;
        Self {
            sink,
            proxy,
            place,
            server,
        }
    }

    /// A mail becomes a ticket, which is answered: that makes two letters. All of it at once.
    async fn ticket(&self, admin: &Client, number: u64) {
        let begun = Instant::now();
        let from = format!("ada{number}@example.org");
        let id = format!("{number}@example.org");
        let raw = mail(&from, "Printer jam", &id, "", "It is stuck.");
        assert_eq!(self.place.mail_in(&raw).await, Some(0));
        let path = format!("/api/v1/tickets/{number}");
        eventually("the mail as a ticket", || async {
            (admin.get(&path).await.status == 200).then_some(())
        })
        .await;
        let reply = json!({"text": "Pull the paper out."});
        let replied = admin.post(&format!("{path}/messages"), reply).await;
        assert_eq!(replied.status, 201, "{}", replied.text);
        assert_eq!(self.server.client.get("/readyz").await.status, 200);
        let took = begun.elapsed();
        assert!(took < AT_ONCE, "a mail and its answer took {took:?}");
    }

    /// Waits until all notices of tickets are sent.
    async fn all_sent(&self, admin: &Client, tickets: u64) {
        for number in 1..=tickets {
            let path = format!("/api/v1/tickets/{number}/notices");
            eventually("all letters to be sent", || async {
                let notices = admin.get(&path).await.json();
                let notices = notices["notices"].as_array().expect("notices").clone();
                let is_sent = |notice: &Value| notice["state"] == "sent";
                (notices.len() == 2 && notices.iter().all(is_sent)).then_some(())
            })
            .await;
        }
    }
}

/// The mails that arrived, by their Message-ID.
fn by_id(received: &[Received]) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut mails: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for received in received {
        let read = ticket_mail::read(&received.mail).expect("a mail");
        let id = read.message_id.expect("a Message-ID").to_string();
        mails.entry(id).or_default().push(received.mail.clone());
    }
    mails
}

/// While the mail server is broken, mail comes in and is answered as ever; afterwards each letter goes out once.
async fn is_waited_for_by_nobody(mode: Mode) {
    let world = World::start().await;
    let admin = world.server.admin();
    world.proxy.set(mode);
    for number in 1..=2 {
        world.ticket(&admin, number).await;
    }
    assert!(world.sink.received().is_empty(), "no letter came through");
    world.proxy.set(Mode::Pass);
    world.all_sent(&admin, 2).await;
    let mails = by_id(&world.sink.received());
    assert_eq!(mails.len(), 4);
    assert!(mails.values().all(|copies| copies.len() == 1), "once each");
    let report = world.place.print(&["verify"]).await;
    assert!(!report.contains("wrong:"), "{report}");
}

#[tokio::test]
async fn a_mail_server_that_refuses_is_waited_for_by_nobody() {
    is_waited_for_by_nobody(Mode::Refuse).await;
}

#[tokio::test]
async fn a_mail_server_in_a_black_hole_is_waited_for_by_nobody() {
    is_waited_for_by_nobody(Mode::BlackHole).await;
}

#[tokio::test]
async fn a_mail_server_that_says_one_byte_a_second_is_waited_for_by_nobody() {
    is_waited_for_by_nobody(Mode::OneByteEvery(Duration::from_secs(1))).await;
}

/// Nobody can know whether a letter arrived whose acknowledgement got lost, so it is sent again, as the same.
#[tokio::test]
async fn a_letter_whose_acknowledgement_got_lost_is_the_same_again() {
    let world = World::start().await;
    let admin = world.server.admin();
    world.proxy.set(Mode::LoseAnswer(b"\r\n.\r\n".to_vec()));
    world.ticket(&admin, 1).await;
    world.all_sent(&admin, 1).await;
    assert_eq!(world.proxy.cuts(), 1);
    let mails = by_id(&world.sink.received());
    let copies: Vec<usize> = mails.values().map(Vec::len).collect();
    assert_eq!(
        (copies.len(), copies.iter().sum()),
        (2, 3),
        "one of two letters came twice"
    );
    for copies in mails.values() {
        assert!(
            copies.iter().all(|copy| *copy == copies[0]),
            "byte for byte"
        );
    }
}

/// A connection that breaks within a letter leaves no half of it, and the whole comes later.
#[tokio::test]
async fn a_letter_that_was_cut_off_comes_whole_later() {
    let world = World::start().await;
    let admin = world.server.admin();
    world
        .proxy
        .set(Mode::CutAfterBytes(test_kit::Side::Client, 600));
    world.ticket(&admin, 1).await;
    eventually("a cut", || async { (world.proxy.cuts() > 0).then_some(()) }).await;
    assert!(world.sink.received().is_empty(), "no half of a letter");
    world.proxy.set(Mode::Pass);
    world.all_sent(&admin, 1).await;
    let mails = by_id(&world.sink.received());
    assert_eq!(mails.len(), 2);
    assert!(mails.values().all(|copies| copies.len() == 1), "once each");
}
