//! Messages of our own, one for each thing that makes mail hard.
#![expect(
    clippy::expect_used,
    reason = "a test may fail loudly and print what it found"
)]

use ticket_core::mail::{InboundMail, InboundPart, MailMessageId};
use ticket_core::value::EmailAddress;
use ticket_mail::Unreadable;

fn read(name: &str) -> InboundMail {
    let path = format!("{}/tests/messages/{name}.eml", env!("CARGO_MANIFEST_DIR"));
    let raw = std::fs::read(path).expect("a message");
    ticket_mail::read(&raw).expect("a mail")
}

fn names(mail: &InboundMail) -> Vec<&str> {
    mail.parts.iter().map(|part| part.name.as_str()).collect()
}

#[test]
fn charsets_of_the_world() {
    for (name, subject, text) in [
        ("iso-2022-jp", "故障", "プリンターが動きません。"),
        ("gb18030", "打印机", "打印机坏了，请帮忙。㐀"),
        ("windows-1252", "€ 20 – café", "The “bill” says € 20 – why?"),
        ("koi8-r", "Привет", "Принтер не печатает."),
        ("undeclared", "Größe", "Fünf Stück fehlen."),
    ] {
        let mail = read(name);
        assert_eq!(
            (mail.subject.as_str(), mail.text.trim_end()),
            (subject, text),
            "{name}"
        );
    }
    let name = read("undeclared").from.and_then(|from| from.name);
    assert_eq!(name.as_deref(), Some("Jörg"));
}

#[test]
fn unknown_charsets_utf_7_and_nul_are_read_somehow() {
    let with = |fields: &str, body: &[u8]| {
        let mut raw =
            format!("From: a@b.example\r\nContent-Type: text/plain{fields}\r\n\r\n").into_bytes();
        raw.extend_from_slice(body);
        ticket_mail::read(&raw).expect("a mail").text
    };
    assert_eq!(with("; charset=x-made-up", "grün".as_bytes()), "grün");
    assert_eq!(with("; charset=x-made-up", b"gr\xfcn"), "grün");
    assert_eq!(with("; charset=us-ascii", "grün".as_bytes()), "grün");
    assert_eq!(with("; charset=utf-7", b"gr+APw-n"), "grün");
    assert_eq!(with("; charset=utf-8", b"gr\xffn"), "gr\u{fffd}n");
    assert_eq!(with("", b"a\0b"), "a\0b");
    assert_eq!(
        with("; charset=utf-8", b"\xef\xbb\xbfone\r\ntwo\rthree"),
        "one\ntwo\nthree"
    );
}

#[test]
fn encoded_words_groups_and_folded_fields() {
    let mail = read("encoded-words");
    assert_eq!(mail.subject, "Störung in München");
    let cc: Vec<_> = mail
        .cc
        .iter()
        .map(|one| {
            (
                one.name.as_deref().unwrap_or_default(),
                one.address.as_written(),
            )
        })
        .collect();
    assert_eq!(
        cc,
        [
            ("Müller, Eva", "eva@example.org"),
            ("Plain, Paul", "paul@example.org"),
            ("", "zoe@example.org"),
            ("", "yan@example.org"),
        ]
    );
    let sly: Vec<_> = mail.header("x-sly").collect();
    assert_eq!(
        sly,
        ["a Bcc: evil@example.net"],
        "an encoded line break is a space"
    );
}

#[test]
fn file_names_in_every_spelling() {
    let mail = read("rfc2231-names");
    assert_eq!(
        names(&mail),
        ["Geräte und Preise.pdf", "Übersicht.zip", "../../etc/passwd"]
    );
    assert_eq!(mail.parts[0].bytes, b"%PDF-");
    assert_eq!(mail.text, "Three files.");
}

#[test]
fn an_inline_image_keeps_its_content_id() {
    let mail = read("inline-image");
    assert_eq!(mail.text, "See the picture.");
    assert!(mail.html.expect("HTML").contains("cid:pic1@example.org"));
    assert_eq!(
        mail.parts,
        [InboundPart {
            name: "jam.png".to_owned(),
            media_type: "image/png".to_owned(),
            content_id: Some("pic1@example.org".to_owned()),
            bytes: b"\x89PNG\r\n\x1a\n".to_vec(),
        }]
    );
}

#[test]
fn an_attached_message_is_one_file_with_its_bytes() {
    let mail = read("attached-message");
    assert_eq!(mail.text, "This came today.");
    assert_eq!(names(&mail), ["their answer.eml"]);
    assert_eq!(mail.parts[0].media_type, "message/rfc822");
    let inner = ticket_mail::read(&mail.parts[0].bytes).expect("a mail");
    assert_eq!(
        (inner.subject.as_str(), inner.text.as_str()),
        ("their answer", "No.")
    );
    assert!(
        mail.returned_ids.is_empty(),
        "a forwarded mail is no bounce"
    );
}

