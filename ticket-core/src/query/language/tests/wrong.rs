use std::collections::BTreeSet;

use super::samples::{people, query};
use crate::query::{Query, Test, parse_for_customer};
use crate::workflow::Category;

/// What is wrong, what stands at the place, and a part of what is allowed there.
const WRONG: &[(&str, &str, &str)] = &[
    ("-", "-", "directly"),
    ("jam - paper", "-", "directly"),
    ("\"\"", "\"\"", "between the quotes"),
    ("a \" \"", "\" \"", "between the quotes"),
    ("jam \"paper", "\"paper", "not closed"),
    ("\"paper\\\"", "\"paper\\\"", "not closed"),
    ("\"a\"b", "b", "space"),
    ("jam\u{0}", "\u{0}", "control"),
    ("\u{1b}[2J", "\u{1b}", "control"),
    ("...", "...", "letters or digits"),
    ("🎫", "🎫", "letters or digits"),
    ("#0", "#0", "positive"),
    ("#99999999999999999999", "#99999999999999999999", "positive"),
    ("stauts:open", "stauts", "did you mean status?"),
    ("size:small", "size", "did you mean field.size?"),
    ("http://example.org", "http", "in quotes"),
    ("xyzzy:1", "xyzzy", "the keys are status,"),
    ("field.sise:small", "field.sise", "did you mean size?"),
    ("field.:x", "field.", "the fields are: asset,"),
    ("queue:", "", "a value is needed"),
    ("queue: support", " ", "a value is needed"),
    ("queue:support,", "", "a value is needed"),
    ("queue:support, billing", " ", "a value is needed"),
    ("queue:,", ",", "a value is needed"),
    (
        "queue:biling",
        "biling",
        "did you mean billing? the queues are: support, billing",
    ),
    ("queue:a\"b", "\"", "comma or a space"),
    ("queue>support", ">", "only :"),
    (
        "status:opne",
        "opne",
        "did you mean open? the statuses are: closed,",
    ),
    ("status:on_hold,opne", "opne", "did you mean open?"),
    (
        "category:waiting",
        "waiting",
        "the categories are new, open",
    ),
    ("assignee:me,none", "none", "stand alone"),
    ("requester:any", "any", "stand alone"),
    ("tag:\"a b\"", "\"a b\"", "without spaces"),
    ("priority:hgih", "hgih", "low, normal, high, urgent"),
    ("priority:low,high", "high", "only one value"),
    ("created:yesterday", "yesterday", "a day such as"),
    ("created>2026-02-30", "2026-02-30", "a day such as"),
    ("has:tag", "tag", "assignee, due or a field"),
    ("is:open", "open", "snoozed"),
    ("about:order", "order", "order/4711"),
    (
        "sort:name",
        "name",
        "number, created, updated, relevance, priority, due",
    ),
    ("sort:updated sort:due", "sort:due", "once"),
    ("jam sort:-relevance", "-relevance", "the best comes first"),
    ("tag:a sort:relevance -jam", "sort:relevance", "needs words"),
    ("-sort:due", "-sort:due", "negated"),
    ("field.floor:high", "high", "whole number"),
    ("field.size:huge", "huge", "Small, Very, very large"),
    ("field.size>small", ">", "only :"),
    ("field.colour:\"red,green\"", "\"red,green\"", "one value"),
    ("field.colour:red,green", "green", "only one value"),
    ("field.page:javascript:1", "javascript:1", "http"),
    ("cc:\" x\"", "\" x\"", "an address or an id"),
];

#[test]
fn what_is_wrong_is_pointed_at_and_what_is_allowed_is_said() {
    for (line, place, allowed) in WRONG {
        let wrong = query(line).expect_err(line);
        let chars: Vec<char> = line.chars().collect();
        let pointed: String = chars[wrong.at.clone()].iter().collect();
        assert_eq!(pointed, *place, "{line}: {wrong}");
        assert!(wrong.allowed.contains(allowed), "{line}: {wrong}");
    }
}

#[test]
fn an_error_reads_as_a_sentence() {
    let wrong = query("jam queue:bilin").expect_err("no such queue");
    let sentence = "at 11: \"bilin\" is not understood; \
        did you mean billing? the queues are: support, billing";
    assert_eq!(wrong.to_string(), sentence);
}

#[test]
fn lines_and_their_conditions_have_limits() {
    let longest = "x".repeat(2_000);
    assert!(query(&longest).is_ok());
    let wrong = query(&format!("{longest}yz")).expect_err("too long");
    assert_eq!((wrong.at, wrong.found.as_str()), (2_000..2_002, "yz"));
    assert!(query(&"jam ".repeat(50)).is_ok());
    let wrong = query(&"jam ".repeat(51)).expect_err("too many");
    assert_eq!(wrong.at, 200..203);
    let wrong = query(&"jam ".repeat(10_000)).expect_err("too long");
    assert_eq!(wrong.at.start, 2_000);
}

#[test]
fn a_customer_learns_nothing_of_the_desk_from_an_answer() {
    let customer = |line: &str| parse_for_customer(line).map(|parsed| parsed.bind(None, &people()));
    let open = Query::all().and(Test::Category([Category::Open].into()));
    assert_eq!(customer("status:open"), Ok(Ok(open)));
    for line in [
        "queue:billing",
        "qeue:x",
        "assignee:me",
        "tag:vip",
        "field.size:x",
        "size:x",
        "priority:low",
        "due<2026-01-01",
        "has:due",
        "is:snoozed",
        "sort:due",
        "status:waiting",
    ] {
        let wrong = parse_for_customer(line).expect_err(line);
        for hidden in [
            "billing", "queue", "assignee", "tag", "field", "waiting", "priority", "due",
        ] {
            assert!(!wrong.allowed.contains(hidden), "{line}: {wrong}");
        }
    }
    let stranger = Query::all().and(Test::Requester(BTreeSet::new()));
    assert_eq!(customer("requester:eve@example.org"), Ok(Ok(stranger)));
    for line in [
        "cc:ada@example.org",
        "requester:7 organization:acme",
        "created<2026-01-01 sort:-updated jam",
        "sort:relevance jam",
    ] {
        let query = customer(line).expect(line).expect(line);
        assert!(!query.is_for_team(), "{line}");
    }
}
