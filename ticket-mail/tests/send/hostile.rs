//! Nothing in a letter can add a header field, a recipient or a second mail.

use std::sync::Arc;

use ticket_core::port::Notifier as _;
use ticket_core::value::Mailbox;
use ticket_mail::SmtpNotifier;
use ticket_mail::sink::Sink;

use super::support::{Blobs, field_names, letter, notifier, parsed, settings};

const BREAKS: [&str; 9] = [
    "a\r\nBcc: evil@example.net",
    "a\nBcc: evil@example.net",
    "a\rBcc: evil@example.net",
    "a\0Bcc: evil@example.net",
    "a\u{85}Bcc: evil@example.net",
    "a\u{2028}Bcc: evil@example.net",
    "=?utf-8?Q?a=0D=0ABcc:_evil@example.net?=",
    "\r\n\r\n<html>body",
    "\"; Bcc: evil@example.net, <evil@example.net>",
];

#[tokio::test]
async fn no_field_adds_a_header_field_or_a_recipient() {
    let sink = Sink::start().await.expect("a sink");
    let blobs = Arc::new(Blobs::default());
    let notifier = SmtpNotifier::new(settings(&sink), blobs.clone()).expect("good settings");
    let mut plain = letter();
    plain.attachments = vec![blobs.put("a.txt", "text/plain", b"a")];
    notifier.deliver(&plain).await.expect("delivered");
    let wanted = field_names(&sink.received()[0].mail);
    for text in BREAKS {
        let mut letter = plain.clone();
        letter.subject = text.to_owned();
        letter.loop_marker = text.to_owned();
        // Not through `Mailbox::new`, which would clean the name.
        let named = |of: &Mailbox| Mailbox {
            name: Some(text.into()),
            address: of.address.clone(),
        };
        letter.from = named(&plain.from);
        letter.to = named(&plain.to);
        letter.reply_to = named(&plain.reply_to);
        letter.attachments = vec![blobs.put(text, text, b"a")];
        notifier.deliver(&letter).await.expect("delivered");
        let received = sink.received().pop().expect("a mail");
        assert_eq!(field_names(&received.mail), wanted, "{text:?}");
        assert_eq!(received.to, ["ada@example.org"], "{text:?}");
        let mail = parsed(&received);
        assert_eq!((mail.to.len(), mail.cc.len()), (1, 0), "{text:?}");
        assert_eq!(mail.to[0].address, plain.to.address, "{text:?}");
        assert_eq!(mail.parts.len(), 1, "{text:?}");
        assert!(!mail.parts[0].name.contains(char::is_control), "{text:?}");
    }
}

#[tokio::test]
async fn dots_and_bare_line_breaks_end_no_mail() {
    let sink = Sink::start().await.expect("a sink");
    let notifier = notifier(settings(&sink));
    let bodies = [
        ".",
        "..",
        "a\n.\nb",
        "a\r.\rb",
        "a\n.\r\nb",
        "a\r\n.\r\nMAIL FROM:<evil@example.net>\r\n",
        ".a\n..b\n...c",
        "no line break",
        "",
        "ends with breaks\n\n\n",
        "long \u{e4} line\n.\n",
    ];
    for body in bodies {
        let mut letter = letter();
        letter.text = body.to_owned();
        letter.html = body.to_owned();
        let before = sink.received().len();
        notifier.deliver(&letter).await.expect("delivered");
        assert_eq!(sink.received().len(), before + 1, "{body:?} is one mail");
        let mail = parsed(&sink.received()[before]);
        let wanted = body.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(mail.text, wanted, "{body:?}");
    }
}

#[tokio::test]
async fn a_boundary_in_the_text_splits_nothing() {
    let sink = Sink::start().await.expect("a sink");
    let notifier = notifier(settings(&sink));
    let mut letter = letter();
    let mail = notifier.render(&letter).await.expect("a mail");
    let mail = String::from_utf8(mail).expect("ASCII");
    let line = mail
        .lines()
        .find(|line| line.starts_with("--"))
        .expect("a delimiter");
    letter.text = format!("before\n{line}\nContent-Type: text/html\n\n{line}--\nafter");
    notifier.deliver(&letter).await.expect("delivered");
    assert_eq!(parsed(&sink.received()[0]).text, letter.text);
}

#[tokio::test]
async fn a_text_of_many_lines_is_written_in_no_time() {
    let sink = Sink::start().await.expect("a sink");
    let mut letter = letter();
    letter.text = "line\n".repeat(400_000);
    let begun = std::time::Instant::now();
    notifier(settings(&sink))
        .render(&letter)
        .await
        .expect("a mail");
    assert!(begun.elapsed().as_secs() < 5, "took {:?}", begun.elapsed());
}
