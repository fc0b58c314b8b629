//! Workflows that don't hold together are refused with the place named.

use std::collections::{BTreeMap, BTreeSet};

use super::{Category, OnReply, Status, Timed, Transition, TransitionRight, Workflow, unreachable};
use crate::value::StatusKey;

fn key(text: &str) -> StatusKey {
    StatusKey::new(text).expect("a key")
}

fn status(text: &str, category: Category) -> Status {
    Status {
        key: key(text),
        name: text.to_owned(),
        public_name: None,
        category,
    }
}

fn step(from: &[&str], to: &str) -> Transition {
    Transition {
        from: from.iter().map(|from| key(from)).collect(),
        to: key(to),
        right: TransitionRight::Agents,
        requires: BTreeSet::new(),
    }
}

fn timed(from: &str, after_seconds: u64, to: &str) -> Timed {
    Timed {
        from: key(from),
        after_seconds,
        to: key(to),
    }
}

fn other() -> Workflow {
    Workflow {
        key: "other".parse().expect("a key"),
        ..Workflow::standard()
    }
}

/// The places of the problems that a change of the standard workflow makes.
fn places(change: impl FnOnce(&mut Workflow)) -> Vec<String> {
    let mut workflow = Workflow::standard();
    change(&mut workflow);
    let all = [workflow.clone(), other()];
    let problems = workflow.problems(&[], &all);
    problems.into_iter().map(|problem| problem.place).collect()
}

#[test]
fn the_standard_workflow_holds_together() {
    assert_eq!(places(|_| {}), Vec::<String>::new());
    assert_eq!(unreachable(&[Workflow::standard()]), []);
}

#[test]
fn statuses_are_unique_and_named() {
    assert_eq!(
        places(|workflow| {
            workflow.statuses.push(status("open", Category::Open));
            workflow.statuses[1].name = "a\nb".to_owned();
            workflow.statuses[2].public_name = Some(String::new());
        }),
        [
            "statuses[1].name",
            "statuses[2].public_name",
            "statuses[6].key"
        ]
    );
    let none = |workflow: &mut Workflow| workflow.statuses.clear();
    assert_eq!(places(none)[0], "statuses");
    let many = |workflow: &mut Workflow| {
        let number = |n| status(&format!("s{n}"), Category::Open);
        workflow.statuses.extend((0..200).map(number));
    };
    assert_eq!(places(many), ["statuses"]);
}

#[test]
fn a_ticket_begins_new_or_open() {
    assert_eq!(
        places(|workflow| workflow.initial = key("gone")),
        ["initial"]
    );
    assert_eq!(
        places(|workflow| workflow.initial = key("solved")),
        ["initial"]
    );
    assert!(places(|workflow| workflow.initial = key("open")).is_empty());
}

#[test]
fn transitions_name_what_is_there_and_are_unique() {
    let of = |steps: Vec<Transition>| places(|workflow| workflow.transitions.extend(steps));
    assert_eq!(of(vec![step(&["new"], "gone")]), ["transitions[5].to"]);
    assert_eq!(
        of(vec![step(&["new", "gone"], "open")]),
        ["transitions[5].from"]
    );
    assert_eq!(of(vec![step(&["open"], "open")]), ["transitions[5].to"]);
    assert_eq!(of(vec![step(&[], "open")]), ["transitions[5]"]);
    assert!(of(vec![step(&["new"], "open")]).is_empty());
    let twice = vec![step(&["new"], "open"), step(&["pending", "new"], "open")];
    assert_eq!(of(twice), ["transitions[6]"]);
    let mut requiring = step(&["new"], "solved");
    requiring.requires.insert("gone".parse().expect("a key"));
    assert_eq!(of(vec![requiring]), ["transitions[5].requires"]);
}

#[test]
fn replies_lead_to_statuses_where_somebody_looks() {
    let reopen = |to: &str| OnReply::Reopen { to: key(to) };
    let follow = |after_seconds, to: &str| OnReply::FollowUp {
        after_seconds,
        reopen_to: key(to),
    };
    for (reaction, place) in [
        (reopen("gone"), "on_customer_reply.solved.to"),
        (reopen("closed"), "on_customer_reply.solved.to"),
        (follow(0, "gone"), "on_customer_reply.solved.reopen_to"),
        (follow(0, "solved"), "on_customer_reply.solved.reopen_to"),
        (
            follow(u64::MAX, "open"),
            "on_customer_reply.solved.after_seconds",
        ),
    ] {
        let found = places(|workflow| {
            workflow
                .on_customer_reply
                .insert(Category::Solved, reaction);
        });
        assert_eq!(found, [place]);
    }
    let agent = places(|workflow| {
        workflow
            .on_agent_reply
            .insert(Category::OnHold, key("gone"));
    });
    assert_eq!(agent, ["on_agent_reply.on_hold"]);
    assert_eq!(
        places(|workflow| workflow.on_wake = Some(key("gone"))),
        ["on_wake"]
    );
}

