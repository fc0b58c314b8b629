//! What was redacted is gone, wherever it was.

use super::StoreHarness;
use super::expect::{nothing_strays, read, store, ticket};
use super::maker::Maker;
use crate::authority::{Reach, TeamReach};
use crate::port::Store;
use crate::query::{Query, Test, normalize};
use crate::ticket::{Attachment, Digest, Posting, Redaction, Side};
use crate::value::Body;

/// How many tickets the team finds by these words.
async fn hits(store: &dyn Store, words: &str) -> u32 {
    let query = Query::all().and(Test::Text(normalize(words)));
    let everything = Reach::Team(TeamReach::Everything);
    let count = store.count(&query, &everything, 100).await;
    count.expect("counted")
}

fn attachment() -> Attachment {
    Attachment {
        name: "../secret.pdf".into(),
        media_type: "application/pdf".into(),
        size: 3,
        digest: Digest::of(b"pdf"),
        content_id: Some("part1@example.org".into()),
    }
}

pub(super) async fn a_redacted_message_is_empty_and_not_found<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut opened = make.open(1).reply(Side::Team, "secret zebra").plan();
    opened.messages[1].attachments.push(attachment());
    opened.messages[1].body = Body::received("secret zebra", Some("<p>zebra</p>")).expect("a body");
    store.commit(&opened, None).await.expect("committed");
    let thread = store.thread(opened.ticket.id).await.expect("read");
    assert_eq!(thread.messages, opened.messages, "attachments are kept");
    assert_eq!(hits(&*store, "secret zebra").await, 1);

    let posting = Posting::Message(opened.messages[1].id);
    let redacted = make.change(&opened.ticket).redact(posting).plan();
    store.commit(&redacted, None).await.expect("committed");
    let thread = store.thread(opened.ticket.id).await.expect("read");
    let mut expected = opened.messages.clone();
    expected[1].body = Body::erased();
    expected[1].attachments.clear();
    expected[1].redacted = Some(Redaction {
        at: redacted.events[0].at,
        by: redacted.events[0].actor.clone(),
    });
    assert_eq!(thread.messages, expected);
    assert_eq!(hits(&*store, "secret zebra").await, 0);
    assert_eq!(hits(&*store, "zebra").await, 0);
    assert_eq!(hits(&*store, "stuck").await, 1, "the others are found");
    assert_eq!(hits(&*store, "printer jam").await, 1);
    assert_eq!(ticket(&*store, opened.ticket.id).await, redacted.ticket);
    nothing_strays(&*store).await;
}

pub(super) async fn a_redacted_note_is_empty_and_not_found<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mut opened = make.open(1).note("secret giraffe").note("plain").plan();
    opened.notes[0].attachments.push(attachment());
    store.commit(&opened, None).await.expect("committed");
    assert_eq!(hits(&*store, "giraffe").await, 1);

    let posting = Posting::Note(opened.notes[0].id);
    let draft = make.change(&opened.ticket).redact(posting);
    let redacted = draft.reply(Side::Team, "done").plan();
    store.commit(&redacted, None).await.expect("committed");
    let thread = store.thread(opened.ticket.id).await.expect("read");
    let mut expected = opened.notes.clone();
    expected[0].body = Body::erased();
    expected[0].attachments.clear();
    expected[0].redacted = Some(Redaction {
        at: redacted.events[0].at,
        by: redacted.events[0].actor.clone(),
    });
    assert_eq!(thread.notes, expected);
    assert_eq!(hits(&*store, "giraffe").await, 0);
    assert_eq!(
        (hits(&*store, "plain").await, hits(&*store, "done").await),
        (1, 1)
    );
    nothing_strays(&*store).await;
}

pub(super) async fn a_redaction_that_is_refused_erases_nothing<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let opened = make.open(1).note("secret giraffe").plan();
    store.commit(&opened, None).await.expect("committed");
    let changed = make.change(&opened.ticket).note("n").plan();
    store.commit(&changed, None).await.expect("committed");
    let posting = Posting::Note(opened.notes[0].id);
    let stale = make.change(&opened.ticket).redact(posting).plan();
    store.commit(&stale, None).await.expect_err("stale");
    let thread = store.thread(opened.ticket.id).await.expect("read");
    assert_eq!(thread.notes[0], opened.notes[0]);
    assert_eq!(hits(&*store, "giraffe").await, 1);
}

pub(super) async fn a_redacted_mail_still_names_its_ticket<H: StoreHarness>(world: &H) {
    let (store, mut make) = (store(world).await, Maker::new());
    let mail = read("question@example.org");
    let opened = make.open(1).mail(&mail).plan();
    store.commit(&opened, None).await.expect("committed");
    let posting = Posting::Message(opened.messages[1].id);
    let redacted = make.change(&opened.ticket).redact(posting).plan();
    store.commit(&redacted, None).await.expect("committed");
    let by_mail = [crate::port::Reference::Mail(mail)];
    let found = store.load(&by_mail).await.expect("loaded");
    assert_eq!(found, [Some(redacted.ticket)], "answers to it still join");
}
