//! Letters that never arrive, letters that may not be sent any more, and those under way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::command::Command;
use ticket_core::memory::{MemoryNotifier, MemoryStore};
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::person::{Person, Role};
use ticket_core::port::{
    Clock, NoticeState, NoticeStatus, Notifier, NotifyError, Outbox, Roster, TicketRepository,
};
use ticket_core::ticket::Event;
use ticket_core::value::{TicketId, Timestamp};

use crate::world::{World, id, person, read, settings};

/// Refuses what goes to one address for good, and passes everything else on.
struct Refusing {
    address: &'static str,
    others: MemoryNotifier,
    /// When set, somebody else takes the same notice over while it is refused, once.
    thief: Mutex<Option<(MemoryStore, Timestamp)>>,
}

#[async_trait]
impl Notifier for Refusing {
    async fn deliver(&self, letter: &Letter) -> Result<(), NotifyError> {
        if letter.to.address.normal() != self.address {
            return self.others.deliver(letter).await;
        }
        let thief = self.thief.lock().expect("unpoisoned").take();
        if let Some((store, late)) = thief {
            let lease = Duration::from_secs(1);
            let taken = store.claim_notices(late, lease, 100).await;
            assert!(!taken.expect("claimed").is_empty());
        }
        Err(NotifyError::Never("no such mailbox".to_owned()))
    }
}

/// A world whose mail host refuses an address for good.
async fn refusing(address: &'static str, stolen: bool) -> World {
    let store = MemoryStore::new();
    let late = read("2026-03-02T10:00:00Z");
    let others = MemoryNotifier::new();
    let notifier = Refusing {
        address,
        others: others.clone(),
        thief: Mutex::new(stolen.then(|| (store.clone(), late))),
    };
    let mut world = World::over(store.clone(), Arc::new(store), settings(), |builder| {
        builder.notifier(Arc::new(notifier))
    })
    .await;
    world.letters = others;
    world
}

async fn failures(world: &World, ticket: TicketId) -> usize {
    let history = world.store.history(ticket, None).await.expect("a history");
    let failed = |event: &Event| matches!(event, Event::DeliveryFailed { .. });
    history.iter().filter(|one| failed(&one.event)).count()
}

fn kinds_to(letters: &[Letter], address: &str) -> Vec<NoticeKind> {
    let to = |letter: &&Letter| letter.to.address.normal() == address;
    letters.iter().filter(to).map(|one| one.kind).collect()
}

/// A ticket of Ada's that is Hank's, with all letters of that gone and forgotten.
async fn of_hank(world: &World) -> TicketId {
    let ticket = world.opened("ada").await.ticket;
    let assign = Command::Assign { to: id("hank") };
    world.does("root", ticket, assign).await;
    ticket
}

#[tokio::test]
async fn a_letter_to_a_customer_that_is_refused_for_good_is_told_once() {
    let world = refusing("ada@x.example", false).await;
    let ticket = of_hank(&world).await;
    let letters = world.post().await;
    assert_eq!(failures(&world, ticket).await, 1);
    let thread = world.store_thread(ticket).await;
    let [note] = thread.notes.as_slice() else {
        panic!("one note: {:?}", thread.notes);
    };
    assert!(note.body.text().contains("ada@x.example"));
    assert!(note.body.text().contains("no such mailbox"));
    let told = kinds_to(&letters, "hank@x.example");
    assert!(told.contains(&NoticeKind::DeliveryFailed), "{told:?}");
    // Tried again by hand, the same letter fails without another note.
    let dead = world.notices(ticket).await;
    let dead = dead.iter().find(|status| status.notice.person == id("ada"));
    let dead = dead.expect("a notice").notice.id;
    assert!(world.desk.requeue_notice(dead).await.expect("requeued"));
    world.post().await;
    assert_eq!(failures(&world, ticket).await, 1);
    world.verify().await;
}

#[tokio::test]
async fn a_worker_that_loses_its_lease_after_it_told_tells_nothing_twice() {
    let world = refusing("ada@x.example", true).await;
    let ticket = of_hank(&world).await;
    let first = world.desk.deliver(100).await.expect("tried");
    assert_eq!((first.dead, failures(&world, ticket).await), (1, 1));
    // What the first worker settled was worth nothing: its claim was another's by then.
    let state = state_of(&world, ticket, "ada").await;
    assert!(matches!(state, NoticeState::Claimed { .. }), "{state:?}");
    world.clock.advance(Duration::from_secs(2 * 60 * 60));
    let second = world.desk.deliver(100).await.expect("tried");
    assert_eq!(second.dead, 1, "it is tried again");
    assert_eq!(failures(&world, ticket).await, 1);
    assert_eq!(world.ticket(ticket).await.note_count, 1);
}

