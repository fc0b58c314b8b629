//! When two deliveries are the same mail.

use super::{Change, address, from, mail_id, queue_key};
use crate::mail::{InboundMail, InboundPart, fingerprint};
use crate::value::{Mailbox, Timestamp};

fn mail() -> InboundMail {
    let part = InboundPart {
        name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        content_id: None,
        bytes: b"abc".to_vec(),
    };
    InboundMail {
        parts: vec![part],
        html: Some("<p>x</p>".to_owned()),
        ..from("ada")
    }
}

#[test]
fn what_hosts_add_on_the_way_does_not_count() {
    let mut again = mail()
        .header("Received", "from elsewhere")
        .header("X-Spam", "no");
    again.delivered_to = vec![address("support@desk.example")];
    again.return_path = Some(None);
    let queue = queue_key("support");
    assert_eq!(fingerprint(&mail(), &queue), fingerprint(&again, &queue));
    assert_ne!(
        fingerprint(&mail(), &queue),
        fingerprint(&mail(), &queue_key("billing"))
    );
}

#[test]
fn whatever_the_sender_wrote_counts_even_under_the_same_message_id() {
    let changes: [fn(&mut InboundMail); 10] = [
        |mail| mail.message_id = None,
        |mail| mail.message_id = Some(mail_id("x@y")),
        |mail| mail.from = Some(Mailbox::from(address("eve@evil.example"))),
        |mail| mail.date = Some(Timestamp::from_micros(1)),
        |mail| mail.subject.push('x'),
        |mail| mail.text.push('x'),
        |mail| mail.html = None,
        |mail| mail.html = Some(String::new()),
        |mail| mail.parts[0].bytes.push(b'x'),
        |mail| mail.parts.clear(),
    ];
    let queue = queue_key("support");
    let mut seen = vec![fingerprint(&mail(), &queue)];
    for change in changes {
        let mut other = mail();
        change(&mut other);
        let print = fingerprint(&other, &queue);
        assert!(!seen.contains(&print), "{}", seen.len());
        seen.push(print);
    }
}

#[test]
fn fields_do_not_run_into_each_other() {
    let mut shifted = mail();
    shifted.subject = format!("{}I", shifted.subject);
    shifted.text.remove(0);
    let queue = queue_key("support");
    assert_ne!(fingerprint(&mail(), &queue), fingerprint(&shifted, &queue));
}
