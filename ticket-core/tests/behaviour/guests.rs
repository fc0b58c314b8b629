//! Guests: three policies, proofs that are good once, links that show one ticket.

use std::time::Duration;

use ticket_core::command::Command;
use ticket_core::desk::{DeskError, ShownTicket};
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::plan::Receipt;
use ticket_core::port::NotifyError;
use ticket_core::settings::{GuestPolicy, Settings};
use ticket_core::ticket::{Channel, Link, LinkKind, Side};
use ticket_core::value::{EmailAddress, Mailbox, TicketNumber};

use crate::world::{Mail, World, days, id, open, read, refused, settings};

fn policy(guests: GuestPolicy) -> Settings {
    Settings {
        guests,
        ..settings()
    }
}

fn mailbox(address: &str) -> Mailbox {
    Mailbox::new(Some("Zoe"), read(address))
}

async fn opens(world: &World, address: &str, proof: Option<&str>) -> Result<Receipt, DeskError> {
    let open = open("Jam", "Stuck.");
    let mailbox = mailbox(address);
    world
        .desk
        .open_as_guest(&mailbox, open, proof, Channel::Web)
        .await
}

async fn ask_proof(world: &World, address: &str) -> Result<(), DeskError> {
    let queue = read("support");
    world
        .desk
        .request_proof(&mailbox(address), &queue, |secret| format!("<{secret}>"))
        .await
}

async fn ask_access(world: &World, address: &str, number: TicketNumber) -> Result<(), DeskError> {
    let address: EmailAddress = read(address);
    world
        .desk
        .request_access(&address, number, |secret| format!("<{secret}>"))
        .await
}

/// The secret in the one letter that came.
fn secret(letters: &[Letter]) -> String {
    let [letter] = letters else {
        panic!("one letter: {letters:?}");
    };
    assert_eq!(letter.kind, NoticeKind::Access);
    let secret = letter.text.split(['<', '>']).nth(1).expect("a secret");
    secret.to_owned()
}

async fn link(world: &World, address: &str, number: TicketNumber) -> String {
    ask_access(world, address, number).await.expect("asked");
    secret(&world.letters.take_letters())
}

#[tokio::test]
async fn where_guests_are_not_admitted_nobody_is_one() {
    let world = World::with(policy(GuestPolicy::Nobody)).await;
    let answer = opens(&world, "zoe@z.example", None).await;
    assert_eq!(refused(answer).code(), "guests_not_admitted");
    let answer = ask_proof(&world, "zoe@z.example").await;
    assert_eq!(refused(answer).code(), "guests_not_admitted");
    let state = world.receive(&Mail::from("zoe@z.example", "Hello.")).await;
    assert!(
        format!("{state:?}").contains("GuestsNotAdmitted"),
        "{state:?}"
    );
}

#[tokio::test]
async fn where_guests_are_admitted_freely_everybody_may_open() {
    let world = World::with(policy(GuestPolicy::Freely)).await;
    let ticket = opens(&world, "zoe@z.example", None)
        .await
        .expect("opened")
        .ticket;
    assert_eq!(world.ticket(ticket).await.requester, id("guest-1"));
    // In the name of somebody known: it is theirs, and they are told.
    let ticket = opens(&world, "ada@x.example", None)
        .await
        .expect("opened")
        .ticket;
    assert_eq!(world.ticket(ticket).await.requester, id("ada"));
    let letters = world.post().await;
    let to_ada = letters
        .iter()
        .find(|letter| letter.to.address == read("ada@x.example"));
    assert!(
        !to_ada.expect("a receipt").text.contains("Stuck."),
        "no words of a stranger's"
    );
    // The team's mailboxes need their owner.
    let answer = opens(&world, "grace@x.example", None).await;
    assert_eq!(refused(answer).code(), "proof_required");
}

#[tokio::test]
async fn whoever_proves_nothing_ties_nothing_to_anothers_tickets() {
    let world = World::with(policy(GuestPolicy::Freely)).await;
    let to = world.opened("ada").await.ticket;
    for kind in [LinkKind::FollowUpOf, LinkKind::Relates] {
        let mut open = open("Jam", "Stuck.");
        open.links.insert(Link { kind, to });
        let mailbox = mailbox("ada@x.example");
        let answer = world
            .desk
            .open_as_guest(&mailbox, open, None, Channel::Web)
            .await;
        assert_eq!(refused(answer).code(), "proof_required");
    }
}

