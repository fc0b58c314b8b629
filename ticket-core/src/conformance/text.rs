//! What people write and when they wrote it comes back exactly.

use std::collections::BTreeSet;

use super::StoreHarness;
use super::expect::{read, store, ticket};
use super::maker::{Maker, key};
use super::questions::list;
use crate::authority::{Reach, TeamReach};
use crate::field::FieldValue;
use crate::port::{Credential, Purpose, Reference, Store};
use crate::query::{Comparison, Query, SortKey, Test, normalize};
use crate::ticket::{
    ActorRef, Attachment, Cause, Digest, Event, HostSubject, MailOrigin, SenderProof, Side, Ticket,
};
use crate::value::{Body, Mailbox, SpoolId, Subject, TicketId, Timestamp};

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);

/// Texts that stores, indexes and encodings have stumbled over.
const HOSTILE: [&str; 20] = [
    "\u{301} begins with a lone combining mark",
    "ends with one e\u{301}",
    "\u{202e}right to left\u{202c} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{623}\u{62d}\u{645}\u{62f}",
    "\u{1f3ab}\u{1f469}\u{200d}\u{1f4bb} four bytes each \u{10ffff}",
    "noncharacters \u{fffe}\u{ffff}\u{fdd0} and \u{fffd}",
    "\u{feff}a byte order mark\u{200b}\u{2060}",
    "quotes ' \" ` and '); DROP TABLE tickets; --",
    "backslashes \\ \\\\ \\0 \\u0000 \\x00",
    "percent %s %00 {number} ${jndi} {{x}}",
    "<script>alert(1)</script> &amp; &#0;",
    "{\"json\": [null, \"\\ud800\"]}",
    "AND OR NOT NEAR(a b, 3) \"unclosed",
    "star* col:value -minus +plus ^caret ~tilde",
    "null",
    "0",
    "1e999",
    "NaN",
    "tschüß GROẞ İı \u{3c2}\u{3c3}\u{3a3}",
    "\u{fb01}\u{2460}\u{ff12} compatibility",
    "a very long word \u{1f3ab}",
];

/// The largest part of a body, in bytes.
const BODY_MAX: usize = 4 * 1024 * 1024;

async fn found_by(store: &dyn Store, words: Vec<String>) -> Vec<Ticket> {
    let query = Query::all().and(Test::Text(words));
    list(store, &query, &EVERYTHING, 100).await
}

pub(super) async fn hostile_texts_come_back_as_written<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for (number, text) in (1..).zip(HOSTILE) {
        let mut opening = make.opening(number);
        opening.subject = Subject::new(text).expect("a subject");
        let value = FieldValue::Text(text.to_owned());
        opening.fields.insert(read("device"), value);
        let thing = HostSubject::new(read("order"), text).expect("a thing");
        opening.about.insert(thing);
        let draft = make
            .begin(opening, text)
            .note(text)
            .event(Event::ActionTaken {
                action: read("refund"),
                outcome: text.to_owned(),
            });
        let mut plan = draft.tell("ada").plan();
        plan.messages[0].body = Body::received(text, Some(text)).expect("a body");
        plan.messages[0].attachments = vec![attachment(text)];
        let notice = &mut plan.notices[0];
        (notice.subject, notice.intro, notice.outro) = (text.into(), text.into(), text.into());
        notice.to = Mailbox::new(Some(text), read("ada@example.org"));
        let own = key(text, text, text);
        store.commit(&plan, Some(&own)).await.expect("committed");

        let id = plan.ticket.id;
        assert_eq!(ticket(&*store, id).await, plan.ticket);
        let thread = store.thread(id).await.expect("read");
        assert_eq!(thread.messages, plan.messages);
        assert_eq!(thread.notes, plan.notes);
        assert_eq!(store.history(id, None).await.expect("read"), plan.events);
        let notices = store.notices(id).await.expect("read");
        assert_eq!(notices[0].notice, plan.notices[0]);
        let receipt = store.receipt(&own).await.expect("read");
        assert!(receipt.is_some_and(|own| own.replayed), "{text:?}");
        let words = normalize(text);
        let rows = found_by(&*store, words).await;
        assert!(rows.contains(&plan.ticket), "{text:?} is found");
    }
}

fn attachment(name: &str) -> Attachment {
    Attachment {
        name: name.to_owned(),
        media_type: "text/plain; charset=utf-8".to_owned(),
        size: u64::from(u32::MAX) + 7,
        digest: Digest::of(name.as_bytes()),
        content_id: Some(name.to_owned()),
    }
}

pub(super) async fn nul_is_replaced_before_it_is_stored<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let plan = make.begin_with("a\0b \0").note("\0").plan();
    store.commit(&plan, None).await.expect("committed");
    let thread = store.thread(plan.ticket.id).await.expect("read");
    assert_eq!(thread.messages[0].body.text(), "a\u{fffd}b \u{fffd}");
    assert_eq!(thread.notes, plan.notes);
}

pub(super) async fn the_longest_body_is_kept_and_found<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut long = "\u{1f3ab}e\u{301}x ".repeat(BODY_MAX / 9 - 2);
    long.push_str("zebra");
    while long.len() < BODY_MAX {
        long.push('.');
    }
    let mut plan = make.begin_with(&long).plan();
    let html = Some(long.as_str());
    plan.messages[0].body = Body::received(&long, html).expect("a body");
    store.commit(&plan, None).await.expect("committed");
    let thread = store.thread(plan.ticket.id).await.expect("read");
    let found = &thread.messages[0].body;
    assert!(found.text() == long, "the text differs");
    assert!(found.html() == html, "the HTML differs");
    let rows = found_by(&*store, vec!["ex".to_owned(), "zebra".to_owned()]).await;
    assert_eq!(rows.len(), 1, "its last word is found");
}

