//! Attacks: whoever is not entitled never joins, whatever they put into a mail.

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, sample};

use super::{Change, HOST, World, from, home, mail_id, our_id, reply_to, ticket_id};
use crate::mail::{Decision, Evidence, InboundMail, MailMessageId, Outcome};
use crate::ticket::SenderProof;
use crate::value::Mailbox;

fn joins(decision: &Decision) -> bool {
    matches!(decision.outcome, Outcome::Joins { .. })
}

#[test]
fn a_forged_customer_with_the_number_and_a_cc_does_not_join() {
    let mut mail = from("ada").subject("Re: [#1] Printer jam");
    mail.cc = vec![Mailbox::from(home("evil"))];
    let decision = World::new().decide(&mail);
    assert!(!joins(&decision));
    assert_eq!(decision.proof, SenderProof::Unproven);
}

#[test]
fn a_guessed_or_damaged_id_points_nowhere() {
    let good = our_id(1, "ada");
    let mut damaged = good.as_str().to_owned();
    let last = if damaged.as_bytes()[40] == b'a' {
        "b"
    } else {
        "a"
    };
    damaged.replace_range(40..41, last);
    let ticket = ticket_id(1).to_string();
    for guess in [
        &damaged,
        &ticket,
        &format!("{ticket}@desk.example"),
        &format!("n1{ticket}@x"),
    ] {
        let decision = World::new().decide(&from("ada").answering(mail_id(guess)));
        assert_eq!(
            decision.outcome,
            Outcome::Opens {
                related: Vec::new()
            },
            "{guess}"
        );
        assert_eq!(decision.evidence, []);
    }
    let damaged = reply_to(1, "ada").to_string().replacen("t1a", "t1b", 1);
    let decision = World::new().decide(&from("ada").addressed(super::address(&damaged)));
    assert_eq!(decision.evidence, []);
}

#[test]
fn another_customers_secret_for_another_ticket_opens_nothing_here() {
    // Ticket 3 is ada's alone; carl has her secret from a mail that she passed on.
    for mail in [
        from("carl").addressed(reply_to(3, "ada")),
        from("carl").dmarc("pass").answering(our_id(3, "ada")),
    ] {
        let decision = World::new().decide(&mail);
        let related = vec![ticket_id(3)];
        assert_eq!(decision.outcome, Outcome::Opens { related });
        assert_ne!(decision.proof, SenderProof::Token);
    }
}

#[test]
fn a_secret_in_other_hands_gives_a_ticket_of_their_own() {
    // Also the sign-up code that a service sends to the address of a ticket.
    let decision = World::new().decide(&from("service").addressed(reply_to(1, "ada")));
    let (ticket, holder) = (ticket_id(1), false);
    assert_eq!(
        decision.evidence,
        [Evidence::AddressToken { ticket, holder }]
    );
    let related = vec![ticket];
    assert_eq!(decision.outcome, Outcome::Opens { related });
    assert_eq!(
        (decision.sender, decision.proof),
        (None, SenderProof::Unproven)
    );
}

#[test]
fn a_forged_agent_does_not_join_as_the_agent() {
    let mut world = World::new();
    let forged = [
        from("agnes").answering(mail_id("first@ada")),
        from("agnes")
            .answering(our_id(1, "ada"))
            .addressed(reply_to(1, "ada")),
        from("agnes").subject("[#1]"),
        from("agnes").dmarc("fail").addressed(reply_to(1, "agnes")),
    ];
    for mail in &forged {
        assert!(!joins(&world.decide(mail)));
    }
    world.ticket(1).cc.insert(super::person_id("agnes"));
    for mail in &forged {
        assert!(!joins(&world.decide(mail)), "not as a participant either");
    }
}

#[test]
fn reply_to_and_cc_give_nobody_a_place() {
    let mut mail = from("evil").dmarc("pass").answering(mail_id("first@ada"));
    mail.reply_to = vec![Mailbox::from(home("ada"))];
    mail.cc = vec![Mailbox::from(home("ada"))];
    assert!(!joins(&World::new().decide(&mail)));
}

#[test]
fn forged_results_and_fields_of_ours_prove_nothing() {
    let forged = format!("{HOST}; dmarc=pass header.from=agnes.example");
    let mail = from("agnes")
        .dmarc("none")
        .header("Authentication-Results", &forged)
        .header("ARC-Authentication-Results", &format!("i=1; {forged}"))
        .header("Received-SPF", "pass")
        .header("X-Ticket-Id", &ticket_id(1).to_string())
        .answering(mail_id("first@ada"));
    let decision = World::new().decide(&mail);
    assert!(!joins(&decision));
    assert_eq!(decision.proof, SenderProof::Unproven);
}

#[test]
fn a_ticket_of_another_tenant_is_not_found_and_not_named() {
    let mail = from("ada").dmarc("pass").answering(our_id(99, "ada"));
    let decision = World::new().decide(&mail);
    assert_eq!(
        decision.outcome,
        Outcome::Opens {
            related: Vec::new()
        }
    );
    assert_eq!(decision.evidence, []);
}

#[test]
fn a_mail_relates_to_a_few_tickets_only() {
    let mut world = World::new();
    let model = world.tickets[0].clone();
    for n in 10..40 {
        let mut ticket = model.clone();
        ticket.id = ticket_id(n);
        world.tickets.push(ticket);
        world.mails.push((mail_id(&format!("{n}@x")), n));
    }
    let mut mail = from("stranger");
    mail.references = (10..40).map(|n| mail_id(&format!("{n}@x"))).collect();
    match world.decide(&mail).outcome {
        Outcome::Opens { related } => assert_eq!(related.len(), 5),
        other => panic!("{other:?}"),
    }
}

fn some_id() -> impl Strategy<Value = MailMessageId> {
    let names = sample::select(vec!["ada", "carl", "agnes", "dora", "stranger"]);
    prop_oneof![
        Just(mail_id("first@ada")),
        Just(mail_id("second@carl")),
        (1..5_u64, names).prop_map(|(ticket, name)| our_id(ticket, name)),
        "[nrt]1[a-z2-7]{1,90}@desk\\.example".prop_map(|id| mail_id(&id)),
    ]
}

proptest! {
    #[test]
    fn a_stranger_never_joins(
        who in sample::select(vec!["stranger", "dora", "boris"]),
        ids in collection::vec(some_id(), 0..8),
        to in collection::vec((1..3_u64, sample::select(vec!["ada", "carl", "agnes", "dora"])), 0..4),
        subject in "(Re: )?(\\[#[0-3]\\])? ?[a-z]{0,5}",
        dmarc in sample::select(vec!["pass", "fail", "none"]),
        headers in collection::vec((any::<String>(), any::<String>()), 0..4),
        policy in sample::select(vec![
            crate::settings::SubjectNumber::Never,
            crate::settings::SubjectNumber::Authenticated,
            crate::settings::SubjectNumber::Participant,
        ]),
    ) {
        let mut world = World::new();
        world.settings.mail.subject_number = policy;
        // Boris works on the queue of ticket 3 and nothing else.
        world.tickets.truncate(2);
        let mut mail: InboundMail = from(who).subject(&subject).dmarc(dmarc);
        mail.references = ids.clone();
        mail.in_reply_to = ids.into_iter().take(1).collect();
        mail.cc = to.iter().map(|(ticket, name)| Mailbox::from(reply_to(*ticket, name))).collect();
        mail.headers.extend(headers);
        assert!(!joins(&world.decide(&mail)));
    }
}
