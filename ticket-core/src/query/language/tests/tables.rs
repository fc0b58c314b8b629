use std::collections::{BTreeMap, BTreeSet};

use super::samples::{desk, key, people, query};
use crate::query::{Comparison, Query, SortKey, Test, parse};
use crate::ticket::{HostSubject, Priority};
use crate::value::{EmailAddress, Timestamp};
use crate::workflow::Category;

fn set<T: Ord + std::str::FromStr>(values: &[&str]) -> BTreeSet<T>
where
    T::Err: std::fmt::Debug,
{
    values.iter().map(|value| key(value)).collect()
}

fn text(words: &[&str]) -> Test {
    Test::Text(words.iter().map(|word| (*word).to_owned()).collect())
}

fn at(instant: &str) -> Timestamp {
    key(instant)
}

fn same(line: &str, expected: Query) {
    assert_eq!(query(line), Ok(expected), "{line}");
}

#[test]
fn the_line_of_the_handbook_means_what_it_says() {
    let expected = Query::all()
        .and(Test::Status(set(&["open"])))
        .and(Test::Assignee(set(&["42"])))
        .and_not(Test::Tag(set(&["spam"])))
        .and(Test::Queue(set(&["billing"])))
        .and(Test::Updated(
            Comparison::GreaterOrEqual,
            at("2026-01-02T00:00:00Z"),
        ))
        .and(text(&["printer", "jam"]));
    let line =
        r#"status:open assignee:me -tag:spam queue:billing updated>2026-01-01 "printer jam""#;
    same(line, expected);
}

#[test]
fn nothing_typed_asks_for_everything() {
    for line in ["", "  ", "\t\n"] {
        same(line, Query::all());
    }
}

#[test]
fn words_phrases_and_numbers() {
    let all = Query::all;
    same(
        "printer jam",
        all().and(text(&["printer"])).and(text(&["jam"])),
    );
    same(
        "\u{201c}Printer  jam\u{201d}",
        all().and(text(&["printer", "jam"])),
    );
    same("-\"printer jam\"", all().and_not(text(&["printer", "jam"])));
    same("Crème-Brûlée", all().and(text(&["creme", "brulee"])));
    same(
        "15\" 12:30 a,b",
        all()
            .and(text(&["15"]))
            .and(text(&["12", "30"]))
            .and(text(&["a", "b"])),
    );
    same(
        "מדפסת תקועה",
        all().and(text(&["מדפסת"])).and(text(&["תקועה"])),
    );
    same("東京", all().and(text(&["東", "京"])));
    same(
        "#123 -#7",
        all()
            .and(Test::Number(key("123")))
            .and_not(Test::Number(key("7"))),
    );
    same("#abc 123", all().and(text(&["abc"])).and(text(&["123"])));
    same(
        r#""say \"hi\" C:\temp \\""#,
        all().and(text(&["say", "hi", "c", "temp"])),
    );
    same("\"status:open\"", all().and(text(&["status", "open"])));
}

#[test]
fn statuses_come_before_categories_of_the_same_name() {
    let all = Query::all;
    same(
        "status:waiting,OPEN",
        all().and(Test::Status(set(&["waiting", "open"]))),
    );
    same(
        "status:on_hold",
        all().and(Test::Category([Category::OnHold].into())),
    );
    same(
        "category:on-hold,New",
        all().and(Test::Category([Category::OnHold, Category::New].into())),
    );
    let wrong = query("status:waiting,on_hold").expect_err("a mixture");
    assert_eq!((wrong.at, wrong.found.as_str()), (15..22, "on_hold"));
}

#[test]
fn people_are_me_an_address_or_an_id() {
    let all = Query::all;
    same("assignee:none", all().and_not(Test::Assigned));
    same("-assignee:None", all().and(Test::Assigned));
    same("assignee:any", all().and(Test::Assigned));
    same(
        "requester:ADA@example.org,me,9",
        all().and(Test::Requester(set(&["7", "42", "9"]))),
    );
    same(
        "-cc:\"auth0|x 1\"",
        all().and_not(Test::Cc(set(&["auth0|x 1"]))),
    );
    same(
        "follower:id:me,id:ada@example.org",
        all().and(Test::Follower(set(&["me", "ada@example.org"]))),
    );
    same(
        "field.owner:me",
        all().and(Test::Field(
            key("owner"),
            Comparison::Equal,
            "42".to_owned(),
        )),
    );
    let parsed = parse(
        "cc:bob@example.org requester:ada@example.org,bob@example.org",
        &desk(),
    );
    let addresses: Vec<EmailAddress> = parsed.expect("a line").addresses();
    assert_eq!(
        addresses,
        [
            key::<EmailAddress>("ada@example.org"),
            key("bob@example.org")
        ]
    );
}

#[test]
fn somebody_unknown_is_pointed_at_when_people_are_looked_up() {
    let wrong = query("jam cc:eve@example.org").expect_err("nobody");
    assert_eq!((wrong.at, wrong.found.as_str()), (7..22, "eve@example.org"));
    let parsed = parse("assignee:me", &desk()).expect("a line");
    let wrong = parsed.bind(None, &people()).expect_err("nobody is me");
    assert_eq!(wrong.at, 9..11);
}

