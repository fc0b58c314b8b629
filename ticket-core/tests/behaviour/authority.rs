//! Authority: a table of what is allowed, and one rule for single tickets and for lists.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use ticket_core::authority::{
    ActingPerson, Action, Actor, Level, Reach, Scope, TokenScopes, permit,
};
use ticket_core::desk::Listing;
use ticket_core::person::{Organization, Person, Role, Sharing};
use ticket_core::port::Roster;
use ticket_core::query::{PageRequest, Query};
use ticket_core::ticket::Ticket;
use ticket_core::workflow::TransitionRight;

use crate::world::{World, id, open_by, read};

/// Where somebody stands to a ticket of `support`: how they see it.
const STANDS: [&str; 9] = [
    "requester",
    "cc",
    "colleague",
    "stranger",
    "agent",
    "assignee",
    "light",
    "light requester",
    "admin",
];

/// The ticket, and somebody who stands so to it.
fn stands(how: &str) -> (Actor, Ticket) {
    let mut ticket = open_by("ada");
    let queues = || [read("support")].into();
    let agent = || Role::Agent {
        queues: queues(),
        own_tickets_only: false,
    };
    let mut person = ActingPerson {
        id: id("me"),
        role: Role::Customer,
        organization: None,
        shares: false,
        scopes: TokenScopes::all(),
    };
    match how {
        "requester" => ticket.requester = id("me"),
        "cc" => ticket.cc = [id("me")].into(),
        "colleague" => {
            person.organization = ticket.organization.clone();
            person.shares = true;
        }
        "stranger" => {}
        "agent" => person.role = agent(),
        "assignee" => {
            person.role = agent();
            ticket.assignee = Some(id("me"));
        }
        "light" => person.role = Role::LightAgent { queues: queues() },
        "light requester" => {
            person.role = Role::LightAgent { queues: queues() };
            ticket.requester = id("me");
        }
        "admin" => person.role = Role::Admin,
        other => panic!("{other}"),
    }
    (Actor::Person(person), ticket)
}

#[test]
fn what_each_may_do() {
    use TransitionRight::{Admins, Agents, Assignee, Requester};
    //             req  cc   coll stra agen assi ligh lreq admi
    let rows = [
        (Action::View, "+ + + not_visible + + + + +"),
        (
            Action::ViewAll,
            "team_only team_only team_only not_visible + + + + +",
        ),
        (
            Action::Reply,
            "+ + participants_only not_visible + + light_agent + +",
        ),
        (
            Action::Note,
            "team_only team_only team_only not_visible + + + + +",
        ),
        (
            Action::Follow,
            "team_only team_only team_only not_visible + + + + +",
        ),
        (
            Action::LeaveCc,
            "+ + participants_only not_visible + + light_agent + +",
        ),
        (
            Action::Change,
            "team_only team_only team_only not_visible + + light_agent light_agent +",
        ),
        (
            Action::Transition(Agents),
            "team_only team_only team_only not_visible + + light_agent light_agent +",
        ),
        (
            Action::Transition(Assignee),
            "team_only team_only team_only not_visible assignee_only + light_agent light_agent +",
        ),
        (
            Action::Transition(Admins),
            "admins_only admins_only admins_only not_visible admins_only admins_only light_agent light_agent +",
        ),
        (
            Action::Transition(Requester),
            "+ requester_only requester_only not_visible + + light_agent + +",
        ),
        (
            Action::Redact,
            "admins_only admins_only admins_only not_visible admins_only admins_only admins_only admins_only +",
        ),
        (
            Action::Operate,
            "desk_only desk_only desk_only not_visible desk_only desk_only desk_only desk_only desk_only",
        ),
    ];
    for (action, expected) in rows {
        let answers = STANDS.map(|how| {
            let (actor, ticket) = stands(how);
            permit(&actor, action, &ticket).map_or_else(|denial| denial.code(), |()| "+")
        });
        assert_eq!(answers.join(" "), expected, "{action:?}");
        for actor in [Actor::System, Actor::Rule(read("one"))] {
            assert_eq!(permit(&actor, action, &open_by("ada")), Ok(()));
        }
    }
}

