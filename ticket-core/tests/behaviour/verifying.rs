//! `verify` finds nothing in a sound store and what is wrong in another.

use ticket_core::command::Command;
use ticket_core::notice::{Content, CustomerContent, TeamContent};
use ticket_core::plan::Plan;
use ticket_core::port::TicketRepository;
use ticket_core::ticket::{Attachment, Digest, Event, MailOrigin, Posting, SenderProof};
use ticket_core::value::{MessageId, NoteId, SpoolId};
use uuid::Uuid;

use crate::world::{Mail, Pure, World, body, id, open, read};

/// Writes plans past the desk, each spoiled first, and says which rules are found broken.
///
/// The plans open a ticket, answer it, note something, erase the note and tag, and solve it.
async fn findings(spoil: fn(&mut Plan)) -> Vec<String> {
    let world = World::new().await;
    let mut pure = Pure::new();
    let mut plan = pure.open("ada", &open("Jam", "Stuck.")).expect("opened");
    spoil(&mut plan);
    world.store.commit(&plan, None).await.expect("written");
    let note = Posting::Note(NoteId::new(Uuid::from_u128((3 << 64) + 1)));
    let requests = [
        vec![Command::Reply(body("Open the lid.").into())],
        vec![Command::Note(body("Between us.").into())],
        vec![Command::Redact(note), Command::Tag(read("x"))],
        vec![Command::SetStatus { to: read("solved") }],
    ];
    for commands in requests {
        pure.seed += 1 << 64;
        pure.facts.postings = plan
            .notes
            .iter()
            .map(|one| (Posting::Note(one.id), false))
            .collect();
        let redact =
            |one: &ticket_core::ticket::InternalNote| Command::Redact(Posting::Note(one.id));
        let commands = match commands.as_slice() {
            [Command::Redact(_), tag] => plan
                .notes
                .first()
                .map(redact)
                .into_iter()
                .chain([tag.clone()])
                .collect(),
            _ => commands,
        };
        let next = pure.plan("root", &plan.ticket, &commands);
        plan = next.expect("allowed").expect("a change");
        spoil(&mut plan);
        world.store.commit(&plan, None).await.expect("written");
    }
    let report = world.desk.verify().await.expect("a report");
    let mut rules: Vec<String> = report.findings.into_iter().map(|one| one.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[tokio::test]
async fn a_sound_store_has_no_findings_and_everything_is_counted() {
    assert_eq!(findings(|_| {}).await, Vec::<String>::new());
    let world = World::new().await;
    let mail = Mail::from("ada@x.example", "Hello.").with("Subject", "Jam");
    world.receive(&mail).await;
    let ticket = world.opened("eve").await.ticket;
    world.note("grace", ticket, "Between us.").await;
    let report = world.desk.verify().await.expect("a report");
    let counts = [
        ("tickets", 2),
        ("events", 3),
        ("messages", 2),
        ("notes", 1),
        ("mails", 1),
    ];
    for (what, count) in counts {
        assert_eq!(report.checked[what], count, "{what}");
    }
    assert!(report.checked["notices"] >= 8);
    assert!(report.findings.is_empty());
}

fn lose_first(plan: &mut Plan) {
    if plan.events.len() > 1 {
        plan.events.remove(0);
    }
}

fn lose_redaction(plan: &mut Plan) {
    let redacts = |event: &Event| matches!(event, Event::Redacted { .. });
    plan.events.retain(|record| !redacts(&record.event));
}

fn skip_version(plan: &mut Plan) {
    if plan.ticket.solved_at.is_some() {
        plan.ticket.version = plan.ticket.version.next();
    }
}

fn date_notices_ahead(plan: &mut Plan) {
    for notice in &mut plan.notices {
        notice.version = ticket_core::value::Version::new(99);
    }
}

fn address_customers_as_team(plan: &mut Plan) {
    let to_ada = plan
        .notices
        .iter_mut()
        .filter(|notice| notice.person == id("ada"));
    for notice in to_ada {
        notice.content = Content::Team(TeamContent::default());
    }
}

fn show_customers_nothing_there(plan: &mut Plan) {
    let to_ada = plan
        .notices
        .iter_mut()
        .filter(|notice| notice.person == id("ada"));
    for notice in to_ada {
        notice.content = Content::Customer(CustomerContent {
            message: Some(MessageId::new(Uuid::from_u128(1))),
            quoted: Vec::new(),
        });
    }
}

fn show_team_nothing_there(plan: &mut Plan) {
    let to_team = plan
        .notices
        .iter_mut()
        .filter(|notice| notice.person != id("ada"));
    for notice in to_team {
        notice.content = Content::Team(TeamContent {
            posting: Some(Posting::Note(NoteId::new(Uuid::from_u128(2)))),
            quoted: Vec::new(),
        });
    }
}

fn name_a_mail_that_is_gone(plan: &mut Plan) {
    for message in &mut plan.messages {
        message.mail = Some(MailOrigin {
            spool: SpoolId::new(Uuid::from_u128(3)),
            message_id: None,
            proof: SenderProof::Unproven,
        });
    }
}

fn name_a_file_that_is_gone(plan: &mut Plan) {
    for message in &mut plan.messages {
        message.attachments = vec![Attachment {
            name: "photo.txt".into(),
            media_type: "text/plain".into(),
            size: 7,
            digest: Digest::of(b"gone"),
            content_id: None,
        }];
    }
}

#[tokio::test]
async fn each_defect_is_found_under_its_rule() {
    type Defect = (&'static str, fn(&mut Plan), &'static str);
    let defects: [Defect; 11] = [
        ("the last event", |plan| drop(plan.events.pop()), "replay"),
        ("the first of several events", lose_first, "atomicity"),
        (
            "an event that changes no state",
            lose_redaction,
            "atomicity",
        ),
        ("a version that nobody made", skip_version, "versions"),
        ("a message", |plan| plan.messages.clear(), "atomicity"),
        ("a note", |plan| plan.notes.clear(), "atomicity"),
        (
            "a state that no event made",
            |plan| plan.ticket.tags = [read("y")].into(),
            "replay",
        ),
        ("a notice of no commit", date_notices_ahead, "atomicity"),
        (
            "a team's notice for a customer",
            address_customers_as_team,
            "privacy",
        ),
        (
            "a message that is not there",
            show_customers_nothing_there,
            "delivery",
        ),
        ("a raw mail", name_a_mail_that_is_gone, "intake"),
    ];
    for (what, spoil, rule) in defects {
        let found = findings(spoil).await;
        assert!(found.iter().any(|one| one == rule), "{what}: {found:?}");
    }
    assert_eq!(findings(show_team_nothing_there).await, ["delivery"]);
    assert_eq!(findings(name_a_mail_that_is_gone).await, ["intake"]);
    assert_eq!(findings(name_a_file_that_is_gone).await, ["atomicity"]);
}
