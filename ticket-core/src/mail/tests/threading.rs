//! Which ticket a mail belongs to: every row of the table, every outcome.

use super::{
    Change, World, agent, from, key, mail_id, notice_id, our_id, person_id, reply_to, ticket_id,
};
use crate::mail::{DeliveryReport, Evidence, InboundMail, Outcome, Quarantine, SigningKey};
use crate::person::Role;
use crate::settings::{GuestPolicy, SubjectNumber};
use crate::ticket::SenderProof;
use crate::value::PersonId;

/// What a mail was taken for, in short: `joins 1`, `opens 1,2`, `own mail`.
fn short(outcome: &Outcome) -> String {
    let number = |id: &crate::value::TicketId| id.uuid().as_u128() - 0x1_0000;
    match outcome {
        Outcome::Joins { ticket } => format!("joins {}", number(ticket)),
        Outcome::Opens { related } => {
            let related: Vec<String> = related.iter().map(|id| number(id).to_string()).collect();
            format!("opens {}", related.join(",")).trim_end().to_owned()
        }
        Outcome::Bounces { ticket, person, .. } => format!("bounces {} {person}", number(ticket)),
        Outcome::Quarantined { reason } => format!("{reason:?}"),
    }
}

fn decided(world: &World, mail: &InboundMail) -> String {
    short(&world.decide(mail).outcome)
}

#[test]
fn the_rule_of_the_table_holds_row_by_row() {
    // The sender, what our host says of them, and the outcome by each kind of evidence for
    // ticket 1: own secret, another's secret, known Message-ID, number in the subject.
    let table = [
        ("ada", None, ["joins 1", "joins 1", "joins 1", "opens 1"]),
        ("ada", Some("pass"), ["joins 1"; 4]),
        (
            "ada",
            Some("fail"),
            ["joins 1", "opens 1", "opens 1", "opens 1"],
        ),
        ("carl", None, ["joins 1", "joins 1", "joins 1", "opens 1"]),
        (
            "agnes",
            Some("pass"),
            ["joins 1", "joins 1", "joins 1", "opens 1"],
        ),
        ("agnes", None, ["joins 1", "opens 1", "opens 1", "opens 1"]),
        ("agnes", Some("fail"), ["opens 1"; 4]),
        ("boris", Some("pass"), ["opens 1"; 4]),
        ("dora", Some("pass"), ["opens 1"; 4]),
        ("stranger", Some("pass"), ["opens 1"; 4]),
        ("stranger", None, ["opens 1"; 4]),
    ];
    let world = World::new();
    for (sender, dmarc, expected) in table {
        let other = if sender == "ada" { "carl" } else { "ada" };
        let mail = || match dmarc {
            Some(result) => from(sender).dmarc(result),
            None => from(sender),
        };
        let forms: [(&str, [InboundMail; 2]); 2] = [
            (
                "own",
                [
                    mail().addressed(reply_to(1, sender)),
                    mail().answering(our_id(1, sender)),
                ],
            ),
            (
                "other's",
                [
                    mail().addressed(reply_to(1, other)),
                    mail().answering(our_id(1, other)),
                ],
            ),
        ];
        for ((kind, mails), expected) in forms.iter().zip(expected) {
            for mail in mails {
                // A made-up secret of somebody who never had one for the ticket points nowhere.
                let unknown = sender == "stranger" && *kind == "own" && mail.in_reply_to.is_empty();
                let expected = if unknown { "opens" } else { expected };
                assert_eq!(decided(&world, mail), expected, "{sender} {dmarc:?} {kind}");
            }
        }
        let known = mail().answering(mail_id("first@ada"));
        assert_eq!(
            decided(&world, &known),
            expected[2],
            "{sender} {dmarc:?} known"
        );
        let number = mail().subject("Re: [#1] Printer jam");
        assert_eq!(
            decided(&world, &number),
            expected[3],
            "{sender} {dmarc:?} number"
        );
    }
}

#[test]
fn evidence_is_weighed_in_order_and_all_of_it_is_kept() {
    let world = World::new();
    let mut mail = from("carl")
        .addressed(reply_to(2, "carl"))
        .subject("[#1] x")
        .answering(our_id(1, "carl"));
    mail.references = vec![mail_id("second@carl"), mail_id("unknown@x")];
    let decision = world.decide(&mail);
    assert_eq!(
        short(&decision.outcome),
        "joins 2",
        "the address before the ids"
    );
    let [one, two] = [1, 2].map(ticket_id);
    let holder = true;
    let id = mail_id("second@carl");
    let expected = [
        Evidence::AddressToken {
            ticket: two,
            holder,
        },
        Evidence::SignedId {
            ticket: one,
            holder,
        },
        Evidence::KnownId { ticket: two, id },
        Evidence::SubjectNumber { ticket: one },
    ];
    assert_eq!(decision.evidence, expected);
    assert_eq!(decision.proof, SenderProof::Token);
    assert_eq!(decision.sender, Some(person_id("carl")));
}

