//! Mails made to hurt: each is read within seconds, without a panic, a deep stack or much memory.
#![expect(
    clippy::expect_used,
    reason = "a test may fail loudly and print what it found"
)]

use std::time::{Duration, Instant};

use ticket_core::mail::InboundMail;
use ticket_mail::limits;

/// Reads on a thread with the stack that tokio gives its workers.
fn read_fast(raw: Vec<u8>) -> InboundMail {
    let begun = Instant::now();
    let mail = std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(move || ticket_mail::read(&raw))
        .expect("a thread")
        .join()
        .expect("no panic")
        .expect("a mail");
    let spent = begun.elapsed();
    assert!(spent < Duration::from_secs(5), "took {spent:?}");
    mail
}

const HEAD: &str = "From: ada@example.org\r\nTo: help@example.com\r\nSubject: hello\r\n";

fn with_body(fields: &str, body: &str) -> Vec<u8> {
    format!("{HEAD}{fields}\r\n{body}").into_bytes()
}

fn noted(mail: &InboundMail, what: &str) {
    let noted = mail.left_out.iter().any(|text| text.contains(what));
    assert!(noted, "{:?} says nothing of {what}", mail.left_out);
}

#[test]
fn two_thousand_nested_multiparts() {
    let mut raw = HEAD.to_owned();
    for depth in 0..2_000 {
        raw +=
            &format!("Content-Type: multipart/mixed; boundary=\"b{depth}\"\r\n\r\n--b{depth}\r\n");
    }
    raw += "Content-Type: text/plain\r\n\r\nat the bottom\r\n";
    let mail = read_fast(raw.into_bytes());
    noted(&mail, "multiparts deeper");
    let kept = mail
        .parts
        .iter()
        .any(|part| part.bytes.ends_with(b"at the bottom\r\n"));
    assert!(kept, "what is too deep is a file");
}

#[test]
fn a_hundred_thousand_parts() {
    let part = "--b\r\nContent-Type: text/plain; name=a\r\n\r\nx\r\n";
    let mail = read_fast(with_body(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        &part.repeat(100_000),
    ));
    noted(&mail, "parts after");
    assert!(mail.parts.len() < limits::PARTS);
}

#[test]
fn a_hundred_thousand_multiparts_whose_boundaries_never_come() {
    let part = "--b\r\nContent-Type: multipart/mixed; boundary=never\r\n\r\nx\r\n";
    read_fast(with_body(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        &part.repeat(100_000),
    ));
}

#[test]
fn a_header_field_of_a_megabyte() {
    let mail = read_fast(with_body(
        &format!("X-Long: {}\r\n", "x ".repeat(1 << 19)),
        "hello",
    ));
    noted(&mail, "long header fields");
    assert_eq!(
        (mail.subject.as_str(), mail.text.as_str()),
        ("hello", "hello")
    );
}

#[test]
fn fifty_thousand_header_fields() {
    let mail = read_fast(with_body(&"X-Field: value\r\n".repeat(50_000), "hello"));
    noted(&mail, "header fields");
    assert_eq!(mail.headers.len(), limits::FIELDS);
    assert_eq!(mail.text, "hello");
}

#[test]
fn ten_thousand_to_fields_and_ten_thousand_addresses() {
    let fields = read_fast(with_body(
        &"To: bob@example.org\r\n".repeat(10_000),
        "hello",
    ));
    assert!(fields.to.len() <= limits::FIELDS);
    let addresses = "bob@example.org, ".repeat(10_000);
    let mail = read_fast(with_body(&format!("To: {addresses}\r\n"), "hello"));
    assert_eq!(mail.to.len(), limits::ADDRESSES);
    noted(&mail, "addresses in To");
}

#[test]
fn twenty_thousand_references_keep_the_newest() {
    let ids: Vec<String> = (0..20_000)
        .map(|id| format!("<{id}@example.org>"))
        .collect();
    let mail = read_fast(with_body(
        &format!("References: {}\r\n", ids.join("\r\n ")),
        "hello",
    ));
    assert_eq!(mail.references.len(), limits::REFERENCES);
    assert_eq!(
        mail.references[limits::REFERENCES - 1].as_str(),
        "19999@example.org"
    );
    noted(&mail, "older references");
}

#[test]
fn nested_comments_and_open_quotes() {
    for address in [
        "(".repeat(500_000),
        "\"".repeat(500_001),
        "<".repeat(500_000),
        ",;:".repeat(99_999),
    ] {
        read_fast(with_body(
            &format!("Cc: {address}\r\nReply-To: {address}\r\n"),
            "hello",
        ));
    }
    let comments = "(".repeat(500_000);
    read_fast(with_body(
        &format!("Content-Type: {comments}\r\nDate: {comments}\r\n"),
        "hello",
    ));
}

