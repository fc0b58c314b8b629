//! Machines, lists, loops.

use super::{Change, address, from, key, our_id, support};
use crate::mail::{
    DeliveryReport, InboundMail, LOOP_HEADER, SigningKey, Writer, is_own, machine_sign,
    wants_silence, writer,
};
use crate::value::Mailbox;

#[test]
fn header_fields_tell_a_machine_and_a_list() {
    let table = [
        ("Auto-Submitted", "auto-replied", "machine"),
        (
            "AUTO-SUBMITTED",
            "(vacation) Auto-Generated; owner-email=\"x@y\"",
            "machine",
        ),
        ("Auto-Submitted", "no", "person"),
        ("Auto-Submitted", "No (by hand)", "person"),
        ("Auto-Submitted", "", "person"),
        ("Precedence", "bulk", "machine"),
        ("Precedence", "JUNK", "machine"),
        ("precedence", "auto_reply", "machine"),
        ("X-Precedence", "bulk", "machine"),
        ("Precedence", "list", "list"),
        ("Precedence", "first-class", "person"),
        ("List-Id", "<x.lists.example>", "list"),
        ("list-unsubscribe", "<https://x.example>", "list"),
        ("Listener", "x", "person"),
        ("X-Autoreply", "yes", "machine"),
        ("X-Autorespond", "Re: x", "machine"),
        ("X-Autoresponder", "", "machine"),
        ("X-Autoreply", "no", "person"),
        ("X-Mail-Autoreply", "1", "machine"),
        ("X-FC-MachineGenerated", "true", "machine"),
        ("X-Loop", "yes", "machine"),
        ("X-Loop", "ada@ada.example", "person"),
        ("Delivered-To", "Autoresponder", "machine"),
        (
            "Content-Type",
            "multipart/report; report-type=disposition-notification",
            "machine",
        ),
        (
            "Content-Type",
            "multipart/mixed; boundary=\"multipart/report\"",
            "person",
        ),
        ("X-Auto-Response-Suppress", "All", "person"),
        ("X-Mailer", "auto-replied", "person"),
    ];
    for (name, value, expected) in table {
        let mail = from("ada").header(name, value);
        let (found, sign) = match writer(&mail) {
            Writer::Person => ("person", None),
            Writer::List { sign } => ("list", Some(sign)),
            Writer::Machine { sign } => ("machine", Some(sign)),
        };
        assert_eq!(found, expected, "{name}: {value}");
        assert_eq!(machine_sign(&mail), sign);
        if let Some(sign) = sign {
            assert!(sign.eq_ignore_ascii_case(name), "{sign}");
        }
    }
}

#[test]
fn the_envelope_the_sender_and_reports_tell_a_machine() {
    let null = InboundMail {
        return_path: Some(None),
        ..from("ada")
    };
    assert_eq!(machine_sign(&null).as_deref(), Some("Return-Path"));
    let report = DeliveryReport {
        action: "delayed".to_owned(),
        recipient: None,
        status: None,
        diagnostic: None,
    };
    let report = InboundMail {
        reports: vec![report],
        ..from("ada")
    };
    assert_eq!(machine_sign(&report).as_deref(), Some("Content-Type"));
    let senders = [
        ("MAILER-DAEMON", true),
        ("postmaster", true),
        ("no-reply", true),
        ("drive-shares-noreply", true),
        ("do_not_reply+x", true),
        ("noreply-orders", true),
        ("norbert", false),
        ("reply", false),
    ];
    for (local, machine) in senders {
        let mail = InboundMail {
            from: Some(Mailbox::from(address(&format!("{local}@x.example")))),
            ..from("ada")
        };
        assert_eq!(machine_sign(&mail).is_some(), machine, "{local}");
    }
}

#[test]
fn a_request_for_silence_is_no_sign_of_a_machine() {
    for (value, silent) in [
        ("All", true),
        ("DR, OOF, AutoReply", true),
        ("autoreply", true),
        ("DR, RN", false),
        ("None", false),
    ] {
        let mail = from("ada").header("X-Auto-Response-Suppress", value);
        assert_eq!(wants_silence(&mail), silent, "{value}");
        assert_eq!(machine_sign(&mail), None, "{value}");
    }
}

#[test]
fn our_own_mail_is_known_by_id_mark_and_sender() {
    let own = |mail: &InboundMail| is_own(mail, &key(), &[support()]);
    let by_id = InboundMail {
        message_id: Some(our_id(1, "ada")),
        ..from("ada")
    };
    assert!(own(&by_id));
    let marker = key().loop_marker();
    assert!(own(
        &from("ada").header("x-ticket-loop", &marker.to_uppercase())
    ));
    for sender in ["support@desk.example", "Support+t1x@DESK.example"] {
        let mail = InboundMail {
            from: Some(Mailbox::from(address(sender))),
            ..from("ada")
        };
        assert!(own(&mail), "{sender}");
    }
}

#[test]
fn the_mail_of_another_desk_is_not_ours() {
    let other = SigningKey::new([9; 32]);
    let mail = from("ada").header(LOOP_HEADER, &other.loop_marker());
    assert!(!is_own(&mail, &key(), &[support()]));
    assert!(!is_own(
        &from("ada").answering(our_id(1, "ada")),
        &key(),
        &[support()]
    ));
    for sender in [
        "supporter@desk.example",
        "support@other.example",
        "x+support@desk.example",
    ] {
        let mail = InboundMail {
            from: Some(Mailbox::from(address(sender))),
            ..from("ada")
        };
        assert!(!is_own(&mail, &key(), &[support()]), "{sender}");
    }
}
