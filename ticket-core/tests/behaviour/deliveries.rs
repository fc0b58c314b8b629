//! Letters out: at least once, the same ones, within the caps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::desk::Delivered;
use ticket_core::memory::MemoryStore;
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::port::{NoticeState, Notifier, NotifyError, Outbox};

use crate::world::{World, days, open, read, settings};

fn later() -> Option<NotifyError> {
    Some(NotifyError::Later("no route".to_owned()))
}

#[tokio::test]
async fn a_letter_that_failed_comes_again_as_the_same_letter() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let notices = world.notices(ticket).await.len();
    world.letters.fail_with(later());
    let failed = world.desk.deliver(100).await.expect("tried");
    assert_eq!(failed.retried as usize, notices);
    assert!(
        world.desk.deliver(100).await.expect("tried").is_idle(),
        "it waits first"
    );
    world.letters.fail_with(None);
    world.clock.advance(Duration::from_secs(60));
    let before = compose_all(&world).await;
    let mut letters = world.post().await;
    letters.sort_by_key(|letter| letter.notice);
    assert_eq!(letters, before);
    assert_eq!(letters.len(), notices);
}

/// The letters that are waiting, as another worker would compose them.
async fn compose_all(world: &World) -> Vec<Letter> {
    let other = ticket_core::memory::MemoryNotifier::new();
    let lease = Duration::from_secs(1);
    // A worker takes them, delivers them, and dies before it can say so.
    let taken = world
        .store
        .claim_notices(clock(world), lease, 100)
        .await
        .expect("claimed");
    assert!(!taken.is_empty());
    world.clock.advance(Duration::from_secs(2));
    let twin = ticket_core::desk::Desk::builder(
        Arc::new(world.store.clone()),
        Arc::new(world.people.clone()),
        world.key.clone(),
    )
    .notifier(Arc::new(other.clone()))
    .clock(Arc::new(world.clock.clone()))
    .build();
    twin.deliver(100).await.expect("delivered");
    for letter in other.letters() {
        let status = world
            .store
            .notice(letter.notice)
            .await
            .expect("read")
            .expect("there");
        assert!(matches!(status.state, NoticeState::Sent { .. }));
        world
            .store
            .mark_bounced(letter.notice, &"again".into())
            .await
            .expect("marked");
        let now = clock(world);
        assert!(
            world
                .store
                .requeue_notice(letter.notice, now)
                .await
                .expect("requeued")
        );
    }
    let mut letters = other.letters();
    letters.sort_by_key(|letter| letter.notice);
    letters
}

fn clock(world: &World) -> ticket_core::value::Timestamp {
    use ticket_core::port::Clock;
    world.clock.now()
}

#[tokio::test]
async fn a_crash_between_delivery_and_settlement_sends_the_same_letter_again() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let settled = |state: &NoticeState| matches!(state, NoticeState::Sent { .. });
    let lease = Duration::from_secs(300);
    let claimed = world
        .store
        .claim_notices(clock(&world), lease, 1)
        .await
        .expect("claimed");
    let held = &claimed[0].notice;
    world.post().await;
    world.clock.advance(lease);
    let after = world.post().await;
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].notice, held.id);
    let late = ticket_core::port::Settlement::Dead {
        error: "late".into(),
    };
    let stale = world
        .store
        .settle_notice(held.id, claimed[0].fence, &late)
        .await;
    assert!(
        !stale.expect("answered"),
        "the fence of the first claim is worth nothing"
    );
    assert!(
        world
            .notices(ticket)
            .await
            .iter()
            .all(|status| settled(&status.state))
    );
}

#[tokio::test]
async fn two_workers_send_each_letter_once() {
    let world = World::new().await;
    for _ in 0..20 {
        world.opened("ada").await;
    }
    let (one, two) = tokio::join!(world.desk.deliver(1_000), world.desk.deliver(1_000));
    let sent = one.expect("sent").sent + two.expect("sent").sent;
    let letters = world.letters.letters();
    assert_eq!(letters.len(), sent as usize);
    let mut ids: Vec<_> = letters.iter().map(|letter| letter.notice).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), letters.len());
}