#[test]
fn a_content_type_with_very_many_parameters() {
    let many: String = (0..100_000).map(|id| format!(";a{id}*1=x")).collect();
    read_fast(with_body(
        &format!("Content-Type: text/plain{many}\r\n"),
        "hello",
    ));
}

#[test]
fn quoted_printable_and_base64_that_never_end() {
    for encoding in ["quoted-printable", "base64"] {
        for body in [
            "=".repeat(3_000_000),
            "=\r\n".repeat(1_000_000),
            "\u{0}".repeat(1_000_000),
        ] {
            read_fast(with_body(
                &format!("Content-Transfer-Encoding: {encoding}\r\n"),
                &body,
            ));
        }
    }
}

#[test]
fn five_hundred_nested_messages_and_many_more() {
    for depth in [500, 200_000] {
        let mut raw = with_body("Content-Type: message/rfc822\r\n", "");
        raw.extend(
            "Content-Type: message/rfc822\r\n\r\n"
                .repeat(depth)
                .into_bytes(),
        );
        let mail = read_fast(raw);
        assert_eq!(mail.parts.len(), 1, "an attached mail is one file");
    }
}

#[test]
fn html_a_hundred_thousand_elements_deep() {
    for element in [
        "<div>",
        "<blockquote>",
        "<b><p>",
        "<table><tr><td>",
        "<a href=x>",
        "<pre>",
    ] {
        let html = format!("{}deep", element.repeat(100_000));
        let mail = read_fast(with_body("Content-Type: text/html\r\n", &html));
        assert!(mail.text.contains("deep"), "{element}");
    }
}

#[test]
fn html_with_a_tag_of_a_hundred_thousand_attributes() {
    let attributes: String = (0..100_000).map(|id| format!(" a{id}=1")).collect();
    let html = format!("<p{attributes}>hello</p>");
    let mail = read_fast(with_body("Content-Type: text/html\r\n", &html));
    assert_eq!(mail.text, "hello\n");
}

#[test]
fn a_single_line_of_ten_megabytes() {
    let line = "x".repeat(10 * 1024 * 1024);
    for kind in ["text/plain", "text/html"] {
        let mail = read_fast(with_body(&format!("Content-Type: {kind}\r\n"), &line));
        assert!(mail.text.len() <= limits::TEXT);
        noted(&mail, "kept as a file");
        assert!(mail.parts.iter().any(|part| part.bytes.len() >= line.len()));
    }
}

#[test]
fn ten_megabytes_of_flowed_quotes_and_delimiters() {
    for line in ["> \r\n", ">".repeat(900).as_str(), "--b\r\n", "a \r\n"] {
        let lines = line.repeat(10 * 1024 * 1024 / line.len());
        read_fast(with_body(
            "Content-Type: text/plain; format=flowed\r\n",
            &lines,
        ));
    }
}

#[test]
fn a_year_that_does_not_exist() {
    for date in [
        "Mon, 1 Jan 99999 00:00:00 +0000",
        "31 Feb 2020 99:99:99 +9999",
        "\u{0}",
    ] {
        let mail = read_fast(with_body(&format!("Date: {date}\r\n"), "hello"));
        assert_eq!(mail.text, "hello", "{date}");
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    // A small generator of its own (xorshift), so that a failure can be repeated.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words: [&[u8]; 16] = [
        b"--b\r\n",
        b"--b--\n",
        b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"=?",
        b"?=",
        b"Content-Type: text/html; charset=utf-7\n",
        b"<blockquote",
        b">",
        b"=\r\n",
        b"\0",
        b"\xff\xfe",
        b"Content-Transfer-Encoding: base64\n",
        b"From: \"",
        b"Content-Type: message/delivery-status\n\n",
        b"=?utf-8?q?=0d=0a?=",
    ];
    for _ in 0..20_000 {
        let mut raw = b"From: a@b.example\n".to_vec();
        for _ in 0..(state % 24) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            raw.extend_from_slice(words[usize::try_from(state % 16).expect("small")]);
        }
        state = state.wrapping_add(0x9e37_79b9);
        let mail = ticket_mail::read(&raw).expect("a mail");
        assert!(
            mail.headers
                .iter()
                .all(|(_, value)| !value.contains(char::is_control))
        );
    }
}