const QUEUES: [&str; 3] = ["support", "billing", "repair"];
const NAMES: [&str; 5] = ["p0", "p1", "p2", "p3", "p4"];
const FIRMS: [&str; 3] = ["f0", "f1", "f2"];

/// Somebody, as plain words: the oracle below reads these and knows no scope.
#[derive(Debug, Clone)]
struct Somebody {
    name: &'static str,
    role: &'static str,
    queues: Vec<&'static str>,
    firm: Option<&'static str>,
}

/// A ticket, as plain words.
#[derive(Debug, Clone)]
struct Paper {
    queue: &'static str,
    requester: &'static str,
    cc: Vec<&'static str>,
    assignee: Option<&'static str>,
}

fn somebody(name: &'static str) -> impl Strategy<Value = Somebody> {
    let role = select(vec!["customer", "agent", "own", "light", "admin"]);
    let queues = subsequence(QUEUES.to_vec(), 0..=3);
    let firm = proptest::option::of(select(FIRMS.to_vec()));
    (role, queues, firm).prop_map(move |(role, queues, firm)| Somebody {
        name,
        role,
        queues,
        firm,
    })
}

fn paper() -> impl Strategy<Value = Paper> {
    let one = || select(NAMES.to_vec());
    let cc = subsequence(NAMES.to_vec(), 0..=2);
    let assignee = proptest::option::of(one());
    (select(QUEUES.to_vec()), one(), cc, assignee).prop_map(|(queue, requester, cc, assignee)| {
        Paper {
            queue,
            requester,
            cc,
            assignee,
        }
    })
}

/// The rule as the handbook tells it: what of the ticket somebody sees.
fn told(
    somebody: &Somebody,
    people: &[Somebody],
    sharing: &[&str],
    paper: &Paper,
) -> Option<Level> {
    let member = somebody.queues.contains(&paper.queue);
    let team = match somebody.role {
        "admin" => true,
        "agent" | "light" => member,
        "own" => member && paper.assignee == Some(somebody.name),
        _ => false,
    };
    if team {
        return Some(Level::Team);
    }
    let asks = paper.requester == somebody.name || paper.cc.contains(&somebody.name);
    let asked_by = people.iter().find(|one| one.name == paper.requester);
    let firm = asked_by.and_then(|one| one.firm);
    let shared = firm.is_some() && firm == somebody.firm && sharing.contains(&firm.unwrap_or(""));
    (asks || shared).then_some(Level::Customer)
}

fn role(somebody: &Somebody) -> Role {
    let queues = somebody.queues.iter().map(|key| read(key)).collect();
    match somebody.role {
        "customer" => Role::Customer,
        "agent" | "own" => Role::Agent {
            queues,
            own_tickets_only: somebody.role == "own",
        },
        "light" => Role::LightAgent { queues },
        _ => Role::Admin,
    }
}

fn firm(key: &str, sharing: &[&str]) -> Organization {
    Organization {
        id: read(key),
        name: key.to_owned(),
        sharing: if sharing.contains(&key) {
            Sharing::AllTickets
        } else {
            Sharing::OwnTickets
        },
    }
}

fn person(somebody: &Somebody) -> Person {
    let address = read(&format!("{}@y.example", somebody.name));
    let mut person = Person::new(id(somebody.name), somebody.name, address, role(somebody));
    person.organization = somebody.firm.map(read);
    person
}

fn ticket(paper: &Paper, people: &[Somebody]) -> Ticket {
    let mut ticket = open_by("ada");
    let asked_by = people.iter().find(|one| one.name == paper.requester);
    ticket.queue = read(paper.queue);
    ticket.requester = id(paper.requester);
    ticket.organization = asked_by.and_then(|one| one.firm).map(read);
    ticket.cc = paper.cc.iter().map(|name| id(name)).collect();
    ticket.assignee = paper.assignee.map(id);
    ticket
}

