//! The settings of workflows, each with a change and what it changes.

use std::collections::BTreeSet;

use ticket_core::settings::Settings;
use ticket_core::workflow::{Category, OnReply, Transition, TransitionRight};

use crate::settings_change_things::Row;
use crate::stories::{clock, letters, moves, replies, steps, views};
use crate::world::read;

/// The step to `closed`.
fn closing(settings: &mut Settings) -> &mut Transition {
    &mut settings.workflows[0].transitions[4]
}

fn on_reply(settings: &mut Settings, category: Category, does: OnReply) {
    settings.workflows[0]
        .on_customer_reply
        .insert(category, does);
}

fn later_follow_up(settings: &mut Settings, reopen_to: &str) {
    let does = OnReply::FollowUp {
        after_seconds: 864_000,
        reopen_to: read(reopen_to),
    };
    on_reply(settings, Category::Closed, does);
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        (
            "workflows[].statuses[].key",
            |s| {
                s.workflows[0].statuses[3].key = read("parked");
                s.workflows[0].transitions[2].to = read("parked");
            },
            steps,
            "+grace parked: ok",
        ),
        (
            "workflows[].statuses[].name",
            |s| s.workflows[0].statuses[1].name = "At work".into(),
            letters,
            "+Status: At work.",
        ),
        (
            "workflows[].statuses[].public_name",
            |s| s.workflows[0].statuses[2].public_name = Some("Your turn".into()),
            views,
            "+pending: Your turn pending",
        ),
        (
            "workflows[].statuses[].category",
            |s| s.workflows[0].statuses[2].category = Category::OnHold,
            views,
            "+pending: Open open",
        ),
        (
            "workflows[].initial",
            |s| {
                s.workflows[0].initial = read("open");
                closing(s).to = read("new");
            },
            views,
            "+fresh: Open open",
        ),
        (
            "workflows[].transitions[].from",
            |s| closing(s).from = [read("pending")].into(),
            steps,
            "+grace closed: no_transition",
        ),
        (
            "workflows[].transitions[].to",
            |s| closing(s).to = read("new"),
            steps,
            "+grace closed: no_transition",
        ),
        (
            "workflows[].transitions[].right",
            |s| closing(s).right = TransitionRight::Admins,
            steps,
            "+grace closed: denied",
        ),
        (
            "workflows[].transitions[].requires",
            |s| closing(s).requires = [read("cause")].into(),
            steps,
            "+grace closed: fields_missing",
        ),
        (
            "workflows[].on_customer_reply.*.does",
            |s| on_reply(s, Category::Pending, OnReply::Keep),
            replies,
            "+customer on pending: here pending",
        ),
        (
            "workflows[].on_customer_reply.*.to",
            |s| on_reply(s, Category::Pending, OnReply::Reopen { to: read("new") }),
            replies,
            "+customer on pending: here new",
        ),
        (
            "workflows[].on_customer_reply.*.after_seconds",
            |s| later_follow_up(s, "open"),
            replies,
            "+customer on closed: here open",
        ),
        (
            "workflows[].on_customer_reply.*.reopen_to",
            |s| later_follow_up(s, "on_hold"),
            replies,
            "+customer on closed: here on_hold",
        ),
        (
            "workflows[].on_agent_reply",
            |s| s.workflows[0].on_agent_reply = [(Category::New, read("pending"))].into(),
            replies,
            "+team on new: pending",
        ),
        (
            "workflows[].on_wake",
            |s| s.workflows[0].on_wake = None,
            clock,
            "+woke: pending",
        ),
        (
            "workflows[].timed[].from",
            |s| s.workflows[0].timed[0].from = read("on_hold"),
            clock,
            "+five days after solved: solved",
        ),
        (
            "workflows[].timed[].after_seconds",
            |s| s.workflows[0].timed[0].after_seconds *= 2,
            clock,
            "+five days after solved: solved",
        ),
        (
            "workflows[].timed[].to",
            |s| s.workflows[0].timed[0].to = read("pending"),
            clock,
            "+five days after solved: pending",
        ),
        (
            "workflows[].counterparts",
            |s| {
                s.workflows[1].counterparts.clear();
                s.workflows[1].transitions.push(Transition {
                    from: [read("done")].into(),
                    to: read("new"),
                    right: TransitionRight::Agents,
                    requires: BTreeSet::new(),
                });
            },
            moves,
            "+open to repair: no_counterpart",
        ),
    ]
}
