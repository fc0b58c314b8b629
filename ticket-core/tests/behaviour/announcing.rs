//! Who hears of what.

use ticket_core::command::{Command, Note, Reply};
use ticket_core::notice::{Content, Notice, NoticeKind};
use ticket_core::person::Person;
use ticket_core::plan::Plan;
use ticket_core::ticket::{Posting, Ticket};
use ticket_core::value::{NoticeId, PersonId};
use uuid::Uuid;

use crate::world::{Pure, body, id, open, open_by, person, read, settings};

/// Ada asks, Cal, Gone and Mute are in Cc, Hank is responsible, Lilo follows.
fn ticket() -> Ticket {
    let mut ticket = open_by("ada");
    ticket.cc = ["cal", "gone", "mute"].map(id).into();
    ticket.assignee = Some(id("hank"));
    ticket.followers.insert(id("lilo"));
    ticket
}

fn says(text: &str) -> Command {
    Command::Reply(Reply::from(body(text)))
}

fn kind(notice: &Notice) -> String {
    let value = serde_json::to_value(notice.kind).expect("json");
    value.as_str().expect("a word").to_owned()
}

/// What everybody is told, as `person:kind`, by person.
fn told(plan: &Plan) -> String {
    let notices = plan.notices.iter();
    let words: Vec<String> = notices
        .map(|notice| format!("{}:{}", notice.person, kind(notice)))
        .collect();
    words.join(" ")
}

fn done(by: &str, ticket: &Ticket, commands: &[Command]) -> Plan {
    let mut pure = Pure::new();
    pure.seed = 2 << 64;
    let plan = pure.plan(by, ticket, commands);
    plan.expect("allowed").expect("a change")
}

fn note(mentions: &[&str]) -> Command {
    let mut note = Note::from(body("Between us."));
    note.mentions = mentions.iter().map(|name| id(name)).collect();
    Command::Note(note)
}

fn bounce() -> Command {
    Command::RecordBounce {
        notice: NoticeId::new(Uuid::from_u128(9)),
        person: id("ada"),
        note: Note::from(body("It came back.")),
    }
}

fn goes(to: &str) -> Command {
    Command::SetStatus { to: read(to) }
}

#[test]
fn each_event_is_told_to_those_whom_it_concerns() {
    let rows: Vec<(&str, Command, &str)> = vec![
        (
            "ada",
            says("Hi"),
            "cal:replied hank:team_replied lilo:team_replied",
        ),
        (
            "cal",
            says("Hi"),
            "ada:replied hank:team_replied lilo:team_replied",
        ),
        (
            "hank",
            says("Hi"),
            "ada:replied cal:replied lilo:team_replied",
        ),
        (
            "grace",
            says("Hi"),
            "ada:replied cal:replied hank:team_replied lilo:team_replied",
        ),
        ("grace", note(&[]), "hank:noted lilo:noted"),
        (
            "hank",
            note(&["grace", "hank"]),
            "grace:mentioned lilo:noted",
        ),
        (
            "hank",
            note(&["ada", "cal", "ivan", "gone", "nobody", "root"]),
            "lilo:noted root:mentioned",
        ),
        (
            "root",
            Command::Assign { to: id("grace") },
            "grace:assigned_to_you",
        ),
        ("grace", Command::Take, ""),
        ("grace", goes("solved"), "ada:solved"),
        ("ada", goes("solved"), ""),
        (
            "system",
            bounce(),
            "hank:delivery_failed lilo:delivery_failed",
        ),
        ("grace", goes("pending"), ""),
        ("grace", Command::Unassign, ""),
        ("grace", Command::Tag(read("x")), ""),
        ("grace", Command::Retitle { to: read("Jam") }, ""),
        ("grace", Command::AddCc(id("eve")), ""),
        ("grace", Command::AddFollower(id("root")), ""),
        (
            "grace",
            Command::Move {
                to: read("billing"),
            },
            "",
        ),
    ];
    for (by, command, expected) in rows {
        let plan = done(by, &ticket(), std::slice::from_ref(&command));
        assert_eq!(told(&plan), expected, "{by}: {command:?}");
    }
}

#[test]
fn a_ticket_that_is_opened_is_told_to_its_people_and_its_queue() {
    let pure = Pure::new();
    let by_customer = pure.open("ada", &open("Jam", "Stuck.")).expect("opened");
    assert_eq!(
        told(&by_customer),
        "ada:received grace:new_ticket hank:new_ticket lilo:new_ticket"
    );
    let mut on_behalf = open("Jam", "Stuck.");
    on_behalf.requester = Some(id("ada"));
    on_behalf.cc.insert(id("cal"));
    let on_behalf = pure.open("grace", &on_behalf).expect("opened");
    assert_eq!(
        told(&on_behalf),
        "ada:opened_for_you cal:replied hank:new_ticket lilo:new_ticket"
    );
    let own = pure.open("grace", &open("Jam", "Stuck.")).expect("opened");
    assert_eq!(told(&own), "grace:received hank:new_ticket lilo:new_ticket");
    let mut machine = open("Jam", "Stuck.");
    machine.automatic = true;
    let machine = pure.open("ada", &machine).expect("opened");
    assert_eq!(
        told(&machine),
        "grace:new_ticket hank:new_ticket lilo:new_ticket"
    );
}

#[test]
fn a_machines_reply_is_told_to_the_team_alone() {
    let mut reply = Reply::from(body("Out of office."));
    reply.automatic = true;
    let plan = done("ada", &ticket(), &[Command::Reply(reply)]);
    assert_eq!(told(&plan), "hank:team_replied lilo:team_replied");
}