#[test]
fn the_clock_takes_its_time() {
    let of = |steps: &[Timed]| places(|workflow| workflow.timed = steps.to_vec());
    let ten_years = 10 * 365 * 86_400;
    assert_eq!(of(&[timed("gone", 1, "open")]), ["timed[0].from"]);
    assert_eq!(of(&[timed("open", 1, "gone")]), ["timed[0].to"]);
    assert_eq!(of(&[timed("open", 1, "open")]), ["timed[0].to"]);
    assert_eq!(
        of(&[timed("open", 0, "pending")]),
        ["timed[0].after_seconds"]
    );
    assert_eq!(
        of(&[timed("open", ten_years, "pending")]),
        ["timed[0].after_seconds"]
    );
    assert!(of(&[timed("open", ten_years - 1, "pending")]).is_empty());
    let twice = [timed("open", 1, "pending"), timed("open", 2, "solved")];
    assert_eq!(of(&twice), ["timed[1].from"]);
}

#[test]
fn a_cycle_of_timed_steps_is_slow() {
    let cycle = |last| {
        let steps = vec![
            timed("new", 1, "open"),
            timed("open", 1_000, "pending"),
            timed("pending", 1_000, "on_hold"),
            timed("on_hold", last, "open"),
        ];
        places(|workflow| workflow.timed = steps)
    };
    assert_eq!(cycle(1_599), ["timed[1]"]);
    assert!(cycle(1_600).is_empty());
}

#[test]
fn counterparts_are_of_another_workflow_and_solve_nothing() {
    let of = |workflow: &str, pair: (&str, &str)| {
        let pairs = BTreeMap::from([(key(pair.0), key(pair.1))]);
        let other = workflow.parse().expect("a key");
        places(|workflow| workflow.counterparts = BTreeMap::from([(other, pairs)]))
    };
    assert!(of("other", ("pending", "open")).is_empty());
    assert_eq!(of("gone", ("open", "open")), ["counterparts.gone"]);
    assert_eq!(of("standard", ("open", "open")), ["counterparts.standard"]);
    assert_eq!(of("other", ("gone", "open")), ["counterparts.other.gone"]);
    assert_eq!(of("other", ("open", "gone")), ["counterparts.other.open"]);
    assert_eq!(of("other", ("open", "solved")), ["counterparts.other.open"]);
    assert_eq!(
        of("other", ("closed", "open")),
        ["counterparts.other.closed"]
    );
}

#[test]
fn a_problem_says_what_was_found_and_what_is_allowed() {
    let mut workflow = Workflow::standard();
    workflow.transitions.push(step(&["new"], "gone"));
    let problems = workflow.problems(&[], &[]);
    let expected = "transitions[5].to: \"gone\" is not allowed; a status of the workflow is: \
        new, open, pending, on_hold, solved, closed";
    assert_eq!(problems[0].to_string(), expected);
}

/// A workflow of two statuses without a way from the first to the second.
fn apart() -> Workflow {
    Workflow {
        key: "apart".parse().expect("a key"),
        statuses: vec![
            status("begun", Category::New),
            status("odd", Category::Pending),
        ],
        initial: key("begun"),
        transitions: Vec::new(),
        on_customer_reply: BTreeMap::new(),
        on_agent_reply: BTreeMap::new(),
        on_wake: None,
        timed: Vec::new(),
        counterparts: BTreeMap::new(),
    }
}

#[test]
fn each_way_makes_a_status_reachable() {
    assert_eq!(unreachable(&[apart()]), [(0, 1)]);
    let ways: [fn(&mut Workflow); 7] = [
        |workflow| workflow.transitions = vec![step(&["begun"], "odd")],
        |workflow| workflow.transitions = vec![step(&[], "odd")],
        |workflow| {
            let to = OnReply::Reopen { to: key("odd") };
            workflow.on_customer_reply.insert(Category::New, to);
        },
        |workflow| {
            let to = OnReply::FollowUp {
                after_seconds: 1,
                reopen_to: key("odd"),
            };
            workflow.on_customer_reply.insert(Category::New, to);
        },
        |workflow| {
            workflow.on_agent_reply.insert(Category::New, key("odd"));
        },
        |workflow| workflow.on_wake = Some(key("odd")),
        |workflow| workflow.timed = vec![timed("begun", 1, "odd")],
    ];
    for (at, way) in ways.into_iter().enumerate() {
        let mut workflow = apart();
        way(&mut workflow);
        assert_eq!(unreachable(&[workflow]), [], "way {at}");
    }
}

#[test]
fn a_move_makes_a_status_reachable_but_only_from_a_reachable_one() {
    let standard = Workflow::standard();
    let mut mapped = apart();
    let pairs = BTreeMap::from([(key("pending"), key("odd"))]);
    mapped.counterparts.insert(standard.key.clone(), pairs);
    assert_eq!(unreachable(&[standard, mapped]), []);
    let mut twin = apart();
    twin.key = "twin".parse().expect("a key");
    assert_eq!(unreachable(&[apart(), twin.clone()]), [(0, 1), (1, 1)]);
    twin.transitions.push(step(&[], "odd"));
    assert_eq!(unreachable(&[apart(), twin]), []);
}
