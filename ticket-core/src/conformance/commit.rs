//! Tickets are written whole or not at all, and found again.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::StoreHarness;
use super::expect::{
    is_conflict, is_there_already, maybe_ticket, nothing_strays, read, store, ticket,
};
use super::maker::{Maker, key};
use crate::authority::{Reach, TeamReach};
use crate::mail::MailMessageId;
use crate::port::{Reference, StoreError};
use crate::query::Query;
use crate::ticket::{Event, Link, LinkKind, Priority, Side, Thread};
use crate::value::{TicketId, TicketNumber, Version};

pub(super) async fn a_commit_is_loaded_by_id_number_and_mail<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail: MailMessageId = read("question@example.org");
    let noted: MailMessageId = read("Report@example.org");
    let plan = make
        .open(7)
        .mail(&mail)
        .noted_by_mail(&noted)
        .tell("ada")
        .plan();
    let receipt = store.commit(&plan, None).await.expect("committed");
    assert_eq!(receipt, plan.receipt());

    let references = [
        Reference::Number(plan.ticket.number),
        Reference::Mail(noted),
        Reference::Number(TicketNumber::new(8).expect("a number")),
        Reference::Id(plan.ticket.id),
        Reference::Mail(mail),
        Reference::Id(plan.ticket.id),
    ];
    let found = store.load(&references).await.expect("loaded");
    let there = Some(plan.ticket.clone());
    let expected = [&there, &there, &None, &there, &there, &there].map(Clone::clone);
    assert_eq!(found, expected, "in the order asked");
    let thread = store.thread(plan.ticket.id).await.expect("read");
    assert_eq!(thread.messages, plan.messages);
    assert_eq!(thread.notes, plan.notes);
    let history = store.history(plan.ticket.id, None).await.expect("read");
    assert_eq!(history, plan.events);
    nothing_strays(&*store).await;
}

pub(super) async fn what_was_not_stored_is_absent<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let nobody = TicketId::new(make.uuid());
    let references = [
        Reference::Id(nobody),
        Reference::Number(TicketNumber::new(1).expect("a number")),
        Reference::Mail(read("nothing@example.org")),
    ];
    assert_eq!(
        store.load(&references).await.expect("loaded"),
        [None, None, None]
    );
    assert_eq!(store.load(&[]).await.expect("loaded"), []);
    assert_eq!(store.thread(nobody).await.expect("read"), Thread::default());
    assert_eq!(store.history(nobody, None).await.expect("read"), []);
    assert_eq!(store.linking_to(nobody).await.expect("read"), []);
    assert_eq!(store.notices(nobody).await.expect("read"), []);
    let receipt = store.receipt(&key("ada", "k", "r")).await.expect("read");
    assert_eq!(receipt, None);
    assert_eq!(store.tickets_after(None, 10).await.expect("read"), []);
}

pub(super) async fn a_stale_version_writes_nothing<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).plan();
    store.commit(&opened, None).await.expect("committed");
    let changed = make.change(&opened.ticket).note("first").plan();
    store.commit(&changed, None).await.expect("committed");
    let mail: MailMessageId = read("late@example.org");
    let late = make
        .change(&opened.ticket)
        .reply(Side::Team, "zebra")
        .mail(&mail)
        .note("giraffe")
        .tell("ada")
        .plan();

    let late_key = key("bob", "late", "r");
    is_conflict(&store.commit(&late, Some(&late_key)).await, 2);

    assert_eq!(ticket(&*store, opened.ticket.id).await, changed.ticket);
    let history = store.history(opened.ticket.id, None).await.expect("read");
    assert_eq!(history.len(), 2, "no event");
    let thread = store.thread(opened.ticket.id).await.expect("read");
    assert_eq!((thread.messages.len(), thread.notes.len()), (1, 1));
    let notices = store.notices(opened.ticket.id).await.expect("read");
    assert_eq!(notices, [], "no notice");
    assert_eq!(store.receipt(&late_key).await.expect("read"), None);
    let found = store.load(&[Reference::Mail(mail)]).await.expect("loaded");
    assert_eq!(found, [None], "no Message-ID");
    for word in ["zebra", "giraffe"] {
        let query = Query::all().and(crate::query::Test::Text(vec![word.to_owned()]));
        let everything = Reach::Team(TeamReach::Everything);
        let count = store.count(&query, &everything, 9).await.expect("counted");
        assert_eq!(count, 0, "{word} is not indexed");
    }
    nothing_strays(&*store).await;
}