#[test]
fn days_compare_as_a_whole_and_instants_exactly() {
    let all = Query::all;
    let (begin, end) = (at("2026-01-31T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let whole = all()
        .and(Test::Created(Comparison::GreaterOrEqual, begin))
        .and(Test::Created(Comparison::Less, end));
    same("created:2026-01-31", whole.clone());
    same("created=2026-01-31", whole);
    for (sign, comparison, instant) in [
        ("<", Comparison::Less, begin),
        ("<=", Comparison::Less, end),
        (">", Comparison::GreaterOrEqual, end),
        (">=", Comparison::GreaterOrEqual, begin),
        (":>=", Comparison::GreaterOrEqual, begin),
    ] {
        same(
            &format!("due{sign}2026-01-31"),
            all().and(Test::Due(comparison, instant)),
        );
    }
    let noon = at("2026-01-31T11:00:00Z");
    same(
        "updated<=2026-01-31t12:00:00+01:00",
        all().and(Test::Updated(Comparison::LessOrEqual, noon)),
    );
    let wrong = query("-created:2026-01-31").expect_err("a day has two ends");
    assert_eq!(wrong.at, 9..19);
    let wrong = query("created>-7d").expect_err("no relative times");
    assert!(wrong.allowed.contains("2026-01-31T12:00:00Z"));
}

#[test]
fn fields_are_read_by_their_kind() {
    let field = |name: &str, comparison, term: &str| {
        Query::all().and(Test::Field(key(name), comparison, term.to_owned()))
    };
    same(
        "field.asset:\"Laptop  7\"",
        field("asset", Comparison::Equal, "laptop  7"),
    );
    same(
        "field.floor>=-3",
        field("floor", Comparison::GreaterOrEqual, "09223372036854775805"),
    );
    same(
        "field.cost<1.5",
        field("cost", Comparison::Less, "1000000000000001500000000"),
    );
    same("FIELD.paid:Yes", field("paid", Comparison::Equal, "yes"));
    same(
        "field.bought>2026-01-31",
        field("bought", Comparison::Greater, "2026-01-31"),
    );
    same(
        "field.size:\"very, VERY large\"",
        field("size", Comparison::Equal, "very, very large"),
    );
    same(
        "field.colour:red",
        field("colour", Comparison::Equal, "red"),
    );
    same(
        "field.page:https://A.example/x",
        field("page", Comparison::Equal, "https://a.example/x"),
    );
    same(
        "has:field.size",
        Query::all().and(Test::FieldSet(key("size"))),
    );
    same(
        "-has:size",
        Query::all().and_not(Test::FieldSet(key("size"))),
    );
}

#[test]
fn the_other_keys() {
    let all = Query::all;
    same(
        "priority:high",
        all().and(Test::Priority(Comparison::Equal, Priority::High)),
    );
    same(
        "-priority>=Urgent",
        all().and_not(Test::Priority(Comparison::GreaterOrEqual, Priority::Urgent)),
    );
    same(
        "organization:acme,\"b c\"",
        all().and(Test::Organization(set(&["acme", "b c"]))),
    );
    same(
        "has:assignee is:snoozed",
        all().and(Test::Assigned).and(Test::Snoozed),
    );
    same(
        "has:due",
        all().and(Test::Due(Comparison::GreaterOrEqual, Timestamp::MIN)),
    );
    let order = HostSubject::new(key("order"), "4711/b").expect("a thing");
    same("about:order/4711/b", all().and(Test::About(order)));
    same("sort:updated", all().sorted(SortKey::Updated, false));
    same("sort:-due", all().sorted(SortKey::Due, true));
    let jam = all().and(Test::Text(vec!["jam".to_owned()]));
    same("jam sort:relevance", jam.sorted(SortKey::Relevance, true));
    same("tag:Späm,vip", all().and(Test::Tag(set(&["späm", "vip"]))));
}

#[test]
fn a_query_is_written_as_short_as_it_is_read() {
    for (line, written) in [
        ("", ""),
        ("sort:-number Jam", "jam"),
        (
            "status:open,waiting -tag:b,a",
            "status:open,waiting -tag:a,b",
        ),
        (
            "created:2026-01-31",
            "created>=2026-01-31 created<2026-02-01",
        ),
        (
            "due>2026-01-31T12:00:00Z has:due",
            "due>2026-01-31T12:00:00.000000Z has:due",
        ),
        ("assignee:none requester:me", "-has:assignee requester:42"),
        (
            "cc:id:me,id:ada@example.org,\"x y\"",
            "cc:id:ada@example.org,id:me,\"x y\"",
        ),
        (
            "field.size:\"very, very large\"",
            "field.size:\"very, very large\"",
        ),
        (
            "field.cost<=-1.50 field.floor=7",
            "field.cost<=-1.5 field.floor:7",
        ),
        (
            "about:\"order/a \\\"b\\\" \\\\\"",
            "about:\"order/a \\\"b\\\" \\\\\"",
        ),
        ("field.owner:id:me", "field.owner:id:me"),
        ("tag:\">x\"", "tag:\">x\""),
        ("sort:due #7", "#7 sort:due"),
    ] {
        let query = query(line).expect(line);
        assert_eq!(query.to_line(&desk()).as_deref(), Some(written), "{line}");
    }
}

#[test]
fn a_query_that_no_line_means_is_not_written() {
    let unknown = Query::all().and(Test::Queue(set(&["gone"])));
    let empty = Query::all().and(Test::Tag(BTreeSet::new()));
    let no_words = Query::all().and(Test::Text(Vec::new()));
    let no_term = Query::all().and(Test::Field(key("floor"), Comparison::Equal, "7".to_owned()));
    let long = Query::all().and(text(&[&"x".repeat(2_001)]));
    for query in [unknown, empty, no_words, no_term, long] {
        assert_eq!(query.to_line(&desk()), None, "{query:?}");
    }
    let bound = parse("jam", &desk())
        .expect("a line")
        .bind(None, &BTreeMap::new());
    assert!(bound.is_ok());
}