#[test]
fn newer_ids_go_before_older_ones_and_the_root_is_found_at_the_end() {
    let world = World::new();
    let mut mail = from("carl");
    mail.references = vec![our_id(2, "carl"), our_id(1, "carl")];
    assert_eq!(decided(&world, &mail), "joins 1");
    mail.in_reply_to = vec![our_id(2, "carl")];
    assert_eq!(decided(&world, &mail), "joins 2");

    let root = key().thread_root(ticket_id(2), &person_id("carl"), "desk.example");
    mail.in_reply_to.clear();
    mail.references = vec![root];
    mail.references
        .extend((0..20_000).map(|n| mail_id(&format!("{n}@x"))));
    assert_eq!(
        decided(&world, &mail),
        "joins 2",
        "however long the thread is"
    );
}

#[test]
fn evidence_for_a_ticket_that_is_closed_to_the_sender_does_not_hide_the_next() {
    let world = World::new();
    let mail = from("carl")
        .addressed(reply_to(3, "ada"))
        .answering(our_id(1, "carl"));
    let decision = world.decide(&mail);
    assert_eq!(short(&decision.outcome), "joins 1");
    assert_eq!(decision.evidence.len(), 2);
}

#[test]
fn a_ticket_of_another_queue_is_joined_by_whoever_takes_part() {
    let mut world = World::new();
    let mail = from("ada").addressed(reply_to(3, "ada"));
    assert_eq!(decided(&world, &mail), "joins 3");
    world.mails.push((mail_id("third@ada"), 3));
    assert_eq!(
        decided(&world, &from("ada").answering(mail_id("third@ada"))),
        "joins 3"
    );
    let colleague = from("boris").dmarc("pass").answering(mail_id("third@ada"));
    assert_eq!(decided(&world, &colleague), "joins 3");
}

#[test]
fn a_number_in_the_subject_suffices_by_the_setting() {
    use SubjectNumber::{Authenticated, Never, Participant};
    let mut world = World::new();
    let table = [
        (Never, None, "opens 1"),
        (Never, Some("pass"), "opens 1"),
        (Authenticated, None, "opens 1"),
        (Authenticated, Some("pass"), "joins 1"),
        (Participant, None, "joins 1"),
        (Participant, Some("fail"), "opens 1"),
    ];
    for (policy, dmarc, expected) in table {
        world.settings.mail.subject_number = policy;
        for subject in ["[#1]", "AW: [Support #1] x", "x [ticket #01] [#9]"] {
            let mut mail = from("ada").subject(subject);
            if let Some(result) = dmarc {
                mail = mail.dmarc(result);
            }
            assert_eq!(
                decided(&world, &mail),
                expected,
                "{policy:?} {dmarc:?} {subject}"
            );
        }
    }
    for subject in [
        "#1",
        "[1]",
        "[#1",
        "[#]",
        "[#-1]",
        "[#99999999999999999999]",
        "[#1x]",
    ] {
        let mail = from("ada").subject(subject);
        assert_eq!(decided(&world, &mail), "opens", "{subject}");
    }
}

#[test]
fn who_has_no_place_is_set_aside() {
    let mut world = World::new();
    let reply = from("ada").addressed(reply_to(1, "ada"));
    world.person("ada").active = false;
    assert_eq!(decided(&world, &reply), "SenderInactive");
    let nobody = InboundMail {
        from: None,
        ..from("ada")
    };
    assert!(decided(&world, &nobody).starts_with("Unreadable"));
    assert_eq!(decided(&world, &from("stranger")), "opens");
    world.settings.guests = GuestPolicy::Nobody;
    let refused = world.decide(&from("stranger").answering(mail_id("first@ada")));
    assert_eq!(short(&refused.outcome), "GuestsNotAdmitted");
    assert_eq!(refused.evidence.len(), 1, "kept for whoever looks at it");
    assert_eq!(decided(&world, &from("carl")), "opens");
    world.settings.queues.remove(0);
    assert_eq!(decided(&world, &from("carl")), "NoSuchQueue");
    assert_eq!(
        decided(&world, &from("carl").answering(our_id(1, "carl"))),
        "joins 1"
    );
}