#[tokio::test]
async fn a_proof_is_good_once_for_its_mailbox_and_for_half_an_hour() {
    let world = World::new().await;
    let answer = opens(&world, "zoe@z.example", None).await;
    assert_eq!(refused(answer).code(), "proof_required");
    ask_proof(&world, "Zoe@Z.example").await.expect("asked");
    let proof = secret(&world.letters.take_letters());
    let answer = opens(&world, "yan@z.example", Some(&proof)).await;
    assert_eq!(
        refused(answer).code(),
        "proof_required",
        "another's mailbox"
    );
    opens(&world, "zoe@z.example", Some(&proof))
        .await
        .expect("opened");
    let answer = opens(&world, "zoe@z.example", Some(&proof)).await;
    assert_eq!(refused(answer).code(), "proof_required", "used");
    ask_proof(&world, "zoe@z.example").await.expect("asked");
    let proof = secret(&world.letters.take_letters());
    world.clock.advance(Duration::from_secs(30 * 60));
    let answer = opens(&world, "zoe@z.example", Some(&proof)).await;
    assert_eq!(refused(answer).code(), "proof_required", "expired");
}

#[tokio::test]
async fn a_refused_opening_does_not_use_up_a_proof() {
    let world = World::new().await;
    ask_proof(&world, "zoe@z.example").await.expect("asked");
    let proof = secret(&world.letters.take_letters());
    let mut bad = open("Jam", "Stuck.");
    bad.queue = read("nowhere");
    let zoe = mailbox("zoe@z.example");
    let answer = world
        .desk
        .open_as_guest(&zoe, bad, Some(&proof), Channel::Web)
        .await;
    assert_eq!(refused(answer).code(), "invalid");
    opens(&world, "zoe@z.example", Some(&proof))
        .await
        .expect("opened");
    let answer = opens(&world, "zoe@z.example", Some(&proof)).await;
    assert_eq!(refused(answer).code(), "proof_required", "used");
}

