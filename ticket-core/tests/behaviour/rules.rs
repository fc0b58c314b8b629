//! Rules: in order, each at most once, seeing what came before, and never in anybody's way.

use ticket_core::command::{Command, Reply};
use ticket_core::desk::Request;
use ticket_core::plan::Plan;
use ticket_core::react::Rule;
use ticket_core::settings::Settings;
use ticket_core::ticket::{ActorRef, Priority};

use crate::world::{Pure, World, body, id, open, open_by, read, settings};

fn with_rules(rules: &str) -> Settings {
    let rules: Vec<Rule> = serde_json::from_str(rules).expect("rules");
    Settings {
        rules,
        ..settings()
    }
}

fn raise() -> Command {
    Command::SetPriority { to: Priority::High }
}

fn planned(rules: &str, by: &str, command: Command) -> Plan {
    let pure = Pure::with(with_rules(rules));
    let plan = pure.plan(by, &open_by("ada"), &[command]);
    plan.expect("allowed").expect("a change")
}

fn trace(plan: &Plan) -> Vec<(&str, bool, bool)> {
    let traces = plan.trace.iter();
    traces
        .map(|trace| (trace.rule.as_str(), trace.changed, trace.refused.is_some()))
        .collect()
}

const ONE_AFTER_THE_OTHER: &str = r#"[
    {"key": "second", "on": ["changed"], "when": [{"negated": false, "test": {"test": "tag", "value": ["a"]}}],
     "then": [{"do": "tag", "with": "b"}]},
    {"key": "first", "on": ["changed"], "then": [{"do": "tag", "with": "a"}]},
    {"key": "third", "on": ["changed"], "when": [{"negated": false, "test": {"test": "tag", "value": ["b"]}}],
     "then": [{"do": "tag", "with": "c"}]}
]"#;

#[test]
fn rules_run_in_order_and_begin_anew_for_what_others_changed() {
    let plan = planned(ONE_AFTER_THE_OTHER, "grace", raise());
    let expected = [
        ("first", true, false),
        ("second", true, false),
        ("third", true, false),
    ];
    assert_eq!(trace(&plan), expected);
    assert_eq!(plan.ticket.tags.len(), 3);
    assert_eq!(plan.ticket.version.get(), 2, "one commit");
}

#[test]
fn a_later_rule_sees_what_an_earlier_one_changed() {
    let rules = r#"[
        {"key": "up", "on": ["changed"], "then": [{"do": "set_priority", "with": "urgent"}]},
        {"key": "not-high", "on": ["changed"],
         "when": [{"negated": false, "test": {"test": "priority", "value": ["equal", "high"]}}],
         "then": [{"do": "tag", "with": "wrong"}]},
        {"key": "urgent", "on": ["changed"],
         "when": [{"negated": false, "test": {"test": "priority", "value": ["equal", "urgent"]}}],
         "then": [{"do": "tag", "with": "right"}]}
    ]"#;
    let plan = planned(rules, "grace", raise());
    assert_eq!(plan.ticket.tags, [read("right")].into());
}

#[test]
fn two_rules_that_undo_each_other_come_to_an_end() {
    let rules = r#"[
        {"key": "low", "on": ["changed"], "then": [{"do": "set_priority", "with": "low"}]},
        {"key": "urgent", "on": ["changed"], "then": [{"do": "set_priority", "with": "urgent"}]}
    ]"#;
    let plan = planned(rules, "grace", raise());
    assert_eq!(
        trace(&plan),
        [("low", true, false), ("urgent", true, false)]
    );
    assert_eq!(plan.ticket.priority, Priority::Urgent);
}

#[test]
fn a_rule_that_changes_nothing_leaves_no_event() {
    let rules =
        r#"[{"key": "same", "on": ["changed"], "then": [{"do": "set_priority", "with": "high"}]}]"#;
    let plan = planned(rules, "grace", raise());
    assert_eq!(trace(&plan), [("same", false, false)]);
    assert_eq!(plan.events.len(), 1);
}

#[test]
fn a_refused_action_stops_neither_the_rule_nor_what_somebody_did() {
    let rules = r#"[{"key": "odd", "on": ["changed"], "then": [
        {"do": "assign", "with": "eve"}, {"do": "tag", "with": "seen"}, {"do": "set_status", "with": "new"}
    ]}]"#;
    let pure = Pure::with(with_rules(rules));
    let pending = Command::SetStatus {
        to: read("pending"),
    };
    let ticket = Pure::new().after("grace", &open_by("ada"), pending);
    let plan = pure
        .plan("grace", &ticket, &[raise()])
        .expect("allowed")
        .expect("a change");
    assert_eq!(trace(&plan), [("odd", true, true)]);
    assert_eq!(plan.ticket.priority, Priority::High);
    assert_eq!(plan.ticket.tags, [read("seen")].into());
}