#[test]
fn our_own_mail_is_set_aside_even_from_somebody_known() {
    let mut mail = from("ada").addressed(reply_to(1, "ada"));
    mail.message_id = Some(our_id(1, "agnes"));
    assert_eq!(decided(&World::new(), &mail), "OwnMail");
}

#[test]
fn a_person_with_rights_taken_away_joins_no_more() {
    let mut world = World::new();
    let mail = from("agnes").dmarc("pass").addressed(reply_to(1, "agnes"));
    assert_eq!(decided(&world, &mail), "joins 1");
    world.person("agnes").role = agent("agnes", &["billing"]).role;
    assert_eq!(decided(&world, &mail), "opens 1");
    world.person("agnes").role = Role::Agent {
        queues: [super::queue_key("support")].into(),
        own_tickets_only: true,
    };
    assert_eq!(decided(&world, &mail), "opens 1");
    world.ticket(1).assignee = Some(person_id("agnes"));
    assert_eq!(decided(&world, &mail), "joins 1");

    let carl = from("carl").addressed(reply_to(1, "carl"));
    world.ticket(1).cc.clear();
    // Nobody of the ticket holds the secret any more, but its sender still does.
    let decision = world.decide(&carl);
    assert_eq!(
        (short(&decision.outcome).as_str(), decision.proof),
        ("opens 1", SenderProof::Token)
    );
}

fn report(action: &str, returned: crate::mail::MailMessageId) -> InboundMail {
    InboundMail {
        from: Some(super::address("MAILER-DAEMON@mx.example").into()),
        return_path: Some(None),
        reports: vec![DeliveryReport {
            action: action.to_owned(),
            recipient: Some(super::home("agnes")),
            status: Some("5.1.1".to_owned()),
            diagnostic: None,
        }],
        returned_ids: vec![returned],
        ..from("ada")
    }
}

#[test]
fn a_failed_delivery_is_a_bounce_of_the_notice_that_was_sent() {
    let world = World::new();
    let outcome = world.decide(&report("failed", our_id(1, "carl"))).outcome;
    let expected = Outcome::Bounces {
        ticket: ticket_id(1),
        notice: notice_id(1),
        person: person_id("carl"),
    };
    assert_eq!(outcome, expected);
    let outcome = decided(&world, &report("failed", our_id(1, "agnes")));
    assert_eq!(
        outcome, "bounces 1 agnes",
        "known by the report's recipient"
    );
    let mut headers_only = report("failed", mail_id("x@y"));
    headers_only.references = vec![our_id(1, "ada")];
    assert_eq!(decided(&world, &headers_only), "bounces 1 ada");
}

#[test]
fn other_delivery_reports_are_set_aside() {
    let world = World::new();
    let root = key().thread_root(ticket_id(1), &person_id("ada"), "desk.example");
    let theirs = SigningKey::new([9; 32]);
    let person: PersonId = person_id("ada");
    let foreign = theirs.message_id(notice_id(1), ticket_id(1), &person, "desk.example");
    for mail in [
        report("delayed", our_id(1, "ada")),
        report("delivered", our_id(1, "ada")),
        report("failed", mail_id("first@ada")),
        report("failed", root),
        report("failed", foreign),
        report("failed", our_id(9, "ada")),
        report("failed", our_id(1, "boris")),
    ] {
        let reason = Quarantine::UnknownBounce;
        assert_eq!(world.decide(&mail).outcome, Outcome::Quarantined { reason });
    }
}

#[test]
fn a_machine_joins_by_the_same_rule_and_is_named() {
    let world = World::new();
    let away = from("ada")
        .header("Auto-Submitted", "auto-replied")
        .answering(our_id(1, "ada"));
    let decision = world.decide(&away);
    assert_eq!(short(&decision.outcome), "joins 1");
    assert_eq!(decision.machine.as_deref(), Some("Auto-Submitted"));
}

#[test]
fn a_shared_mailbox_that_is_a_list_does_not_make_a_reply_a_machines() {
    let world = World::new();
    let listed = from("ada").header("List-Id", "<support.lists.example>");
    assert_eq!(world.decide(&listed).machine.as_deref(), Some("List-Id"));
    assert_eq!(
        world.decide(&listed.answering(our_id(1, "ada"))).machine,
        None
    );
}