#[tokio::test]
async fn of_many_who_use_a_proof_at_once_one_opens() {
    let world = World::new().await;
    ask_proof(&world, "zoe@z.example").await.expect("asked");
    let proof = secret(&world.letters.take_letters());
    let tries = (0..20).map(|_| opens(&world, "zoe@z.example", Some(&proof)));
    let outcomes = futures_util::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_proof_of_a_queue_that_is_not_there_costs_nothing() {
    let world = World::new().await;
    for _ in 0..5 {
        let queue = read("nowhere");
        let zoe = mailbox("zoe@z.example");
        let asked = world.desk.request_proof(&zoe, &queue, str::to_owned);
        assert_eq!(refused(asked.await).code(), "not_found");
    }
    ask_proof(&world, "zoe@z.example").await.expect("asked");
}

#[tokio::test]
async fn a_mailbox_is_sent_three_secrets_an_hour() {
    let world = World::new().await;
    for _ in 0..3 {
        ask_proof(&world, "zoe@z.example").await.expect("asked");
    }
    for asked in [
        ask_proof(&world, "ZOE@z.example").await,
        ask_access(&world, "zoe@z.example", read("1")).await,
    ] {
        assert_eq!(refused(asked).code(), "too_often");
    }
    ask_proof(&world, "yan@z.example")
        .await
        .expect("another mailbox");
    world.clock.advance(Duration::from_secs(60 * 60));
    ask_proof(&world, "zoe@z.example")
        .await
        .expect("the hour is over");
}

#[tokio::test]
async fn a_link_shows_one_ticket_without_its_notes() {
    let world = World::new().await;
    let mine = world.opened("ada").await;
    world.opened("ada").await;
    world.note("grace", mine.ticket, "Between us.").await;
    world.post().await;
    let secret = link(&world, "ada@x.example", mine.number).await;
    let guest = world
        .desk
        .guest(&secret)
        .await
        .expect("read")
        .expect("a guest");
    let ShownTicket::Customer(view) = guest.show().await.expect("shown") else {
        panic!("a guest is a customer");
    };
    assert_eq!((view.ticket.number, view.messages.len()), (mine.number, 1));
    let receipt = guest
        .reply(crate::world::body("Here I am."))
        .await
        .expect("a reply");
    assert_eq!(receipt.ticket, mine.ticket);
    assert!(
        world
            .desk
            .authenticate(&secret)
            .await
            .expect("read")
            .is_none(),
        "no token"
    );
}

#[tokio::test]
async fn a_link_of_somebody_of_the_team_shows_no_more_than_a_customers() {
    let world = World::new().await;
    let mine = world.opened("grace").await;
    world.note("hank", mine.ticket, "Between us.").await;
    world.post().await;
    let secret = link(&world, "grace@x.example", mine.number).await;
    let guest = world
        .desk
        .guest(&secret)
        .await
        .expect("read")
        .expect("a guest");
    assert!(matches!(
        guest.show().await.expect("shown"),
        ShownTicket::Customer(_)
    ));
    let other = Command::SetRequester { to: id("ada") };
    world.does("hank", mine.ticket, other).await;
    assert_eq!(refused(guest.show().await).code(), "not_found");
    let reply = guest.reply(crate::world::body("Hi")).await;
    assert_eq!(refused(reply).code(), "not_found");
}

#[tokio::test]
async fn a_link_of_an_agent_in_cc_writes_as_a_customer() {
    let world = World::new().await;
    let mine = world.opened("ada").await;
    let ticket = mine.ticket;
    let cc = Command::AddCc(id("grace"));
    world.does("hank", ticket, cc).await;
    let pending = Command::SetStatus {
        to: read("pending"),
    };
    world.does("hank", ticket, pending).await;
    world.post().await;
    let secret = link(&world, "grace@x.example", mine.number).await;
    let guest = world.desk.guest(&secret).await.expect("read");
    let guest = guest.expect("a guest");
    let reply = guest.reply(crate::world::body("Me too.")).await;
    reply.expect("a reply");
    let thread = world.store_thread(ticket).await;
    assert_eq!(thread.messages[1].side, Side::Customer);
    assert_eq!(thread.messages[1].author, id("grace"));
    let reopened = world.ticket(ticket).await.status;
    assert_eq!(reopened, read("open"), "as a customer's reply does");
    let out = Command::RemoveCc(id("grace"));
    world.does("hank", ticket, out).await;
    let reply = guest.reply(crate::world::body("And me.")).await;
    assert_eq!(refused(reply).code(), "not_found", "though an agent may");
}

#[tokio::test]
async fn a_link_ends_when_it_is_revoked_or_seven_days_old_or_its_owner_leaves() {
    let world = World::new().await;
    let mine = world.opened("ada").await;
    world.post().await;
    let guest = |secret: String| {
        let desk = world.desk.clone();
        async move { desk.guest(&secret).await.expect("read") }
    };
    let first = link(&world, "ada@x.example", mine.number).await;
    assert!(
        guest(first.clone())
            .await
            .expect("a guest")
            .revoke()
            .await
            .expect("revoked")
    );
    assert!(guest(first.clone()).await.is_none());
    assert!(!world.desk.revoke_secret(&first).await.expect("revoked"));
    let second = link(&world, "ada@x.example", mine.number).await;
    world.clock.advance(days(7) - Duration::from_secs(1));
    assert!(guest(second.clone()).await.is_some());
    world.clock.advance(Duration::from_secs(1));
    assert!(guest(second).await.is_none());
    assert!(guest("tkt_nonsense".to_owned()).await.is_none());
}

#[tokio::test]
async fn whoever_asks_for_access_learns_nothing() {
    let world = World::new().await;
    let mine = world.opened("ada").await;
    world.post().await;
    let nowhere: TicketNumber = read("4711");
    let cases = [
        ("ada@x.example", mine.number, 1),
        ("ada@x.example", nowhere, 0),
        ("eve@x.example", mine.number, 0),
        ("zoe@z.example", mine.number, 0),
    ];
    for (address, number, letters) in cases {
        ask_access(&world, address, number)
            .await
            .expect("the same answer");
        assert_eq!(
            world.letters.take_letters().len(),
            letters,
            "{address} {number}"
        );
    }
    // A mail host that is down must not tell either.
    world
        .letters
        .fail_with(Some(NotifyError::Later("down".to_owned())));
    ask_access(&world, "ada@x.example", mine.number)
        .await
        .expect("the same answer");
    ask_access(&world, "eve@x.example", mine.number)
        .await
        .expect("the same answer");
}
