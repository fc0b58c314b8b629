//! Random queries and reaches over a random world, and what their answer must be.

use std::collections::BTreeSet;
use std::time::Duration;

use super::author::Author;
use super::chance::Chance;
use super::expect::read;
use super::vocabulary::{
    FIELDS, PEOPLE, PRIORITIES, QUEUES, STATUSES, TAGS, WORDS, any, field, some_of,
};
use crate::authority::{CustomerReach, Reach, TeamReach};
use crate::port::{Reference, Store};
use crate::query::{
    Comparison, Cursor, Page, PageRequest, Query, Searchable, Test, matches, normalize, sort_value,
};
use crate::ticket::{HostSubject, Ticket};
use crate::value::{TicketNumber, Timestamp};
use crate::workflow::Category;

/// How many kinds of test there are.
pub(super) const KINDS: usize = 19;

/// Which kind a test is of; a new kind must be added to [`test`].
const fn kind(test: &Test) -> usize {
    match test {
        Test::Number(_) => 0,
        Test::Status(_) => 1,
        Test::Category(_) => 2,
        Test::Queue(_) => 3,
        Test::Assigned => 4,
        Test::Assignee(_) => 5,
        Test::Requester(_) => 6,
        Test::Follower(_) => 7,
        Test::Cc(_) => 8,
        Test::Organization(_) => 9,
        Test::Tag(_) => 10,
        Test::Priority(..) => 11,
        Test::FieldSet(_) => 12,
        Test::Field(..) => 13,
        Test::About(_) => 14,
        Test::Created(..) => 15,
        Test::Updated(..) => 16,
        Test::Due(..) | Test::Snoozed => 17,
        Test::Text(_) => 18,
    }
}

/// A random test of a kind, about a world.
pub(super) fn test(chance: &mut Chance, of: usize, world: &[Seen]) -> Test {
    let seen = chance.one(world).ticket.clone();
    let test = match of {
        0 => Test::Number(number(chance, &seen)),
        1 => {
            let statuses = STATUSES.map(|(key, _)| key);
            Test::Status(some_of(chance, &statuses))
        }
        2 => Test::Category(categories(chance)),
        3 => Test::Queue(some_of(chance, &QUEUES)),
        4 => Test::Assigned,
        5 => Test::Assignee(some_of(chance, &PEOPLE)),
        6 => Test::Requester(some_of(chance, &PEOPLE)),
        7 => Test::Follower(some_of(chance, &PEOPLE)),
        8 => Test::Cc(some_of(chance, &PEOPLE)),
        9 => Test::Organization(some_of(chance, &["acme", "globex", "none"])),
        10 => Test::Tag(some_of(chance, &TAGS)),
        11 => Test::Priority(comparison(chance), chance.pick(&PRIORITIES)),
        12 => Test::FieldSet(any(chance, &FIELDS)),
        13 => {
            let (key, value) = field(chance);
            let term = value.terms().swap_remove(0);
            Test::Field(key, comparison(chance), term)
        }
        14 => {
            let id = chance.pick(&["1", "A/2 \u{1f3ab}", "2"]);
            let kind = any(chance, &["order", "device"]);
            Test::About(HostSubject::new(kind, id).expect("a thing"))
        }
        15 => Test::Created(comparison(chance), near(chance, seen.created_at)),
        16 => {
            let at = chance.pick(&[seen.updated_at, seen.public_updated_at]);
            Test::Updated(comparison(chance), near(chance, at))
        }
        17 if chance.once_in(4) => Test::Snoozed,
        17 => {
            let due = seen.due.unwrap_or(seen.created_at);
            Test::Due(comparison(chance), near(chance, due))
        }
        _ => Test::Text(phrase(chance, world)),
    };
    assert_eq!(kind(&test), of.min(KINDS - 1), "{test:?}");
    test
}

fn number(chance: &mut Chance, seen: &Ticket) -> TicketNumber {
    if chance.once_in(4) {
        TicketNumber::new(1_000_000).expect("a number")
    } else {
        seen.number
    }
}

fn categories(chance: &mut Chance) -> BTreeSet<Category> {
    (0..chance.below(3))
        .map(|_| chance.pick(&Category::ALL))
        .collect()
}

fn comparison(chance: &mut Chance) -> Comparison {
    chance.pick(&[
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Equal,
        Comparison::GreaterOrEqual,
        Comparison::Greater,
    ])
}

