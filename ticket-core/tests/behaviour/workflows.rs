//! Steps of the workflow: rights, required fields, moves between workflows, links.

use ticket_core::authority::Denial;
use ticket_core::command::Command;
use ticket_core::desk::Request;
use ticket_core::field::FieldValue;
use ticket_core::refusal::Refusal;
use ticket_core::ticket::{Link, LinkKind, Ticket};
use ticket_core::value::TicketId;
use ticket_core::workflow::{Category, TransitionRight};

use crate::world::{Pure, World, act, id, open_by, read, refused, settings};

fn goes(to: &str) -> Command {
    Command::SetStatus { to: read(to) }
}

fn moves(to: &str) -> Command {
    Command::Move { to: read(to) }
}

fn assigned(to: &str) -> Command {
    Command::Assign { to: id(to) }
}

/// A ticket on the bench of `repair`, whose way to `done` needs the assignee and a cause.
fn on_the_bench() -> (Pure, Ticket) {
    let pure = Pure::new();
    let steps = [
        ("grace", goes("open")),
        ("root", moves("repair")),
        ("root", assigned("root")),
    ];
    let ticket = act(&pure, open_by("ada"), &steps);
    assert_eq!(ticket.status, read("bench"));
    (pure, ticket)
}

#[test]
fn a_step_that_is_not_there_is_refused_with_those_that_are() {
    let (pure, ticket) = on_the_bench();
    let refusal = pure
        .plan("root", &ticket, &[goes("new")])
        .expect_err("refused");
    let expected = Refusal::NoTransition {
        from: read("bench"),
        to: read("new"),
        allowed: [read("done")].into(),
    };
    assert_eq!(refusal, expected);
}

#[test]
fn a_step_needs_its_fields_set_first() {
    let (pure, ticket) = on_the_bench();
    let refusal = pure
        .plan("root", &ticket, &[goes("done")])
        .expect_err("refused");
    let fields = [read("cause")].into();
    assert_eq!(
        refusal,
        Refusal::FieldsMissing {
            to: read("done"),
            fields
        }
    );
    let field = Command::SetField {
        field: read("cause"),
        value: Some(FieldValue::Text("dust".to_owned())),
    };
    let plan = pure.plan("root", &ticket, &[field, goes("done")]);
    let done = plan.expect("allowed").expect("a change").ticket;
    assert_eq!(done.category, Category::Solved);
    assert_eq!(done.solved_at, Some(pure.now));
}

#[test]
fn each_right_lets_its_people_take_the_step() {
    let rows = [
        (TransitionRight::Agents, "hank grace root rule system"),
        (TransitionRight::Assignee, "hank root rule system"),
        (TransitionRight::Admins, "root rule system"),
        (
            TransitionRight::Requester,
            "ada hank grace root rule system",
        ),
    ];
    for (right, expected) in rows {
        let mut settings = settings();
        for step in &mut settings.workflows[0].transitions {
            if step.to == read("solved") {
                step.right = right;
            }
        }
        let pure = Pure::with(settings);
        let mut ticket = act(&pure, open_by("ada"), &[("root", assigned("hank"))]);
        ticket.cc.insert(id("cal"));
        let people = "ada cal bob hank grace ivan lilo root rule system";
        let may = people
            .split(' ')
            .filter(|by| pure.plan(by, &ticket, &[goes("solved")]).is_ok());
        assert_eq!(may.collect::<Vec<_>>().join(" "), expected, "{right:?}");
    }
}

#[test]
fn customers_learn_no_status_and_no_field_from_a_refusal() {
    let mut settings = settings();
    for step in &mut settings.workflows[0].transitions {
        if step.to == read("solved") {
            step.requires.insert(read("cause"));
        }
    }
    let pure = Pure::with(settings);
    let held = act(&pure, open_by("ada"), &[("grace", goes("on_hold"))]);
    let open = act(&pure, open_by("ada"), &[("grace", goes("open"))]);
    for to in ["new", "open", "on_hold", "pending", "solved", "nowhere"] {
        let answers = [&held, &open].map(|ticket| pure.plan("ada", ticket, &[goes(to)]));
        for answer in answers {
            assert_eq!(answer, Err(Refusal::Denied(Denial::TeamOnly)), "{to}");
        }
    }
}