#[test]
fn a_delivery_report_names_each_recipient_and_the_mail() {
    let mail = read("delivery-failed");
    assert_eq!(mail.return_path, Some(None), "the null sender");
    assert_eq!(mail.delivered_to.len(), 1);
    let found: Vec<_> = mail
        .reports
        .iter()
        .map(|report| {
            (
                report.action.as_str(),
                report.recipient.as_ref().map(EmailAddress::as_written),
                report.status.as_deref(),
                report.diagnostic.as_deref(),
            )
        })
        .collect();
    let reason = Some("550 5.1.1 <ada@example.org>: user unknown");
    assert_eq!(
        found,
        [
            ("failed", Some("ada@example.org"), Some("5.1.1"), reason),
            ("delayed", Some("bob@example.org"), Some("4.2.2"), None),
        ]
    );
    let ids: Vec<_> = mail
        .returned_ids
        .iter()
        .map(MailMessageId::as_str)
        .collect();
    assert_eq!(ids, ["n.1.abc@help.example.com"]);
    assert!(mail.text.starts_with("Your mail could not be delivered"));
}

#[test]
fn a_bounce_without_a_report_still_names_the_mail() {
    let mail = read("bounce-as-text");
    let ids: Vec<_> = mail
        .returned_ids
        .iter()
        .map(MailMessageId::as_str)
        .collect();
    assert_eq!(ids, ["n.2.def@help.example.com"]);
    assert!(mail.reports.is_empty());
}

#[test]
fn broken_boundaries_lose_nothing() {
    let mail = read("broken-boundary");
    assert_eq!(mail.text, "The text.\n--boundless\nis still the text.");
    assert_eq!(names(&mail), ["numbers.csv"]);
    assert_eq!(
        mail.parts[0].bytes,
        b"1;2;3\r\n--bound and more\r\n4;5;6\r\n"
    );
}

#[test]
fn flowed_lines_become_paragraphs() {
    assert_eq!(
        read("flowed").text,
        "> How many pages?\n\nAbout two hundred, I think.\n-- \nAda\n"
    );
}

#[test]
fn html_becomes_a_text_with_its_quotes_marked() {
    let mail = read("html-only");
    let text = "\
It works now, thank you!

* tray one
* tray two

See the manual <https://example.org/manual>.

> On Sun, Mar 1, 2026 at 10:20 AM Help <help@example.com> wrote:
>
> > Please open the flap.
> >
> > > Printer jam!
";
    assert_eq!(mail.text, text);
    assert!(mail.html.is_some_and(|html| html.starts_with("<html>")));
}

#[test]
fn the_envelope_sender_may_stand_in_an_mbox_line() {
    let read = |line: &str| {
        let raw = format!("{line}\nFrom: ada@example.org\nSubject: x\n\nhello");
        ticket_mail::read(raw.as_bytes())
            .expect("a mail")
            .return_path
    };
    assert_eq!(
        read("From bob@example.org Mon May  2 16:07:05 2005"),
        Some("bob@example.org".parse().ok())
    );
    assert_eq!(
        read("From MAILER-DAEMON Mon May  2 16:07:05 2005"),
        Some(None)
    );
    assert_eq!(read("Return-Path: <>"), Some(None));
    assert_eq!(read("X-Nothing: here"), None);
}

#[test]
fn what_is_no_mail_is_refused() {
    let found = |raw: &[u8]| ticket_mail::read(raw).err();
    assert_eq!(found(b""), Some(Unreadable::Empty));
    assert_eq!(found(b"\r\n \0"), Some(Unreadable::Empty));
    assert_eq!(
        found(b"just some words\nand more\n"),
        Some(Unreadable::NoHeader)
    );
    let large = vec![b'x'; ticket_mail::limits::MAIL + 1];
    assert_eq!(found(&large), Some(Unreadable::TooLarge(large.len())));
}

#[test]
fn missing_headers_are_missing_and_nothing_else() {
    let mail = ticket_mail::read(b"X-Only: this\n\nhello\n").expect("a mail");
    assert_eq!((mail.from, mail.message_id, mail.date), (None, None, None));
    assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("", "hello\n"));
}

#[test]
fn a_report_that_somebody_passes_on_is_a_mail_of_their_own() {
    let passed_on = "From: Ada <ada@example.org>\r\n\
        Subject: I get this error\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\n\r\nWhat is this?\r\n\
        --x\r\nContent-Type: message/delivery-status\r\n\r\n\
        Reporting-MTA: dns; mail.example.org\r\n\r\n\
        Final-Recipient: rfc822; max@example.com\r\n\
        Action: failed\r\nStatus: 5.1.1\r\n\
        --x--\r\n";
    let mail = ticket_mail::read(passed_on.as_bytes()).expect("a mail");
    assert_eq!((mail.reports, mail.returned_ids), (Vec::new(), Vec::new()));
    let report = passed_on.replace("multipart/mixed", "multipart/report");
    let mail = ticket_mail::read(report.as_bytes()).expect("a mail");
    assert_eq!(mail.reports.len(), 1);
}