#[test]
fn each_trigger_is_pulled_by_its_events() {
    let triggers = [
        "opened",
        "customer_replied",
        "team_replied",
        "status_changed",
        "assignee_changed",
        "moved",
        "changed",
    ];
    let says = || Command::Reply(Reply::from(body("Well.")));
    let cases = [
        ("ada", says(), "customer_replied"),
        ("grace", says(), "team_replied status_changed"),
        ("grace", Command::Take, "assignee_changed"),
        (
            "grace",
            Command::SetStatus {
                to: read("pending"),
            },
            "status_changed",
        ),
        (
            "grace",
            Command::Snooze {
                until: read("2027-01-01T00:00:00Z"),
            },
            "status_changed",
        ),
        (
            "grace",
            Command::Move {
                to: read("billing"),
            },
            "moved",
        ),
        ("grace", raise(), "changed"),
        ("grace", Command::Note(body("Hm.").into()), "changed"),
    ];
    for (by, command, expected) in cases {
        let pulled = triggers.into_iter().filter(|trigger| {
            let rules = format!(
                r#"[{{"key": "one", "on": ["{trigger}"], "then": [{{"do": "tag", "with": "x"}}]}}]"#
            );
            !planned(&rules, by, command.clone()).trace.is_empty()
        });
        let mut pulled: Vec<&str> = pulled.collect();
        let mut expected: Vec<&str> = expected.split(' ').collect();
        pulled.sort_unstable();
        expected.sort_unstable();
        assert_eq!(pulled, expected, "{command:?}");
    }
    let rules =
        r#"[{"key": "one", "on": ["opened"], "then": [{"do": "note", "with": "Welcome."}]}]"#;
    let plan = Pure::with(with_rules(rules)).open("ada", &open("Jam", "Stuck."));
    let plan = plan.expect("opened");
    assert_eq!(plan.notes.len(), 1);
    assert_eq!(plan.notes[0].author, ActorRef::Rule { key: read("one") });
}

#[test]
fn a_rule_reads_words_of_this_commit_only() {
    let rules = r#"[{"key": "refund", "on": ["customer_replied"],
        "when": [{"negated": false, "test": {"test": "text", "value": ["money", "back"]}}],
        "then": [{"do": "tag", "with": "refund"}]}]"#;
    let says = |text: &str| Command::Reply(Reply::from(body(text)));
    let tagged = planned(rules, "ada", says("I want my MONEY back!"));
    assert_eq!(tagged.ticket.tags.len(), 1);
    assert!(
        planned(rules, "ada", says("My back hurts, no money."))
            .ticket
            .tags
            .is_empty()
    );
}

#[tokio::test]
async fn what_a_rule_names_is_looked_up() {
    let rules = r#"[{"key": "all", "on": ["opened"], "then": [
        {"do": "assign", "with": "hank"}, {"do": "add_follower", "with": "root"},
        {"do": "set_field", "with": ["expert", "eve"]}, {"do": "set_field", "with": ["seats", "4"]}
    ]}]"#;
    let world = World::with(with_rules(rules)).await;
    let ticket = world.opened("ada").await.ticket;
    let ticket = world.ticket(ticket).await;
    assert_eq!(ticket.assignee, Some(id("hank")));
    assert!(ticket.followers.contains(&id("root")));
    assert_eq!(ticket.fields.len(), 2, "{:?}", ticket.fields);
    world.verify().await;
}

#[tokio::test]
async fn a_rule_moves_and_the_other_queue_hears_of_it() {
    let rules =
        r#"[{"key": "money", "on": ["opened"], "then": [{"do": "move", "with": "billing"}]}]"#;
    let world = World::with(with_rules(rules)).await;
    let ticket = world.opened("ada").await.ticket;
    assert_eq!(world.ticket(ticket).await.queue, read("billing"));
    let told: Vec<String> = world
        .notices(ticket)
        .await
        .iter()
        .map(|status| status.notice.person.to_string())
        .collect();
    assert_eq!(told, ["ada", "ivan"]);
}

#[tokio::test]
async fn a_dry_run_shows_what_the_real_run_does() {
    let world = World::with(with_rules(ONE_AFTER_THE_OTHER)).await;
    let ticket = world.opened("ada").await.ticket;
    let grace = world.as_("grace").await;
    let request = Request::new(ticket, raise());
    let preview = grace
        .preview(&request)
        .await
        .expect("seen")
        .expect("a change");
    assert_eq!(
        world.ticket(ticket).await.version.get(),
        1,
        "nothing was written"
    );
    grace.perform(request.clone()).await.expect("done");
    assert_eq!(world.ticket(ticket).await, preview.ticket);
    let history = grace.history(ticket).await.expect("a history");
    let events: Vec<_> = history.iter().skip(1).map(|one| &one.event).collect();
    let shown: Vec<_> = preview.events.iter().map(|one| &one.event).collect();
    assert_eq!(events, shown);
    assert!(grace.preview(&request).await.expect("seen").is_none());
}