fn people() -> impl Strategy<Value = Vec<Somebody>> {
    NAMES.map(somebody).into_iter().collect::<Vec<_>>()
}

proptest! {
    #[test]
    fn permit_scope_and_reach_say_what_the_handbook_says(
        people in people(),
        sharing in subsequence(FIRMS.to_vec(), 0..=3),
        paper in paper(),
    ) {
        let ticket = ticket(&paper, &people);
        for one in &people {
            let firm = one.firm.map(|key| firm(key, &sharing));
            let actor = Actor::person(&person(one), firm.as_ref()).expect("active");
            let expected = told(one, &people, &sharing, &paper);
            let scope = Scope::of(&actor);
            prop_assert_eq!(scope.level(&ticket), expected);
            prop_assert_eq!(permit(&actor, Action::View, &ticket).is_ok(), expected.is_some());
            let sees_all = permit(&actor, Action::ViewAll, &ticket).is_ok();
            prop_assert_eq!(sees_all, expected == Some(Level::Team));
            let team = Reach::Team(scope.team.clone());
            prop_assert_eq!(team.admits(&ticket), expected == Some(Level::Team));
            let customer = scope.customer.map(Reach::Customer).expect("a person's");
            if expected == Some(Level::Customer) {
                prop_assert!(customer.admits(&ticket));
            }
            if expected.is_none() {
                prop_assert!(!customer.admits(&ticket) && !team.admits(&ticket));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn lists_and_counts_hold_what_single_tickets_show(
        people in people(),
        sharing in subsequence(FIRMS.to_vec(), 0..=3),
        papers in proptest::collection::vec(paper(), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(lists(&people, &sharing, &papers));
    }
}

/// Opens the papers at a desk and compares what everybody lists with the oracle.
async fn lists(people: &[Somebody], sharing: &[&str], papers: &[Paper]) {
    let world = World::new().await;
    for key in FIRMS {
        let saved = world.people.save_organization(&firm(key, sharing)).await;
        saved.expect("saved");
    }
    for one in people {
        world.people.save_person(&person(one)).await.expect("saved");
    }
    let mut filed = Vec::new();
    for paper in papers {
        let mut open = crate::world::open("Jam", "Stuck.");
        open.queue = read(paper.queue);
        open.requester = Some(id(paper.requester));
        open.cc = paper.cc.iter().map(|name| id(name)).collect();
        let receipt = world.open("root", open).await.expect("opened");
        let mut paper = paper.clone();
        let may = people.iter().find(|one| Some(one.name) == paper.assignee);
        let may = may.filter(|one| role(one).can_own(&read(paper.queue)));
        paper.assignee = may.map(|one| one.name);
        if let Some(name) = paper.assignee {
            let assign = ticket_core::command::Command::Assign { to: id(name) };
            world.does("root", receipt.ticket, assign).await;
        }
        filed.push((receipt, paper));
    }
    let page = PageRequest::first(100);
    for one in people {
        let caller = world.as_(one.name).await;
        let is_staff = one.role != "customer";
        let seen = |level: Level| {
            let admitted = filed
                .iter()
                .filter(|(_, paper)| told(one, people, sharing, paper) == Some(level));
            let mut numbers: Vec<_> = admitted.map(|(receipt, _)| receipt.number).collect();
            numbers.sort();
            numbers
        };
        let expected = seen(if is_staff {
            Level::Team
        } else {
            Level::Customer
        });
        let found = caller.find(&Query::all(), &page).await.expect("found");
        let mut numbers: Vec<_> = match found {
            Listing::Team(page) => page.rows.iter().map(|row| row.number).collect(),
            Listing::Customer(page) => page.rows.iter().map(|row| row.number).collect(),
        };
        numbers.sort();
        assert_eq!(numbers, expected, "{one:?}");
        let count = caller.count(&Query::all(), 100).await.expect("counted");
        assert_eq!(count as usize, expected.len());
        for (receipt, paper) in &filed {
            let shown = caller.show(receipt.ticket).await.is_ok();
            assert_eq!(shown, told(one, people, sharing, paper).is_some());
        }
    }
}
