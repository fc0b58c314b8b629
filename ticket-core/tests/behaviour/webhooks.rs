//! Which webhooks are told what of a commit, and what no webhook ever learns.

use ticket_core::command::{Command, Note};
use ticket_core::desk::Request;
use ticket_core::field::FieldValue;
use ticket_core::plan::Plan;
use ticket_core::port::{CallLog, TicketRepository};
use ticket_core::react::Rule;
use ticket_core::settings::Settings;
use ticket_core::ticket::{Digest, HostSubject, Posting};
use ticket_core::value::TicketId;
use ticket_core::webhook::{Call, Webhook};

use crate::world::{Pure, World, body, id, open, open_by, read, settings};

/// Stands in everything that customers must not see.
const CANARY: &str = "canary";

/// Settings with these webhooks, each written as in a file.
fn with(webhooks: &[&str]) -> Settings {
    let webhooks = webhooks.iter().map(|one| serde_json::from_str(one));
    let webhooks: Result<Vec<Webhook>, _> = webhooks.collect();
    Settings {
        webhooks: webhooks.expect("webhooks"),
        ..settings()
    }
}

const TEAM: &str = r#"{"key": "crm", "url": "https://crm.example/in", "side": "team"}"#;
const PUBLIC: &str = r#"{"key": "shop", "url": "https://shop.example/in", "side": "customer"}"#;

fn planned(settings: Settings, commands: &[Command]) -> Option<Plan> {
    let plan = Pure::with(settings).plan("root", &open_by("ada"), commands);
    plan.expect("allowed")
}

fn said(call: &Call) -> serde_json::Value {
    serde_json::from_str(&call.body).expect("JSON")
}

/// Who is called, by the calls of a plan.
fn called(plan: &Plan) -> Vec<&str> {
    plan.calls
        .iter()
        .map(|call| call.webhook.as_str())
        .collect()
}

async fn calls(world: &World, ticket: TicketId) -> Vec<Call> {
    let calls = world.store.calls(ticket).await.expect("read");
    calls.into_iter().map(|status| status.call).collect()
}

#[test]
fn the_team_is_told_of_a_commit_by_names() {
    let reply = Command::Reply(body("Open the lid.").into());
    let plan = planned(with(&[TEAM]), &[reply, Command::Tag(read("jam"))]).expect("a plan");
    let [call] = plan.calls.as_slice() else {
        panic!("one call for a commit: {:?}", plan.calls);
    };
    assert_eq!(
        call.about.map(|about| about.version),
        Some(plan.ticket.version)
    );
    assert_eq!(call.created_at, plan.ticket.updated_at);
    let (ticket, message) = (&plan.ticket, plan.messages[0].id);
    let expected = serde_json::json!({
        "type": "ticket.changed",
        "timestamp": "2026-03-02T09:00:00.000000Z",
        "data": {
            "ticket": {
                "id": ticket.id, "number": 1, "version": 2, "subject": "Printer jam",
                "queue": "support", "status": "open", "category": "open",
                "priority": "normal", "requester": "ada", "organization": "acme",
                "assignee": null,
            },
            "events": [
                {
                    "version": 2, "index": 0, "at": "2026-03-02T09:00:00.000000Z",
                    "actor": {"kind": "person", "id": "root"},
                    "cause": {"kind": "request", "channel": "host"},
                    "event": "replied", "message": message, "mail": null, "side": "team",
                },
                {
                    "version": 2, "index": 1, "at": "2026-03-02T09:00:00.000000Z",
                    "actor": {"kind": "person", "id": "root"},
                    "cause": {"kind": "request", "channel": "host"},
                    "event": "status_changed", "from": "new", "to": "open", "category": "open",
                },
                {
                    "version": 2, "index": 2, "at": "2026-03-02T09:00:00.000000Z",
                    "actor": {"kind": "person", "id": "root"},
                    "cause": {"kind": "request", "channel": "host"},
                    "event": "tagged", "tag": "jam",
                },
            ],
        },
    });
    assert_eq!(said(call), expected);
    assert!(!call.body.contains("lid"), "no words of a message");
}

#[test]
fn customers_are_told_of_a_commit_what_they_may_know() {
    let commands = [
        Command::Reply(body("Open the lid.").into()),
        Command::Note(body("Again.").into()),
        Command::SetField {
            field: read("order"),
            value: Some(FieldValue::Text("A 7".to_owned())),
        },
    ];
    let plan = planned(with(&[PUBLIC]), &commands).expect("a plan");
    let expected = serde_json::json!({
        "type": "ticket.changed",
        "timestamp": "2026-03-02T09:00:00.000000Z",
        "data": {
            "ticket": {
                "number": 1, "subject": "Printer jam", "status": "Open", "category": "open",
                "requester": "ada", "created_at": "2026-03-02T09:00:00.000000Z",
                "updated_at": "2026-03-02T09:00:00.000000Z", "message_count": 2,
                "fields": {"order": {"type": "text", "value": "A 7"}},
            },
            "changes": [
                {"change": "replied", "message": plan.messages[0].id},
                {"change": "status_changed"},
            ],
        },
    });
    assert_eq!(said(&plan.calls[0]), expected);
}

