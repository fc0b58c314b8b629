//! Opening a ticket: for whom, on which side, with what.

use ticket_core::field::FieldValue;
use ticket_core::ticket::Priority;

use crate::commands::{letter, pure};
use crate::world::{id, open, read};

#[test]
fn somebody_may_open_for_themselves_and_the_team_for_others() {
    let rows = [
        ("ada", None, "."),
        ("ada", Some("eve"), "T"),
        ("ada", Some("gone"), "T"),
        ("eve", None, "."),
        ("ivan", None, "."),
        ("ivan", Some("ada"), "T"),
        ("grace", Some("ada"), "."),
        ("olga", Some("ada"), "."),
        ("lilo", None, "."),
        ("lilo", Some("ada"), "L"),
        ("root", Some("ada"), "."),
        ("system", Some("ada"), "."),
    ];
    for (by, requester, expected) in rows {
        let mut open = open("Jam", "Stuck.");
        open.requester = requester.map(id);
        let outcome = pure().open(by, &open);
        let found = outcome.as_ref().map_or_else(letter, |_| ".");
        assert_eq!(found, expected, "{by} for {requester:?}");
    }
}

#[test]
fn whoever_opens_for_another_is_named_beside_them() {
    let mut open = open("Jam", "Stuck.");
    open.requester = Some(id("ada"));
    let plan = pure().open("grace", &open).expect("opened");
    let actor = serde_json::to_value(&plan.events[0].actor).expect("json");
    assert_eq!(actor["id"], "grace");
    assert_eq!(actor["on_behalf_of"], "ada");
    assert_eq!(plan.messages[0].author, id("grace"));
    assert_eq!(plan.ticket.requester, id("ada"));
    assert_eq!(plan.ticket.organization, Some(read("acme")));
    assert!(plan.ticket.last_agent_message_at.is_some());
    assert!(plan.ticket.last_customer_message_at.is_none());
}

#[test]
fn an_agent_who_asks_is_a_customer_who_may_set_everything() {
    let mut open = open("Jam", "Stuck.");
    open.priority = Priority::High;
    open.tags.insert(read("hardware"));
    open.fields
        .insert(read("cause"), FieldValue::Text("dust".into()));
    let plan = pure().open("grace", &open).expect("opened");
    assert!(plan.ticket.last_customer_message_at.is_some());
    assert_eq!(plan.ticket.priority, Priority::High);
}

#[test]
fn customers_leave_priority_tags_people_and_hidden_fields_to_the_team() {
    type Change = fn(&mut ticket_core::command::Open);
    let changes: [(Change, &str); 5] = [
        (|open| open.priority = Priority::High, "denied"),
        (|open| open.tags = [read("vip")].into(), "denied"),
        (|open| open.cc = [id("eve")].into(), "denied"),
        (
            |open| open.fields = [(read("cause"), FieldValue::Text("x".into()))].into(),
            "invalid",
        ),
        (
            |open| open.fields = [(read("order"), FieldValue::Text("x".into()))].into(),
            "none",
        ),
    ];
    for (at, (change, code)) in changes.into_iter().enumerate() {
        let mut open = open("Jam", "Stuck.");
        change(&mut open);
        let found = pure().open("ada", &open).err();
        assert_eq!(found.map_or("none", |refusal| refusal.code()), code, "{at}");
        assert!(pure().open("grace", &open).is_ok(), "{at}");
    }
}