#[test]
fn a_requester_solves_again_what_is_solved_without_a_change() {
    let pure = Pure::new();
    let solved = act(&pure, open_by("ada"), &[("ada", goes("solved"))]);
    assert_eq!(pure.plan("ada", &solved, &[goes("solved")]), Ok(None));
}

#[test]
fn a_move_keeps_maps_or_refuses_the_status() {
    let rows = [
        ("new", "billing", Ok("new")),
        ("pending", "billing", Ok("pending")),
        ("new", "repair", Ok("new")),
        ("open", "repair", Ok("bench")),
        ("solved", "repair", Ok("done")),
        ("pending", "repair", Err("no_counterpart")),
        ("on_hold", "repair", Err("no_counterpart")),
    ];
    for (status, to, expected) in rows {
        let pure = Pure::new();
        let ticket = match status {
            "new" => open_by("ada"),
            status => act(&pure, open_by("ada"), &[("root", goes(status))]),
        };
        let outcome = pure.plan("grace", &ticket, &[moves(to)]);
        let found = outcome
            .as_ref()
            .map(|plan| plan.as_ref().map_or("", |plan| plan.ticket.status.as_str()))
            .map_err(Refusal::code);
        assert_eq!(found, expected, "{status} to {to}");
    }
}

#[test]
fn who_cannot_work_there_is_responsible_no_more() {
    for (assignee, to, stays) in [
        ("grace", "billing", false),
        ("root", "billing", true),
        ("grace", "repair", false),
    ] {
        let pure = Pure::new();
        let ticket = act(&pure, open_by("ada"), &[("root", assigned(assignee))]);
        let moved = pure.after("grace", &ticket, moves(to));
        assert_eq!(moved.assignee.is_some(), stays, "{assignee} to {to}");
    }
}

#[test]
fn a_sleeper_that_moves_to_where_its_status_is_done_wakes() {
    let pure = Pure::new();
    let until = pure.now.plus(crate::world::days(3));
    let steps = [
        ("root", goes("on_hold")),
        ("root", Command::Snooze { until }),
    ];
    let asleep = act(&pure, open_by("ada"), &steps);
    assert_eq!(asleep.snoozed_until, Some(until));
    let moved = pure.after("root", &asleep, moves("billing"));
    assert_eq!(moved.snoozed_until, Some(until), "it is not done there");
    // Since then the settings have made done of its status.
    let mut settings = settings();
    let statuses = &mut settings.workflows[0].statuses;
    let held = statuses.iter_mut().find(|one| one.key == read("on_hold"));
    held.expect("a status").category = Category::Solved;
    for statuses in settings.workflows[1].counterparts.values_mut() {
        statuses.insert(read("on_hold"), read("done"));
    }
    let pure = Pure::with(settings);
    let moved = pure.after("root", &asleep, moves("repair"));
    assert_eq!(moved.category, Category::Solved);
    assert_eq!(moved.snoozed_until, None);
}

#[test]
fn what_is_done_does_not_sleep_however_it_was_done() {
    let snooze = Command::Snooze {
        until: read("2026-06-01T00:00:00Z"),
    };
    let mut settings = settings();
    let workflow = &mut settings.workflows[0];
    workflow
        .on_agent_reply
        .insert(Category::Pending, read("solved"));
    workflow.timed[0].from = read("on_hold");
    let mut pure = Pure::with(settings);
    let reply = Command::Reply(crate::world::body("Done.").into());
    let pending = [("root", goes("pending")), ("root", snooze.clone())];
    let asleep = act(&pure, open_by("ada"), &pending);
    assert!(pure.after("grace", &asleep, reply).snoozed_until.is_none());
    assert!(
        pure.after("grace", &asleep, goes("solved"))
            .snoozed_until
            .is_none()
    );
    let held = [("root", goes("on_hold")), ("root", snooze.clone())];
    let held = act(&pure, open_by("ada"), &held);
    pure.now = read("2026-04-01T00:00:00Z");
    let closed = pure.after("system", &held, Command::Tick);
    assert_eq!(
        (closed.category, closed.snoozed_until),
        (Category::Closed, None)
    );
    let again = pure.plan("root", &closed, &[snooze]);
    assert_eq!(again.expect_err("refused").code(), "invalid");
}

