//! What a letter looks like as a mail.

use std::sync::Arc;

use ticket_core::notice::NoticeKind;
use ticket_core::port::{Notifier as _, NotifyError};
use ticket_mail::SmtpNotifier;
use ticket_mail::sink::Sink;

use super::support::{Blobs, field_names, id, letter, notifier, parsed, settings};

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    let sink = Sink::start().await.expect("a sink");
    let letter = letter();
    notifier(settings(&sink))
        .deliver(&letter)
        .await
        .expect("delivered");
    let received = sink.received();
    assert_eq!(received[0].hello, "desk.example.com");
    assert_eq!(received[0].from, "help@example.com");
    assert_eq!(received[0].to, ["ada@example.org"]);
    let mail = parsed(&received[0]);
    assert_eq!(mail.from.as_ref(), Some(&letter.from));
    assert_eq!(mail.reply_to, std::slice::from_ref(&letter.reply_to));
    assert_eq!(mail.to, std::slice::from_ref(&letter.to));
    assert_eq!(mail.subject, letter.subject);
    assert_eq!(mail.message_id.as_ref(), Some(&letter.message_id));
    assert_eq!(mail.in_reply_to, [id("first@example.org")]);
    assert_eq!(mail.references, letter.references);
    assert_eq!(mail.date, Some(letter.date));
    assert_eq!(mail.text.trim_end(), letter.text.trim_end());
    assert_eq!(
        mail.html.as_deref().map(str::trim_end),
        Some(letter.html.as_str())
    );
    assert_eq!(
        mail.header("X-Ticket-Loop").collect::<Vec<_>>(),
        ["marker-of-this-desk"]
    );
    assert_eq!(mail.header("Auto-Submitted").count(), 0);
}

#[tokio::test]
async fn the_same_letter_is_the_same_bytes() {
    let sink = Sink::start().await.expect("a sink");
    let blobs = Arc::new(Blobs::default());
    let mut letter = letter();
    letter.attachments = vec![blobs.put("a.txt", "text/plain", b"one\ntwo\n")];
    let one = SmtpNotifier::new(settings(&sink), blobs.clone()).expect("good settings");
    let other = SmtpNotifier::new(settings(&sink), blobs).expect("good settings");
    one.deliver(&letter).await.expect("delivered");
    other.deliver(&letter).await.expect("delivered");
    let received = sink.received();
    assert_eq!(received[0].mail, received[1].mail);
    assert_eq!(received[0].mail, one.render(&letter).await.expect("a mail"));
}

/// The form of a mail, in full: whatever changes here changes for every recipient.
#[tokio::test]
async fn the_form_of_a_mail() {
    let sink = Sink::start().await.expect("a sink");
    let mut letter = letter();
    letter.automatic = true;
    letter.kind = NoticeKind::Received;
    let mail = notifier(settings(&sink))
        .render(&letter)
        .await
        .expect("a mail");
    let found = String::from_utf8(mail)
        .expect("ASCII")
        .replace("\r\n", "\n");
    assert_eq!(found, include_str!("received.eml"));
}

#[tokio::test]
async fn automatic_mail_says_so_and_can_not_be_answered_by_machines() {
    let sink = Sink::start().await.expect("a sink");
    let notifier = notifier(settings(&sink));
    let mut letter = letter();
    letter.automatic = true;
    notifier.deliver(&letter).await.expect("delivered");
    letter.kind = NoticeKind::Received;
    notifier.deliver(&letter).await.expect("delivered");
    letter.in_reply_to = None;
    notifier.deliver(&letter).await.expect("delivered");
    let words: Vec<_> = sink
        .received()
        .iter()
        .map(|received| {
            assert_eq!(received.from, "", "the null sender");
            let mail = parsed(received);
            assert_eq!(
                mail.header("X-Auto-Response-Suppress").collect::<Vec<_>>(),
                ["All"]
            );
            assert_eq!(mail.header("Precedence").count(), 0);
            mail.header("Auto-Submitted")
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        words,
        [["auto-generated"], ["auto-replied"], ["auto-generated"]]
    );
}

#[tokio::test]
async fn references_keep_the_beginning_and_the_end_of_a_thread() {
    let sink = Sink::start().await.expect("a sink");
    let mut letter = letter();
    letter.references = (0..300)
        .map(|n| id(&format!("{n}.{}@example.org", "x".repeat(60))))
        .collect();
    notifier(settings(&sink))
        .deliver(&letter)
        .await
        .expect("delivered");
    let mail = parsed(&sink.received()[0]);
    let mut kept = letter.references[..4].to_vec();
    kept.extend_from_slice(&letter.references[284..]);
    assert_eq!(mail.references, kept);
    let raw = sink.received()[0].mail.clone();
    assert!(
        raw.split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 998)
    );
}