#[test]
fn while_nobody_is_responsible_the_whole_queue_hears_of_a_customer() {
    let mut ticket = ticket();
    ticket.assignee = None;
    let everybody = "cal:replied grace:team_replied hank:team_replied lilo:team_replied";
    assert_eq!(told(&done("ada", &ticket, &[says("Hi")])), everybody);
    // Somebody who has left is as good as nobody.
    for left in ["gone", "ivan", "nobody"] {
        ticket.assignee = Some(id(left));
        assert_eq!(
            told(&done("ada", &ticket, &[says("Hi")])),
            everybody,
            "{left}"
        );
    }
    let team = told(&done("grace", &ticket, &[says("Hi")]));
    assert_eq!(team, "ada:replied cal:replied lilo:team_replied");
}

#[test]
fn everybody_is_told_once_of_what_concerns_them_most() {
    let commands = [
        note(&["hank"]),
        says("Hi"),
        Command::Assign { to: id("grace") },
        Command::Assign { to: id("hank") },
        goes("solved"),
    ];
    let mut ticket = ticket();
    ticket.assignee = None;
    let plan = done("root", &ticket, &commands);
    assert_eq!(
        told(&plan),
        "ada:replied cal:replied hank:mentioned lilo:team_replied"
    );
}

#[test]
fn what_is_undone_in_the_same_commit_is_not_told() {
    let there_and_back = [goes("solved"), goes("open")];
    assert_eq!(told(&done("grace", &ticket(), &there_and_back)), "");
    let given_away = [
        Command::Assign { to: id("grace") },
        Command::Assign { to: id("root") },
    ];
    assert_eq!(
        told(&done("hank", &ticket(), &given_away)),
        "root:assigned_to_you"
    );
}

#[test]
fn from_solved_to_solved_is_nothing_new() {
    let pure = Pure::new();
    let moved = Command::Move { to: read("repair") };
    let solved = pure.after("root", &ticket(), goes("solved"));
    let plan = pure
        .plan("root", &solved, &[moved])
        .expect("allowed")
        .expect("a change");
    assert_eq!(plan.ticket.status, read("done"));
    assert_eq!(told(&plan), "");
}

#[test]
fn a_silent_kind_is_not_sent_and_lets_the_next_one_through() {
    let mut settings = settings();
    settings.notices.silent = vec![NoticeKind::Mentioned];
    let pure = Pure::with(settings);
    let plan = pure.plan("root", &ticket(), &[note(&["hank"])]);
    assert_eq!(
        told(&plan.expect("allowed").expect("a change")),
        "hank:noted lilo:noted"
    );
}

#[test]
fn mail_to_a_queue_of_ours_is_not_sent() {
    let mut pure = Pure::new();
    let name: PersonId = id("cal");
    let cal = Person {
        addresses: vec![read("Billing@DESK.example")],
        ..person("cal")
    };
    pure.facts.people.insert(name, cal);
    let plan = pure.plan("hank", &ticket(), &[says("Hi")]);
    assert_eq!(
        told(&plan.expect("allowed").expect("a change")),
        "ada:replied lilo:team_replied"
    );
}

#[test]
fn agents_on_their_own_tickets_hear_only_of_those() {
    let opened = Pure::new()
        .open("ada", &open("Jam", "Stuck."))
        .expect("opened");
    assert!(!told(&opened).contains("olga"));
    let mut own = ticket();
    own.assignee = Some(id("olga"));
    assert_eq!(
        told(&done("ada", &own, &[says("Hi")])),
        "cal:replied lilo:team_replied olga:team_replied"
    );
    own.assignee = Some(id("hank"));
    own.followers.insert(id("olga"));
    assert!(!told(&done("ada", &own, &[says("Hi")])).contains("olga"));
}

#[test]
fn customers_are_shown_messages_and_the_team_what_there_is() {
    let plan = done("hank", &ticket(), &[note(&["grace"]), says("Hi")]);
    let message = plan.messages[0].id;
    let note = plan.notes[0].id;
    let opening = ticket().recent[0].id;
    let of = |name: &str| plan.notices.iter().find(|one| one.person == id(name));
    match &of("ada").expect("told").content {
        Content::Customer(content) => {
            assert_eq!(content.message, Some(message));
            assert_eq!(content.quoted, [opening]);
        }
        Content::Team(_) => panic!("Ada is a customer"),
    }
    match &of("grace").expect("told").content {
        Content::Team(content) => assert_eq!(content.posting, Some(Posting::Note(note))),
        Content::Customer(_) => panic!("Grace is told of the note"),
    }
}

#[test]
fn a_receipt_shows_nothing_of_what_was_written() {
    let plan = Pure::new()
        .open("ada", &open("Jam", "Stuck."))
        .expect("opened");
    let received = plan
        .notices
        .iter()
        .find(|one| one.kind == NoticeKind::Received);
    match &received.expect("a receipt").content {
        Content::Customer(content) => assert_eq!(*content, Default::default()),
        Content::Team(_) => panic!("it is for a customer"),
    }
}

#[test]
fn notices_of_a_plan_have_identities_of_their_own() {
    let plan = Pure::new()
        .open("ada", &open("Jam", "Stuck."))
        .expect("opened");
    let mut ids: Vec<_> = plan.notices.iter().map(|one| one.id.uuid()).collect();
    ids.push(plan.ticket.id.uuid());
    ids.push(plan.messages[0].id.uuid());
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