#[test]
fn waking_goes_where_the_workflow_says_if_the_ticket_waited() {
    let until = read("2026-03-09T09:00:00Z");
    for (status, after) in [("pending", "open"), ("on_hold", "open"), ("open", "open")] {
        let mut pure = Pure::new();
        let steps = [("root", goes(status)), ("root", Command::Snooze { until })];
        let asleep = act(&pure, open_by("ada"), &steps);
        pure.now = until;
        for (by, command) in [("system", Command::Tick), ("grace", Command::Wake)] {
            let awake = pure.after(by, &asleep, command);
            assert_eq!((awake.status.as_str(), awake.snoozed_until), (after, None));
        }
    }
}

#[test]
fn a_ticket_of_a_queue_that_is_gone_wakes_all_the_same() {
    let until = read("2026-03-09T09:00:00Z");
    let mut pure = Pure::new();
    let mut asleep = act(
        &pure,
        open_by("ada"),
        &[("root", Command::Snooze { until })],
    );
    asleep.queue = read("gone");
    asleep.category = Category::Pending;
    pure.now = until;
    let awake = pure.after("system", &asleep, Command::Tick);
    assert_eq!(awake.snoozed_until, None);
}

/// Links, with the look-ups that the desk makes.
struct Links(World);

impl Links {
    async fn tickets(count: usize) -> (Self, Vec<TicketId>) {
        let world = World::new().await;
        let mut tickets = Vec::new();
        for _ in 0..count {
            tickets.push(world.opened("ada").await.ticket);
        }
        (Self(world), tickets)
    }

    async fn link(&self, from: TicketId, kind: LinkKind, to: TicketId) -> &'static str {
        let link = Command::Link(Link { kind, to });
        let outcome = self
            .0
            .as_("grace")
            .await
            .perform(Request::new(from, link))
            .await;
        match outcome {
            Ok(_) => "linked",
            outcome => refused(outcome).code(),
        }
    }
}

#[tokio::test]
async fn a_chain_of_links_never_comes_back() {
    let kinds = [
        (LinkKind::Duplicates, "link_cycle"),
        (LinkKind::DependsOn, "link_cycle"),
        (LinkKind::ChildOf, "link_cycle"),
        (LinkKind::FollowUpOf, "link_cycle"),
        (LinkKind::Relates, "linked"),
    ];
    for (kind, expected) in kinds {
        let (links, tickets) = Links::tickets(6).await;
        assert_eq!(links.link(tickets[0], kind, tickets[0]).await, "link_cycle");
        for pair in tickets.windows(2) {
            assert_eq!(links.link(pair[0], kind, pair[1]).await, "linked");
        }
        assert_eq!(links.link(tickets[1], kind, tickets[0]).await, expected);
        assert_eq!(links.link(tickets[5], kind, tickets[0]).await, expected);
        assert_eq!(links.link(tickets[0], kind, tickets[5]).await, "linked");
    }
}

#[tokio::test]
async fn links_of_different_kinds_make_no_cycle() {
    let (links, tickets) = Links::tickets(2).await;
    assert_eq!(
        links.link(tickets[0], LinkKind::ChildOf, tickets[1]).await,
        "linked"
    );
    assert_eq!(
        links
            .link(tickets[1], LinkKind::DependsOn, tickets[0])
            .await,
        "linked"
    );
}

#[tokio::test]
async fn a_link_to_what_one_may_not_see_is_a_link_to_nothing() {
    let (links, tickets) = Links::tickets(2).await;
    links.0.does("root", tickets[1], moves("billing")).await;
    let hidden = links.link(tickets[0], LinkKind::Relates, tickets[1]).await;
    assert_eq!(hidden, "not_found");
}