pub(super) async fn words_are_found_however_they_are_spelled<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    for (number, written, typed) in [
        (1, "Crème brûlée", "CREME BRULEE"),
        (2, "\u{6771}\u{4eac}\u{99c5}\u{306e}", "\u{4eac}\u{99c5}"),
        (3, "\u{fb01}le \u{ff12}", "file 2"),
        (4, "un\u{ef}vers e\u{301}te", "univers été"),
        (5, "foo_bar.baz-qux", "bar baz"),
        (6, "\u{e44}\u{e17}\u{e22}", "\u{e17}\u{e22}"),
    ] {
        let mut opening = make.opening(number);
        opening.subject = read("x");
        let plan = make.begin(opening, written).plan();
        store.commit(&plan, None).await.expect("committed");
        let words = normalize(typed);
        assert!(!words.is_empty(), "{typed}");
        let rows = found_by(&*store, words).await;
        assert_eq!(rows, [plan.ticket], "{typed}");
    }
    let rows = found_by(&*store, normalize("brul")).await;
    assert_eq!(rows, [], "a word is found as a whole");
}

pub(super) async fn times_are_kept_to_the_microsecond<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let instants = [
        Timestamp::MIN,
        Timestamp::from_micros(-1),
        Timestamp::from_micros(0),
        Timestamp::from_micros(1),
        read("2026-01-31T23:59:59.999999Z"),
        Timestamp::MAX,
    ];
    for (number, at) in (1..).zip(instants) {
        make.set(at.minus(std::time::Duration::from_micros(1_000_001)));
        let mut draft = make.open(number).event(Event::Snoozed { until: at });
        draft = draft.event(Event::DueChanged {
            from: None,
            to: Some(at),
        });
        let mut plan = draft.note("n").plan();
        plan.notes[0].at = at;
        store.commit(&plan, None).await.expect("committed");
        assert_eq!(ticket(&*store, plan.ticket.id).await, plan.ticket);
        let thread = store.thread(plan.ticket.id).await.expect("read");
        assert_eq!(thread.notes[0].at, at);
        let history = store.history(plan.ticket.id, None).await.expect("read");
        assert_eq!(history, plan.events);
        let exactly = Query::all().and(Test::Due(Comparison::Equal, at));
        let rows = list(&*store, &exactly, &EVERYTHING, 9).await;
        assert_eq!(rows, [plan.ticket], "{at}");
        let own = credential_until(at);
        store.issue(&own).await.expect("issued");
        let before = at.minus(std::time::Duration::from_micros(1));
        let found = store.credential(&own.digest, before).await.expect("read");
        assert_eq!(found, (before < at).then_some(own));
    }
    let by_due = Query::all().sorted(SortKey::Due, false);
    let rows = list(&*store, &by_due, &EVERYTHING, 1).await;
    let due: Vec<Timestamp> = rows.iter().filter_map(|own| own.due).collect();
    assert_eq!(due, instants, "in the order of time");
}

fn credential_until(at: Timestamp) -> Credential {
    let digest = Digest::of(&at.micros().to_be_bytes());
    let mut own = Credential::new(digest, read("ada"), Purpose::ApiToken, at);
    own.label = at.to_string();
    own.expires_at = Some(at);
    own
}

pub(super) async fn every_kind_of_event_comes_back<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = read("a@example.org");
    let mut plan = make.open(1).mail(&mail).noted_by_mail(&mail).plan();
    let proofs = [SenderProof::Authenticated, SenderProof::Token];
    for (message, proof) in plan.messages.iter_mut().zip(proofs) {
        message.mail = Some(MailOrigin {
            spool: SpoolId::new(make.uuid()),
            message_id: None,
            proof,
        });
    }
    let spool = SpoolId::new(make.uuid());
    let causes = [Cause::Mail { spool }, Cause::Rule, Cause::Clock];
    let on_behalf_of = Some(read("ada"));
    let actors = [
        ActorRef::System,
        ActorRef::Rule { key: read("r-1") },
        ActorRef::Person {
            id: read("auth0|x 1"),
            on_behalf_of,
        },
    ];
    let mut bounced = plan.events[2].clone();
    bounced.index = 3;
    bounced.event = Event::DeliveryFailed {
        notice: crate::value::NoticeId::new(make.uuid()),
        person: read("ada"),
        note: plan.notes[0].id,
    };
    plan.ticket.note_count += 1;
    plan.events.push(bounced);
    for ((record, cause), actor) in plan.events.iter_mut().skip(1).zip(causes).zip(actors) {
        (record.cause, record.actor) = (cause, actor);
    }
    plan.notes[0].author = ActorRef::Rule { key: read("r-1") };
    plan.notes[0].mentions = vec![read("bob"), read("auth0|x 1")];
    store.commit(&plan, None).await.expect("committed");
    let id: TicketId = plan.ticket.id;
    assert_eq!(store.history(id, None).await.expect("read"), plan.events);
    let thread = store.thread(id).await.expect("read");
    assert_eq!(thread.messages, plan.messages);
    assert_eq!(thread.notes, plan.notes);
    let references = [Reference::Id(id), Reference::Mail(mail)];
    let loaded = store.load(&references).await.expect("loaded");
    let seen: BTreeSet<Option<TicketId>> = loaded
        .iter()
        .map(|own| own.as_ref().map(|own| own.id))
        .collect();
    assert_eq!(seen, BTreeSet::from([Some(id)]));
    let replied = make.change(&plan.ticket).reply(Side::Team, "r").plan();
    store.commit(&replied, None).await.expect("committed");
    assert_eq!(ticket(&*store, id).await, replied.ticket);
}