pub(super) async fn a_ticket_that_is_not_there_does_not_change<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let never = make.open(1).plan();
    let changed = make.change(&never.ticket).note("n").tell("ada").plan();
    is_conflict(&store.commit(&changed, None).await, 0);
    assert_eq!(maybe_ticket(&*store, never.ticket.id).await, None);
    nothing_strays(&*store).await;
}

pub(super) async fn an_id_or_a_number_is_opened_once<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let first = make.open(1).plan();
    store.commit(&first, None).await.expect("committed");

    let same_number = make.open(1).tell("ada").plan();
    is_there_already(&store.commit(&same_number, None).await, "ticket");
    let mut same_id = make.open(2).plan();
    same_id.ticket.id = first.ticket.id;
    for record in &mut same_id.events {
        record.ticket = first.ticket.id;
    }
    for message in &mut same_id.messages {
        message.ticket = first.ticket.id;
    }
    is_there_already(&store.commit(&same_id, None).await, "ticket");

    assert_eq!(maybe_ticket(&*store, same_number.ticket.id).await, None);
    assert_eq!(ticket(&*store, first.ticket.id).await, first.ticket);
    let thread = store.thread(first.ticket.id).await.expect("read");
    assert_eq!(thread.messages, first.messages);
    let ids = store.tickets_after(None, 10).await.expect("read");
    assert_eq!(ids, [first.ticket.id]);
    nothing_strays(&*store).await;
}

pub(super) async fn versions_grow_by_one<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut plan = make.open(1).plan();
    for version in 1..=5 {
        let receipt = store.commit(&plan, None).await.expect("committed");
        assert_eq!(receipt.version, Version::new(version));
        let stored = ticket(&*store, plan.ticket.id).await;
        assert_eq!(stored.version, Version::new(version));
        plan = make
            .change(&stored)
            .event(Event::Tagged {
                tag: read(&format!("t{version}")),
            })
            .event(Event::PriorityChanged {
                from: Priority::Normal,
                to: Priority::High,
            })
            .plan();
    }
}

pub(super) async fn of_concurrent_writers_one_wins_each_version<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).plan();
    store.commit(&opened, None).await.expect("committed");
    let mut before = opened.ticket;
    for round in 2..=4 {
        let plans: Vec<_> = (0..8)
            .map(|writer| {
                make.change(&before)
                    .note(&format!("writer {writer}"))
                    .plan()
            })
            .collect();
        let answers = join_all(plans.iter().map(|plan| store.commit(plan, None))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 7), "one wins: {lost:?}");
        for answer in &lost {
            is_conflict(answer, round);
        }
        before = ticket(&*store, before.id).await;
        assert_eq!(before.version, Version::new(round));
        let thread = store.thread(before.id).await.expect("read");
        assert_eq!(
            thread.notes.len() + 1,
            usize::try_from(round).expect("small")
        );
    }
    nothing_strays(&*store).await;
}

pub(super) async fn messages_and_notes_are_in_the_order_of_time<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).plan();
    let mut plan = make
        .change(&opened.ticket)
        .reply(Side::Team, "b")
        .reply(Side::Team, "c")
        .reply(Side::Team, "d")
        .note("b")
        .note("c")
        .note("d")
        .plan();
    // The last is the earliest, and the first two are of one instant.
    plan.messages[2].at = opened.ticket.created_at;
    plan.notes[2].at = opened.ticket.created_at;
    plan.messages.swap(0, 1);
    plan.notes.swap(0, 1);
    for plan in [&opened, &plan] {
        store.commit(plan, None).await.expect("committed");
    }

    let thread = store.thread(opened.ticket.id).await.expect("read");
    let messages: Vec<_> = thread.messages.iter().map(|own| own.body.text()).collect();
    assert_eq!(messages, ["It is stuck.", "d", "b", "c"]);
    let notes: Vec<_> = thread.notes.iter().map(|own| own.body.text()).collect();
    assert_eq!(notes, ["d", "b", "c"]);
}