/// That instant, or one next to it.
fn near(chance: &mut Chance, at: Timestamp) -> Timestamp {
    let moment = Duration::from_micros(1);
    chance.pick(&[at, at.plus(moment), at.minus(moment)])
}

/// Some words as they follow each other in a text of the world, or by chance.
fn phrase(chance: &mut Chance, world: &[Seen]) -> Vec<String> {
    let texts = &chance.one(world).texts;
    let texts: Vec<&Vec<String>> = texts.public.iter().chain(&texts.notes).collect();
    let words = chance.pick(&texts);
    if chance.once_in(4) || words.is_empty() {
        return (0..chance.below(3))
            .flat_map(|_| normalize(chance.pick(&WORDS)))
            .collect();
    }
    let start = chance.below(words.len());
    let length = 1 + chance.below(3);
    words.iter().skip(start).take(length).cloned().collect()
}

/// A random reach of either side.
pub(super) fn reach(chance: &mut Chance) -> Reach {
    match chance.below(6) {
        0 => Reach::Team(TeamReach::Everything),
        1 => Reach::Team(TeamReach::Nothing),
        2 => Reach::Team(TeamReach::Queues {
            queues: some_of(chance, &QUEUES),
            assigned_to: None,
        }),
        3 => Reach::Team(TeamReach::Queues {
            queues: QUEUES.map(read).into(),
            assigned_to: Some(any(chance, &PEOPLE)),
        }),
        _ => Reach::Customer(CustomerReach {
            participant: any(chance, &PEOPLE),
            organization: chance.once_in(2).then(|| any(chance, &["acme", "globex"])),
        }),
    }
}

/// A random query of up to three conditions.
pub(super) fn query(chance: &mut Chance, world: &[Seen]) -> Query {
    let mut query = Query::all();
    for _ in 0..chance.below(4) {
        let kind = chance.below(KINDS);
        let test = test(chance, kind, world);
        query = if chance.once_in(3) {
            query.and_not(test)
        } else {
            query.and(test)
        };
    }
    query
}

/// A ticket with its texts, as the suite reads them.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) ticket: Ticket,
    pub(super) texts: Searchable,
}

/// Writes a random world and answers what is in it.
pub(super) async fn populate(store: &dyn Store, author: &mut Author, plans: usize) -> Vec<Seen> {
    for _ in 0..plans {
        let plan = author.next();
        store.commit(&plan, None).await.expect("committed");
    }
    survey(store, author).await
}

/// What is in the world of an author.
pub(super) async fn survey(store: &dyn Store, author: &Author) -> Vec<Seen> {
    let mut world = Vec::new();
    for ticket in author.tickets() {
        let loaded = store.load(&[Reference::Id(ticket.id)]).await.expect("read");
        assert_eq!(loaded, [Some(ticket.clone())]);
        let thread = store.thread(ticket.id).await.expect("read");
        let texts = Searchable::of(&ticket, &thread);
        world.push(Seen { ticket, texts });
    }
    world
}

/// The answer that is due: by the definition of the query, in its order.
pub(super) fn due_answer(world: &[Seen], query: &Query, reach: &Reach) -> Vec<Ticket> {
    let level = reach.level();
    let mut rows: Vec<&Ticket> = world
        .iter()
        .filter(|seen| reach.admits(&seen.ticket))
        .filter(|seen| matches(query, &seen.ticket, &seen.texts, level))
        .map(|seen| &seen.ticket)
        .collect();
    rows.sort_by_key(|ticket| (sort_value(query.sort, ticket, level), ticket.number));
    if query.sort.descending {
        rows.reverse();
    }
    rows.into_iter().cloned().collect()
}

/// One page of a list.
pub(super) async fn page(
    store: &dyn Store,
    query: &Query,
    reach: &Reach,
    limit: u16,
    after: Option<Cursor>,
) -> Page<Ticket> {
    let page = store
        .find(query, reach, &PageRequest { limit, after })
        .await;
    page.expect("found")
}

/// All pages of a list, one after the other.
pub(super) async fn list(
    store: &dyn Store,
    query: &Query,
    reach: &Reach,
    limit: u16,
) -> Vec<Ticket> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = page(store, query, reach, limit, after).await;
        assert!(page.rows.len() <= usize::from(limit.max(1)));
        rows.extend(page.rows);
        assert!(rows.len() < 10_000, "the list has no end");
        match page.next {
            Some(next) => after = Some(next),
            None => return rows,
        }
    }
}
