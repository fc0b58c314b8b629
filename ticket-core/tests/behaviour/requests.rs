//! Requests: versions, keys, and many writers at once.

use ticket_core::command::Command;
use ticket_core::desk::{DeskError, Request};
use ticket_core::plan::IdempotencyKey;
use ticket_core::port::{SettingsStore, StoreError};
use ticket_core::refusal::Refusal;
use ticket_core::ticket::Digest;
use ticket_core::value::Version;

use crate::world::{World, body, id, open, read, refused, settings};

fn key(text: &str, fingerprint: &str) -> IdempotencyKey {
    IdempotencyKey {
        scope: "ada".to_owned(),
        key: text.to_owned(),
        fingerprint: Digest::of(fingerprint.as_bytes()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_writers_at_once_no_word_is_lost() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let writers = (0..100).map(|at| {
        let world = world.clone();
        tokio::spawn(async move {
            let grace = world.as_("grace").await;
            loop {
                let tag = Command::Tag(read(&format!("t{at}")));
                match grace.perform(Request::new(ticket, tag)).await {
                    Ok(receipt) => return receipt.version,
                    Err(DeskError::Store(StoreError::Conflict { .. })) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        })
    });
    let mut versions: Vec<Version> = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        versions.push(writer.await.expect("no panic"));
    }
    versions.sort();
    let expected: Vec<Version> = (2..=101).map(Version::new).collect();
    assert_eq!(versions, expected, "each commit has a version of its own");
    assert_eq!(world.ticket(ticket).await.tags.len(), 100);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_saw_the_same_version_one_wins() {
    let world = World::new().await;
    let receipt = world.opened("ada").await;
    let writers = (0..20).map(|at| {
        let world = world.clone();
        tokio::spawn(async move {
            let tag = Command::Tag(read(&format!("t{at}")));
            let request = Request::new(receipt.ticket, tag).seen(receipt.version);
            world.as_("grace").await.perform(request).await
        })
    });
    let mut won = 0;
    for writer in writers.collect::<Vec<_>>() {
        match writer.await.expect("no panic") {
            Ok(_) => won += 1,
            outcome => match refused(outcome) {
                Refusal::Stale { seen, current } => {
                    assert_eq!((seen, current), (receipt.version, receipt.version.next()));
                }
                other => panic!("{other}"),
            },
        }
    }
    assert_eq!(won, 1);
    assert_eq!(world.ticket(receipt.ticket).await.version.get(), 2);
}

#[tokio::test]
async fn a_key_has_one_effect_and_belongs_to_one_request() {
    let world = World::new().await;
    let ada = world.as_("ada").await;
    let first = ada
        .open_once(open("Jam", "Stuck."), key("1", "jam"))
        .await
        .expect("opened");
    let again = ada
        .open_once(open("Jam", "Stuck."), key("1", "jam"))
        .await
        .expect("the same");
    assert_eq!((first.ticket, first.number), (again.ticket, again.number));
    assert!(!first.replayed && again.replayed);
    let other = ada
        .open_once(open("Other", "Other"), key("1", "other"))
        .await;
    assert_eq!(refused(other).code(), "key_reused");
    let reply = || Command::Reply(body("Hello?").into());
    let request = || Request::new(first.ticket, reply()).once(key("2", "hello"));
    let one = ada.perform(request()).await.expect("a reply");
    let two = ada.perform(request()).await.expect("the same");
    assert_eq!(one.posting, two.posting);
    assert_eq!(world.ticket(first.ticket).await.message_count, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_equal_requests_with_one_key_open_one_ticket() {
    let world = World::new().await;
    let tries = (0..50).map(|_| {
        let world = world.clone();
        tokio::spawn(async move {
            let open = open("Jam", "Stuck.");
            world
                .as_("ada")
                .await
                .open_once(open, key("1", "jam"))
                .await
                .expect("opened")
        })
    });
    let mut tickets = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        tickets.push(one.await.expect("no panic").ticket);
    }
    tickets.dedup();
    assert_eq!(tickets.len(), 1);
    assert_eq!(
        world.desk.verify().await.expect("a report").checked["tickets"],
        1
    );
}

#[tokio::test]
async fn a_request_that_changes_nothing_writes_nothing() {
    let world = World::new().await;
    let first = world.opened("ada").await;
    let same = Command::Retitle {
        to: read("Printer jam"),
    };
    let receipt = world.does("grace", first.ticket, same).await;
    assert_eq!((receipt.version, receipt.posting), (first.version, None));
}

#[tokio::test]
async fn somebody_inactive_or_unknown_does_nothing() {
    let world = World::new().await;
    for name in ["gone", "nobody"] {
        let answer = world.desk.acting(&id(name)).await.map(|_| ());
        assert_eq!(refused(answer).code(), "not_found");
    }
}

#[tokio::test]
async fn only_admins_save_settings_and_only_over_what_they_saw() {
    let world = World::new().await;
    let seen = world
        .store
        .settings_generation()
        .await
        .expect("a generation");
    for name in ["ada", "grace", "lilo"] {
        let saved = world.as_(name).await.save_settings(seen, settings()).await;
        assert_eq!(refused(saved).code(), "denied", "{name}");
    }
    let root = world.as_("root").await;
    let saved = root.save_settings(seen, settings()).await.expect("saved");
    assert_eq!(saved, seen + 1);
    let stale = root.save_settings(seen, settings()).await;
    assert!(matches!(
        stale,
        Err(DeskError::Store(StoreError::Conflict { .. }))
    ));
    let mut wrong = settings();
    wrong.queues.clear();
    let wrong = root.save_settings(saved, wrong).await;
    assert!(matches!(wrong, Err(DeskError::Settings(_))));
}

#[tokio::test]
async fn what_another_process_saved_is_seen_within_a_second() {
    let world = World::new().await;
    let name = |settings: ticket_core::settings::Settings| settings.name;
    let generation = world
        .store
        .settings_generation()
        .await
        .expect("a generation");
    let mut other = settings();
    other.name = "Renamed".into();
    world
        .store
        .save_settings(generation, &other)
        .await
        .expect("saved");
    let in_force = world.desk.settings().await.expect("settings");
    assert_eq!(
        name(in_force.settings().clone()),
        "Help",
        "used for a second"
    );
    world.clock.advance(std::time::Duration::from_secs(1));
    let in_force = world.desk.settings().await.expect("settings");
    assert_eq!(name(in_force.settings().clone()), "Renamed");
}