pub(super) async fn history_continues_after_a_version<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let first = make.open(1).tell("ada").plan();
    let second = make
        .change(&first.ticket)
        .note("n")
        .event(Event::Tagged { tag: read("x") })
        .event(Event::Woke)
        .plan();
    let third = make.change(&second.ticket).reply(Side::Team, "r").plan();
    for plan in [&first, &second, &third] {
        store.commit(plan, None).await.expect("committed");
    }
    let id = first.ticket.id;
    let from = async |after| store.history(id, after).await.expect("read");
    let later = [second.events, third.events.clone()].concat();
    assert_eq!(from(None).await, [first.events, later.clone()].concat());
    assert_eq!(from(Some(Version::new(0))).await.len(), 5);
    assert_eq!(from(Some(Version::new(1))).await, later);
    assert_eq!(from(Some(Version::new(2))).await, third.events);
    assert_eq!(from(Some(Version::new(3))).await, []);
}

pub(super) async fn numbers_are_never_given_twice<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let given = join_all((0..32).map(|_| store.next_number())).await;
    let given: BTreeSet<TicketNumber> = given
        .into_iter()
        .collect::<Result<_, StoreError>>()
        .expect("numbers");
    assert_eq!(given.len(), 32, "all different");
    let last = store.next_number().await.expect("a number");
    assert!(given.iter().all(|number| *number < last), "they grow");

    let ahead = make.open(last.get() + 1000).plan();
    store.commit(&ahead, None).await.expect("committed");
    let next = store.next_number().await.expect("a number");
    assert!(next > ahead.ticket.number, "past those that were taken");
}

pub(super) async fn the_first_ticket_keeps_a_message_id<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail: MailMessageId = read("twice@example.org");
    let first = make.open(1).mail(&mail).plan();
    let second = make.open(2).mail(&mail).plan();
    for plan in [&first, &second] {
        store.commit(plan, None).await.expect("committed");
    }
    let by_mail = [Reference::Mail(mail)];
    let found = store.load(&by_mail).await.expect("loaded");
    assert_eq!(found, [Some(first.ticket)]);
}

pub(super) async fn links_are_found_from_their_other_end<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let target = make.open(1).plan();
    let to = target.ticket.id;
    let link = |kind| Link { kind, to };
    let mut opening = make.opening(3);
    opening.links.insert(link(LinkKind::ChildOf));
    opening.links.insert(link(LinkKind::Relates));
    let third = make.begin(opening, "part").plan();
    let second = make.open(2).plan();
    let linked = make
        .change(&second.ticket)
        .event(Event::Linked {
            link: link(LinkKind::Duplicates),
        })
        .plan();
    for plan in [&target, &third, &second, &linked] {
        store.commit(plan, None).await.expect("committed");
    }
    let found = store.linking_to(to).await.expect("read");
    let (second, third) = (second.ticket.id, third.ticket.id);
    let from: Vec<TicketId> = found.iter().map(|(id, _)| *id).collect();
    assert_eq!(from, [second, third, third], "by number");
    let kinds: BTreeSet<_> = found.into_iter().collect();
    let both = [(third, LinkKind::Relates), (third, LinkKind::ChildOf)];
    let mut expected = BTreeSet::from(both);
    expected.insert((second, LinkKind::Duplicates));
    assert_eq!(kinds, expected);

    let unlinked = make
        .change(&linked.ticket)
        .event(Event::Unlinked {
            link: link(LinkKind::Duplicates),
        })
        .plan();
    store.commit(&unlinked, None).await.expect("committed");
    let found = store.linking_to(to).await.expect("read");
    let kinds: BTreeSet<_> = found.into_iter().collect();
    assert_eq!(kinds, BTreeSet::from(both), "a removed link is gone");
    let none = store.linking_to(third).await.expect("read");
    assert_eq!(none, [], "a link has one direction");
}