#[tokio::test]
async fn files_arrive_whole_and_under_their_names() {
    let sink = Sink::start().await.expect("a sink");
    let blobs = Arc::new(Blobs::default());
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let mut letter = letter();
    letter.attachments = vec![
        blobs.put("Größe 价格.bin", "application/x-thing", &bytes),
        blobs.put("bare.txt", "text/plain", b".\n..\n\r.\rend"),
        blobs.put("forward.eml", "message/rfc822", b"Subject: inner\n\nhello"),
    ];
    let notifier = SmtpNotifier::new(settings(&sink), blobs).expect("good settings");
    notifier.deliver(&letter).await.expect("delivered");
    let mail = parsed(&sink.received()[0]);
    let found: Vec<_> = mail
        .parts
        .iter()
        .map(|part| {
            (
                part.name.as_str(),
                part.media_type.as_str(),
                part.bytes.len(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("Größe 价格.bin", "application/x-thing", 3_000_000),
            ("bare.txt", "text/plain", 11),
            ("forward.eml", "application/octet-stream", 21),
        ]
    );
    assert_eq!(mail.parts[0].bytes, bytes);
    assert_eq!(mail.parts[1].bytes, b".\n..\n\r.\rend");
    assert_eq!(mail.text.trim_end(), letter.text.trim_end());
}

#[tokio::test]
async fn files_that_are_too_large_are_named_instead() {
    let sink = Sink::start().await.expect("a sink");
    let blobs = Arc::new(Blobs::default());
    let mut letter = letter();
    letter.attachments = vec![
        blobs.put("large.iso", "application/octet-stream", &[0; 600]),
        blobs.put("small.txt", "text/plain", b"small"),
        blobs.put("other.iso", "application/octet-stream", &[1; 600]),
    ];
    let mut settings = settings(&sink);
    settings.files_max = 1_000;
    let notifier = SmtpNotifier::new(settings, blobs).expect("good settings");
    notifier.deliver(&letter).await.expect("delivered");
    let mail = parsed(&sink.received()[0]);
    let names: Vec<_> = mail.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["large.iso", "small.txt", "files-left-out.txt"]);
    let list = String::from_utf8_lossy(&mail.parts[2].bytes).into_owned();
    assert!(list.contains("other.iso (600 bytes)"), "{list}");
}

#[tokio::test]
async fn a_file_that_is_missing_waits_for_its_return() {
    let sink = Sink::start().await.expect("a sink");
    let mut letter = letter();
    letter.attachments = vec![Blobs::default().put("gone.txt", "text/plain", b"gone")];
    let found = notifier(settings(&sink)).deliver(&letter).await;
    assert!(matches!(found, Err(NotifyError::Later(_))), "{found:?}");
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn international_names_addresses_and_texts() {
    let sink = Sink::start().await.expect("a sink");
    let mut letter = letter();
    letter.to = super::support::mailbox("Jöran Müller, \"Chef\"", "jöran@bücher.example");
    letter.subject = "Störung – 故障 🖨".to_owned();
    letter.text = format!("Grüße\n{}\n", "長い行 ".repeat(600));
    notifier(settings(&sink))
        .deliver(&letter)
        .await
        .expect("delivered");
    let received = &sink.received()[0];
    assert_eq!(received.to, ["jöran@xn--bcher-kva.example"]);
    let mail = parsed(received);
    assert_eq!((&mail.to[0], &mail.subject), (&letter.to, &letter.subject));
    assert_eq!(mail.to[0].name, letter.to.name);
    assert_eq!(mail.text.trim_end(), letter.text.trim_end());
    assert!(field_names(&received.mail).contains(&"To".to_owned()));
}
