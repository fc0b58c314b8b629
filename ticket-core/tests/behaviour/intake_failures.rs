//! Mail that is not understood, not allowed, or not survived: nothing of it is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ticket_core::desk::{Desk, Processed};
use ticket_core::mail::Quarantine;
use ticket_core::port::{MailSpool, SpoolState};

use crate::intake::{kept_aside, landed, mail};
use crate::world::{LineReader, Shaky, World, days, read};

#[tokio::test]
async fn poison_is_kept_aside_after_five_attempts_and_the_others_go_on() {
    let world = World::new().await;
    let poison = world
        .spool(&mail("ada@x.example", "x").with("Panics", "yes"))
        .await;
    let good = world.spool(&mail("ada@x.example", "It is stuck.")).await;
    let first = world.desk.process_mail(10).await.expect("processed");
    assert_eq!(
        first,
        Processed {
            done: 1,
            quarantined: 0,
            retried: 1
        }
    );
    landed(&world.spooled(good).await);
    let mut attempts = 1;
    while !matches!(world.spooled(poison).await, SpoolState::Quarantined { .. }) {
        world.clock.advance(days(1));
        attempts += 1;
        world.desk.process_mail(10).await.expect("processed");
    }
    assert_eq!(attempts, 5);
    assert!(matches!(
        kept_aside(world.spooled(poison).await),
        Quarantine::Failed { .. }
    ));
    assert!(world.desk.run_mail_again(poison).await.expect("found"));
    let again = world.desk.process_mail(10).await.expect("processed");
    assert_eq!(again.retried, 1, "its attempts are counted anew");
    assert!(!world.desk.run_mail_again(good).await.expect("found"));
}

#[tokio::test]
async fn a_mail_waits_for_a_directory_that_is_down_and_is_not_blamed() {
    let world = World::new().await;
    let shaky = Shaky {
        people: world.people.clone(),
        is_down: Arc::new(AtomicBool::new(true)),
    };
    let store = Arc::new(world.store.clone());
    let desk = Desk::builder(store, Arc::new(shaky.clone()), world.key.clone())
        .mail_reader(Arc::new(LineReader))
        .clock(Arc::new(world.clock.clone()))
        .build();
    let id = world.spool(&mail("ada@x.example", "It is stuck.")).await;
    for _ in 0..10 {
        assert_eq!(desk.process_mail(10).await.expect("tried").retried, 1);
        world.clock.advance(Duration::from_secs(2 * 60 * 60));
    }
    shaky.is_down.store(false, Ordering::SeqCst);
    assert_eq!(desk.process_mail(10).await.expect("processed").done, 1);
    landed(&world.spooled(id).await);
}

#[tokio::test]
async fn a_mail_that_no_attempt_survives_is_kept_aside_unread() {
    let world = World::new().await;
    let mail = world.spool(&mail("ada@x.example", "It is stuck.")).await;
    // Each claim counts, and the process dies before it settles anything.
    for _ in 0..25 {
        let now = world.clock.advance(Duration::from_secs(60));
        let lease = Duration::from_secs(1);
        let claimed = world
            .store
            .claim_mail(now, lease, 1)
            .await
            .expect("claimed");
        assert_eq!(claimed.len(), 1);
    }
    world.clock.advance(Duration::from_secs(60));
    let processed = world.desk.process_mail(1).await.expect("processed");
    assert_eq!(processed.quarantined, 1);
    assert!(matches!(
        kept_aside(world.spooled(mail).await),
        Quarantine::Failed { .. }
    ));
}

#[tokio::test]
async fn what_is_not_understood_or_not_allowed_is_kept_with_its_reason() {
    let world = World::new().await;
    let own_marker = world.key.loop_marker();
    let broken = mail("ada@x.example", "x").with("Broken", "yes");
    let cases = [
        (broken, "Unreadable"),
        (mail("support@desk.example", "x"), "OwnMail"),
        (
            mail("ada@x.example", "x").with("X-Ticket-Loop", &own_marker),
            "OwnMail",
        ),
        (mail("gone@x.example", "x"), "SenderInactive"),
        (
            mail("mailer-daemon@x.example", "x").with("Reports", "ada@x.example"),
            "UnknownBounce",
        ),
    ];
    for (mail, expected) in cases {
        let reason = format!("{:?}", kept_aside(world.receive(&mail).await));
        assert!(reason.starts_with(expected), "{reason}");
    }
    let unknown = world
        .desk
        .accept_mail(read("nowhere"), mail("ada@x.example", "x").raw())
        .await;
    world.desk.process_mail(10).await.expect("processed");
    let reason = kept_aside(world.spooled(unknown.expect("stored all the same")).await);
    assert_eq!(reason, Quarantine::NoSuchQueue);
}
