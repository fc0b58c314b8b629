//! Reading Authentication-Results.

use proptest::prelude::{any, proptest};

use super::{Change, HOST, address, from};
use crate::mail::Verdict::{Authenticated, Failed, Silent};
use crate::mail::{InboundMail, Verdict, verdict};
use crate::value::Mailbox;

fn of(sender: &str, fields: &[&str]) -> Verdict {
    let mut mail = InboundMail {
        from: Some(Mailbox::from(address(sender))),
        ..InboundMail::default()
    };
    for field in fields {
        mail = mail.header("Authentication-Results", field);
    }
    verdict(&mail, Some(HOST))
}

#[test]
fn a_pass_counts_when_it_is_aligned_with_the_from_field() {
    let table = [
        ("dmarc=pass header.from=ada.example", Authenticated),
        (
            "dmarc=pass (p=reject dis=none) header.from=ADA.example.",
            Authenticated,
        ),
        ("dmarc=pass header.from=evil.example", Silent),
        ("dmarc=pass", Silent),
        (
            "dmarc=fail header.from=ada.example; dkim=pass header.d=ada.example",
            Failed,
        ),
        ("dmarc=none; dkim=pass header.d=ada.example", Authenticated),
        (
            "dkim=pass header.i=@ada.example header.s=k header.b=aB+c=",
            Authenticated,
        ),
        ("DKIM=Pass Header.D=ada.example", Authenticated),
        (
            "dkim/1=pass reason=\"good (really)\" header.d=ada.example",
            Authenticated,
        ),
        (
            "dkim=pass header.d=evil.example header.i=@ada.example",
            Silent,
        ),
        (
            "dkim=pass header.d=evil.example header.d=ada.example",
            Silent,
        ),
        ("dkim=fail header.d=ada.example", Silent),
        (
            "dkim=fail header.d=x.example; dkim=pass header.d=ada.example",
            Authenticated,
        ),
        ("dkim=pass header.d=example", Silent),
        ("dkim=pass header.d=mail.ada.example", Silent),
        ("dkim=pass header.d=da.example", Silent),
        ("spf=pass smtp.mailfrom=bounce@ada.example", Authenticated),
        ("spf=pass smtp.mailfrom=ada.example", Authenticated),
        (
            "spf=pass smtp.mailfrom=\"x; dmarc=pass header.from=ada.example\"@evil.example",
            Silent,
        ),
        (
            "spf=fail smtp.mailfrom= dmarc=pass header.from=ada.example",
            Silent,
        ),
        ("spf=pass smtp.helo=ada.example", Silent),
        (
            "spf=fail (dmarc=pass; dkim=pass header.d=ada.example)",
            Silent,
        ),
        (
            "spf=none (unclosed ; dmarc=pass header.from=ada.example",
            Silent,
        ),
        (
            "spf=none \"unclosed ; dmarc=pass header.from=ada.example",
            Silent,
        ),
        ("none", Silent),
        ("", Silent),
    ];
    for (results, expected) in table {
        let field = format!("{HOST}; {results}");
        assert_eq!(of("ada@ada.example", &[&field]), expected, "{results}");
    }
}

#[test]
fn a_parent_speaks_for_its_subdomains() {
    let field = format!("{HOST}; dkim=pass header.d=ada.example");
    assert_eq!(of("x@mail.ada.example", &[&field]), Authenticated);
    assert_eq!(of("x@notada.example", &[&field]), Silent);
    let field = format!("{HOST}; dkim=pass header.d=bücher.example");
    assert_eq!(of("x@xn--bcher-kva.example", &[&field]), Authenticated);
}

#[test]
fn only_the_topmost_field_of_our_host_counts() {
    let pass = |host: &str| format!("{host}; dmarc=pass header.from=ada.example");
    let ours = format!("{HOST}; dmarc=none");
    let forged = pass(HOST);
    let table: [(&[&str], Verdict); 7] = [
        (&[&forged], Authenticated),
        (
            &[&format!(
                "(x) {} 1; dmarc=pass header.from=ada.example",
                HOST.to_uppercase()
            )],
            Authenticated,
        ),
        (
            &[&format!("{HOST} 2; dmarc=pass header.from=ada.example")],
            Silent,
        ),
        (
            &[
                &pass("mx.evil.example"),
                &pass("mx.desk.example.evil.example"),
            ],
            Silent,
        ),
        (&[&pass("mx.evil.example"), &ours, &forged], Silent),
        (&[&format!("{HOST}; spf=none (broken"), &forged], Silent),
        (&[&format!("{HOST};none"), &forged], Silent),
    ];
    for (fields, expected) in table {
        assert_eq!(of("ada@ada.example", fields), expected, "{fields:?}");
    }
}

#[test]
fn without_a_configured_host_nobody_is_believed() {
    let mail = from("ada").dmarc("pass");
    assert_eq!(verdict(&mail, Some(HOST)), Authenticated);
    for none in [None, Some(""), Some(" ")] {
        assert_eq!(verdict(&mail, none), Silent);
    }
}

#[test]
fn two_from_fields_prove_nothing() {
    let mail = from("ada").dmarc("pass").header("From", "ada@ada.example");
    assert_eq!(verdict(&mail, Some(HOST)), Authenticated);
    let mail = mail.header("from", "eve@evil.example");
    assert_eq!(verdict(&mail, Some(HOST)), Silent);
}

#[test]
fn other_fields_of_that_kind_are_not_read() {
    for name in [
        "ARC-Authentication-Results",
        "X-Authentication-Results",
        "Received-SPF",
    ] {
        let value = format!("{HOST}; dmarc=pass header.from=ada.example");
        let mail = from("ada").header(name, &value);
        assert_eq!(verdict(&mail, Some(HOST)), Silent, "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        assert_ne!(of("ada@ada.example", &[&text]), Authenticated);
        of("ada@ada.example", &[&format!("{HOST}; {text}")]);
    }
}