#[tokio::test]
async fn what_cannot_be_delivered_is_given_up_after_days_or_at_once() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    world.letters.fail_with(later());
    let mut attempts = 0;
    let started = clock(&world);
    loop {
        let delivered = world.desk.deliver(100).await.expect("tried");
        attempts += 1;
        if delivered.dead > 0 {
            break;
        }
        world.clock.advance(Duration::from_secs(75 * 60));
    }
    let lasted = clock(&world).micros() - started.micros();
    let five_days = i64::try_from(days(5).as_micros()).expect("it fits");
    assert!(
        (five_days..five_days + 3_600_000_000 * 3).contains(&lasted),
        "{lasted}"
    );
    assert!(attempts > 50, "{attempts}");
    let dead = world.notices(ticket).await.remove(0).notice.id;
    world.letters.fail_with(None);
    assert!(world.desk.requeue_notice(dead).await.expect("requeued"));
    assert_eq!(world.desk.deliver(100).await.expect("sent").sent, 1);

    world.opened("ada").await;
    world
        .letters
        .fail_with(Some(NotifyError::Never("no such mailbox".to_owned())));
    assert!(world.desk.deliver(100).await.expect("tried").dead > 0);
}

#[tokio::test]
async fn without_a_notifier_letters_wait() {
    let store = MemoryStore::new();
    let people = ticket_core::memory::MemoryDirectory::new();
    let key = ticket_core::mail::SigningKey::new([1; 32]);
    let desk = ticket_core::desk::Desk::builder(Arc::new(store), Arc::new(people), key).build();
    assert!(!desk.delivers());
    assert!(desk.deliver(10).await.expect("nothing").is_idle());
    assert!(desk.process_mail(10).await.expect("nothing").is_idle());
}

#[tokio::test]
async fn automatic_mail_to_an_address_is_capped_and_mail_by_hand_is_not() {
    let mut capped = settings();
    capped.mail.cap_count = 3;
    capped.mail.cap_seconds = 3_600;
    let world = World::with(capped).await;
    let mut tickets = Vec::new();
    for _ in 0..5 {
        tickets.push(world.opened("eve").await.ticket);
        world.clock.advance(Duration::from_secs(60));
    }
    let count = |letters: &[Letter], kind| {
        let to_eve = letters
            .iter()
            .filter(|one| one.to.address == read("eve@x.example"));
        to_eve.filter(|one| one.kind == kind).count()
    };
    let letters = world.post().await;
    assert_eq!(count(&letters, NoticeKind::Received), 3);
    let states = world.notices(tickets[4]).await;
    let received = states
        .iter()
        .find(|one| one.notice.kind == NoticeKind::Received);
    assert_eq!(received.expect("a notice").state, NoticeState::Suppressed);
    for ticket in &tickets {
        world.reply("grace", *ticket, "By hand.").await;
    }
    assert_eq!(count(&world.post().await, NoticeKind::Replied), 5);
    world.clock.advance(Duration::from_secs(3_600));
    world.opened("eve").await;
    assert_eq!(
        count(&world.post().await, NoticeKind::Received),
        1,
        "the hour is over"
    );
}

/// Panics for the first letter and takes the others.
#[derive(Debug, Default)]
struct Clumsy(AtomicU32);

#[async_trait]
impl Notifier for Clumsy {
    async fn deliver(&self, _letter: &Letter) -> Result<(), NotifyError> {
        let earlier = self.0.fetch_add(1, Ordering::SeqCst);
        assert!(earlier > 0, "the first one slips");
        Ok(())
    }
}

#[tokio::test]
async fn a_notifier_that_panics_costs_one_attempt_and_nothing_else() {
    let store = MemoryStore::new();
    let world = World::over(store.clone(), Arc::new(store), settings(), |builder| {
        builder.notifier(Arc::new(Clumsy::default()))
    })
    .await;
    world
        .open("ada", open("Jam", "Stuck."))
        .await
        .expect("opened");
    let delivered = world.desk.deliver(100).await.expect("delivered");
    let expected = Delivered {
        sent: 3,
        retried: 1,
        dead: 0,
        suppressed: 0,
    };
    assert_eq!(delivered, expected);
}

#[tokio::test]
async fn what_runs_by_itself_can_be_spawned() {
    fn spawnable<F: Future + Send>(_: F) {}
    let desk = World::new().await.desk;
    spawnable(desk.deliver(1));
    spawnable(desk.process_mail(1));
    spawnable(desk.tick(1));
    spawnable(desk.verify());
}