#[tokio::test]
async fn a_letter_to_the_team_that_is_refused_for_good_is_not_told() {
    let world = refusing("hank@x.example", false).await;
    let ticket = of_hank(&world).await;
    // Few at a time: a failure that is told of itself would never end.
    world.desk.deliver(20).await.expect("tried");
    world.note("grace", ticket, "Between us.").await;
    world.desk.deliver(20).await.expect("tried");
    assert_eq!(failures(&world, ticket).await, 0);
    assert_eq!(world.ticket(ticket).await.note_count, 1);
    let state = state_of(&world, ticket, "hank").await;
    assert!(matches!(state, NoticeState::Dead { .. }), "{state:?}");
}

async fn status_of(world: &World, ticket: TicketId, name: &str) -> NoticeStatus {
    let notices = world.notices(ticket).await;
    let mut theirs = notices
        .into_iter()
        .filter(|one| one.notice.person == id(name));
    theirs.next().expect("a notice")
}

async fn state_of(world: &World, ticket: TicketId, name: &str) -> NoticeState {
    status_of(world, ticket, name).await.state
}

async fn save(world: &World, name: &str, change: impl FnOnce(&mut Person)) {
    let mut changed = person(name);
    change(&mut changed);
    world.people.save_person(&changed).await.expect("saved");
}

#[tokio::test]
async fn an_agent_who_left_the_queue_or_the_desk_gets_nothing_that_was_made_before() {
    let leave: [fn(&mut Person); 3] = [
        |person| person.active = false,
        |person| person.role = Role::Customer,
        |person| {
            person.role = Role::Agent {
                queues: [read("billing")].into(),
                own_tickets_only: false,
            };
        },
    ];
    for leave in leave {
        let world = World::new().await;
        let ticket = world.opened("ada").await.ticket;
        save(&world, "hank", leave).await;
        let letters = world.post().await;
        assert_eq!(kinds_to(&letters, "hank@x.example"), []);
        assert_eq!(kinds_to(&letters, "grace@x.example").len(), 1);
        let state = state_of(&world, ticket, "hank").await;
        assert!(matches!(state, NoticeState::Dead { .. }), "{state:?}");
        assert_eq!(failures(&world, ticket).await, 0);
    }
}

#[tokio::test]
async fn whoever_was_taken_from_cc_gets_nothing_that_was_made_before() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    world.does("grace", ticket, Command::AddCc(id("cal"))).await;
    world.post().await;
    world.reply("grace", ticket, "Open the lid.").await;
    world
        .does("grace", ticket, Command::RemoveCc(id("cal")))
        .await;
    let letters = world.post().await;
    assert_eq!(kinds_to(&letters, "cal@x.example"), []);
    assert_eq!(
        kinds_to(&letters, "ada@x.example"),
        [NoticeKind::Replied],
        "who is still there hears it"
    );
    let state = state_of(&world, ticket, "cal").await;
    assert!(matches!(state, NoticeState::Dead { .. }), "{state:?}");
    assert_eq!(failures(&world, ticket).await, 0, "nothing went wrong");
}

#[tokio::test]
async fn a_letter_goes_to_where_its_recipient_is_written_to_now() {
    let world = World::new().await;
    world.opened("ada").await;
    let moved = |person: &mut Person| person.addresses = vec![read("ada@new.example")];
    save(&world, "ada", moved).await;
    let letters = world.post().await;
    assert_eq!(kinds_to(&letters, "ada@x.example"), []);
    assert_eq!(
        kinds_to(&letters, "ada@new.example"),
        [NoticeKind::Received]
    );
}

#[tokio::test]
async fn whoever_has_no_address_any_more_gets_nothing() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    save(&world, "ada", |person| person.addresses.clear()).await;
    let letters = world.post().await;
    assert!(letters.iter().all(|letter| letter.kind.is_for_team()));
    assert_eq!(failures(&world, ticket).await, 0);
}

/// Notes, at the first letter, how many notices somebody else could take meanwhile.
struct Watching {
    store: MemoryStore,
    now: Timestamp,
    calls: AtomicUsize,
    left: Arc<Mutex<Vec<usize>>>,
}

#[async_trait]
impl Notifier for Watching {
    async fn deliver(&self, _letter: &Letter) -> Result<(), NotifyError> {
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            let lease = Duration::from_secs(600);
            let others = self.store.claim_notices(self.now, lease, 1_000).await;
            let others = others.expect("claimed").len();
            self.left.lock().expect("unpoisoned").push(others);
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_holds_no_more_than_eight_letters_at_once() {
    let store = MemoryStore::new();
    let left = Arc::new(Mutex::new(Vec::new()));
    let watching = Watching {
        store: store.clone(),
        now: crate::world::start(),
        calls: AtomicUsize::new(0),
        left: left.clone(),
    };
    let world = World::over(store.clone(), Arc::new(store), settings(), |builder| {
        builder.notifier(Arc::new(watching))
    })
    .await;
    let mut waiting = 0;
    for _ in 0..10 {
        let ticket = world.opened("ada").await.ticket;
        waiting += world.notices(ticket).await.len();
    }
    assert_eq!(world.clock.now(), crate::world::start());
    let delivered = world.desk.deliver(1_000).await.expect("delivered");
    assert_eq!(*left.lock().expect("unpoisoned"), [waiting - 8]);
    assert_eq!(delivered.sent, 8, "the others are somebody else's");
}