#[test]
fn an_opening_is_told_as_one() {
    let pure = Pure::with(with(&[TEAM, PUBLIC]));
    let plan = pure.open("ada", &open("Printer jam", "It is stuck."));
    let plan = plan.expect("opened");
    assert_eq!(called(&plan), ["crm", "shop"]);
    for call in &plan.calls {
        assert_eq!(said(call)["type"], "ticket.opened");
        assert!(!call.body.contains("stuck"), "{}", call.body);
    }
    assert_eq!(said(&plan.calls[0])["data"]["events"][0]["event"], "opened");
    let change = &said(&plan.calls[1])["data"]["changes"][0];
    assert_eq!(change["change"], "opened");
}

#[test]
fn a_webhook_is_told_of_the_kinds_and_queues_that_it_names() {
    let named = |events: &str, queues: &str| {
        let url = "https://crm.example/in";
        let webhook = format!(
            r#"{{"key": "crm", "url": "{url}", "side": "team", "events": {events}, "queues": {queues}}}"#
        );
        with(&[&webhook])
    };
    let solve = || Command::SetStatus { to: read("solved") };
    let both = [solve(), Command::Tag(read("jam"))];
    let plan = planned(named(r#"["status_changed"]"#, "[]"), &both).expect("a plan");
    let events = &said(&plan.calls[0])["data"]["events"];
    assert_eq!(events.as_array().map(Vec::len), Some(1));
    assert_eq!(events[0]["event"], "status_changed");
    let none = planned(named(r#"["status_changed"]"#, "[]"), &both[1..]);
    assert_eq!(called(&none.expect("a plan")), [""; 0]);

    let queues = |queue: &str, command: Command| {
        let plan = planned(named("[]", &format!("[\"{queue}\"]")), &[command]);
        plan.expect("a plan").calls.len()
    };
    assert_eq!(queues("support", solve()), 1);
    assert_eq!(queues("billing", solve()), 0);
    let away = || Command::Move {
        to: read("billing"),
    };
    assert_eq!(queues("support", away()), 1, "it leaves");
    assert_eq!(queues("billing", away()), 1, "it comes");
    assert_eq!(queues("repair", away()), 0);
}

#[test]
fn a_webhook_that_is_off_is_not_called() {
    let off = TEAM.replace('}', r#", "active": false}"#);
    let plan = planned(
        with(&[&off, PUBLIC]),
        &[Command::SetStatus { to: read("solved") }],
    );
    assert_eq!(called(&plan.expect("a plan")), ["shop"]);
}

#[test]
fn what_rules_do_is_told_with_what_they_react_to() {
    let rules =
        r#"[{"key": "r", "on": ["status_changed"], "then": [{"do": "tag", "with": "seen"}]}]"#;
    let rules: Vec<Rule> = serde_json::from_str(rules).expect("rules");
    let settings = Settings {
        rules,
        ..with(&[TEAM])
    };
    let plan = planned(settings, &[Command::SetStatus { to: read("solved") }]).expect("a plan");
    let events = said(&plan.calls[0])["data"]["events"].clone();
    let told: Vec<_> = events.as_array().into_iter().flatten().collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["actor"]["kind"], "rule");
}

#[test]
fn equal_inputs_give_equal_calls() {
    let plan = || {
        planned(
            with(&[TEAM, PUBLIC]),
            &[Command::SetStatus { to: read("solved") }],
        )
    };
    assert_eq!(plan(), plan());
}

/// Everything that the team can do to a ticket without customers' knowing, with secrets in it.
fn secret_commands() -> Vec<Command> {
    let mut note = Note::from(body(&format!("The {CANARY} did it.")));
    note.mentions = ["hank", "ada"].map(id).into();
    let about = HostSubject::new(read("canary-case"), "7").expect("a subject");
    vec![
        Command::Note(note),
        Command::Tag(read(CANARY)),
        Command::Assign { to: id("root") },
        Command::AddFollower(id("hank")),
        Command::SetField {
            field: read("cause"),
            value: Some(FieldValue::Text(CANARY.to_owned())),
        },
        Command::AddAbout(about),
        Command::Move {
            to: read("billing"),
        },
        Command::SetStatus {
            to: read("on_hold"),
        },
    ]
}

#[tokio::test]
async fn s17_a_webhook_of_customers_never_learns_what_they_may_not_know() {
    let world = World::with(with(&[PUBLIC])).await;
    let ticket = world.opened("ada").await.ticket;
    world
        .does("root", ticket, Command::SetStatus { to: read("open") })
        .await;
    let before = calls(&world, ticket).await.len();
    for command in secret_commands() {
        world.does("root", ticket, command).await;
    }
    let history = world.store.history(ticket, None).await.expect("read");
    assert!(history.len() > 8, "all of it happened");
    assert_eq!(calls(&world, ticket).await.len(), before, "nothing is told");

    let mut request = Request::new(ticket, Command::Reply(body("Done.").into()));
    request.commands.extend([
        Command::Untag(read(CANARY)),
        Command::Note(body(CANARY).into()),
        Command::SetStatus { to: read("solved") },
    ]);
    world
        .as_("root")
        .await
        .perform(request)
        .await
        .expect("done");
    let told = calls(&world, ticket).await;
    let last = told.last().expect("a call");
    for word in [
        CANARY, "root", "hank", "on_hold", "note", "billing", "version",
    ] {
        assert!(!last.body.contains(word), "{word}: {}", last.body);
    }
    let changes = &said(last)["data"]["changes"];
    assert_eq!(changes.as_array().map(Vec::len), Some(2), "{changes}");
    world.verify().await;
}

#[test]
fn s17_identities_tell_nothing_of_what_is_hidden() {
    let replied = |settings: Settings| {
        let reply = Command::Reply(body("Done.").into());
        planned(settings, &[reply]).expect("a plan")
    };
    let distance = |plan: &Plan| {
        let message = plan.messages[0].id.uuid().as_u128();
        plan.calls[0].id.uuid().as_u128().wrapping_sub(message)
    };
    let rules = r#"[{"key": "r", "on": ["team_replied"], "then": [
        {"do": "tag", "with": "seen"}, {"do": "assign", "with": "grace"},
        {"do": "add_follower", "with": "hank"}, {"do": "note", "with": "Between us."}]}]"#;
    let busy = Settings {
        rules: serde_json::from_str(rules).expect("rules"),
        ..with(&[PUBLIC, TEAM])
    };
    let (quiet, busy) = (replied(with(&[PUBLIC])), replied(busy));
    assert!(busy.events.len() > quiet.events.len() + 3, "much is hidden");
    assert!(busy.notices.len() > quiet.notices.len());
    assert_eq!(distance(&quiet), distance(&busy));
}

#[tokio::test]
async fn what_is_redacted_later_was_never_sent() {
    let world = World::with(with(&[TEAM, PUBLIC])).await;
    let ticket = world.opened("ada").await.ticket;
    let reply = world.reply("grace", ticket, "The code is 4711.").await;
    let posting = reply.posting.expect("a message");
    world.does("root", ticket, Command::Redact(posting)).await;
    let told = calls(&world, ticket).await;
    assert_eq!(told.len(), 6);
    for call in &told {
        assert!(!call.body.contains("4711"), "{}", call.body);
    }
    let Posting::Message(message) = posting else {
        panic!("a message");
    };
    let change = serde_json::json!({"change": "redacted", "message": message});
    let public = told.iter().filter(|call| call.webhook == read("shop"));
    let last = public.last().expect("a call");
    assert_eq!(said(last)["data"]["changes"][0], change);
}

#[tokio::test]
async fn a_repeated_request_is_told_once() {
    let world = World::with(with(&[TEAM])).await;
    let ticket = world.opened("ada").await.ticket;
    let key = ticket_core::plan::IdempotencyKey {
        scope: "root".to_owned(),
        key: "1".to_owned(),
        fingerprint: Digest::of(b"solve"),
    };
    let solve = Command::SetStatus { to: read("solved") };
    let request = Request::new(ticket, solve).once(key);
    for replayed in [false, true] {
        let receipt = world.as_("root").await.perform(request.clone()).await;
        assert_eq!(receipt.expect("done").replayed, replayed);
    }
    assert_eq!(calls(&world, ticket).await.len(), 2);
}

#[tokio::test]
async fn verify_sees_calls_that_say_too_much_or_tell_of_nothing() {
    let findings = async |spoil: fn(&mut Call)| {
        let world = World::with(with(&[PUBLIC])).await;
        let pure = Pure::with(with(&[PUBLIC]));
        let mut plan = pure.open("ada", &open("Jam", "Stuck.")).expect("opened");
        spoil(&mut plan.calls[0]);
        world.store.commit(&plan, None).await.expect("written");
        let report = world.desk.verify().await.expect("a report");
        assert_eq!(report.checked["calls"], 1);
        let rules = report.findings.into_iter().map(|one| one.rule);
        rules.collect::<Vec<_>>()
    };
    assert_eq!(findings(|_| {}).await, [""; 0]);
    let more = |call: &mut Call| {
        call.body = call
            .body
            .replacen("\"number\"", "\"assignee\":\"root\",\"number\"", 1);
    };
    assert_eq!(findings(more).await, ["privacy"]);
    let other = |call: &mut Call| {
        let about = call.about.as_mut().expect("a commit");
        about.version = about.version.next();
    };
    assert_eq!(findings(other).await, ["atomicity", "stray"]);
}
