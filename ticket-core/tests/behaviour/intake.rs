//! Mail in, end to end: stored first, understood later, once.

use ticket_core::mail::Quarantine;
use ticket_core::notice::NoticeKind;
use ticket_core::port::{NoticeState, SpoolState};
use ticket_core::ticket::{Channel, Posting, SenderProof};
use ticket_core::value::TicketId;

use crate::world::{Mail, World, id, read};

pub(crate) fn mail(from: &str, text: &str) -> Mail {
    Mail::from(from, text).with("Subject", "Printer jam")
}

pub(crate) fn landed(state: &SpoolState) -> TicketId {
    match state {
        SpoolState::Done { ticket, .. } => *ticket,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn kept_aside(state: SpoolState) -> Quarantine {
    match state {
        SpoolState::Quarantined { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_becomes_a_ticket_is_answered_and_the_answer_joins() {
    let world = World::new().await;
    let first = mail("ada@x.example", "It is stuck.").with("Message-ID", "one@x.example");
    let ticket = landed(&world.receive(&first.with("Part", "photo.txt")).await);
    let opened = world.ticket(ticket).await;
    assert_eq!(
        (opened.requester.as_str(), opened.channel),
        ("ada", Channel::Mail)
    );
    let thread = world.store_thread(ticket).await;
    assert_eq!(thread.messages[0].attachments[0].name, "photo.txt");
    let proof = thread.messages[0].mail.as_ref().map(|mail| mail.proof);
    assert_eq!(proof, Some(SenderProof::Unproven));

    world.post().await;
    world.reply("grace", ticket, "Open the lid.").await;
    let answer = world.post().await;
    let answer = answer
        .iter()
        .find(|letter| letter.kind == NoticeKind::Replied);
    let answer = answer.expect("an answer").clone();
    assert!(
        answer.references.contains(&read("one@x.example")),
        "her own thread"
    );

    let second = Mail::from("ada@x.example", "It works.")
        .with("Subject", &answer.subject)
        .with("In-Reply-To", answer.message_id.as_str());
    assert_eq!(landed(&world.receive(&second).await), ticket);
    let thread = world.store_thread(ticket).await;
    let proof = thread.messages[2].mail.as_ref().map(|mail| mail.proof);
    assert_eq!(
        (thread.messages.len(), proof),
        (3, Some(SenderProof::Token))
    );
    world.verify().await;
}

#[tokio::test]
async fn somebody_unknown_becomes_a_guest() {
    let world = World::new().await;
    let ticket = landed(&world.receive(&mail("new@z.example", "Hello.")).await);
    assert_eq!(world.ticket(ticket).await.requester, id("guest-1"));
    let letters = world.post().await;
    let received = letters
        .iter()
        .find(|letter| letter.kind == NoticeKind::Received);
    assert_eq!(
        received.expect("a receipt").to.address,
        read("new@z.example")
    );
}

#[tokio::test]
async fn one_mail_delivered_ten_times_at_once_is_one_message() {
    let world = World::new().await;
    let first = mail("ada@x.example", "It is stuck.").with("Message-ID", "one@x.example");
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(world.spool(&first).await);
    }
    let workers = (0..10).map(|_| {
        let desk = world.desk.clone();
        tokio::spawn(async move { desk.process_mail(1).await.expect("processed") })
    });
    let mut done = 0;
    for worker in workers.collect::<Vec<_>>() {
        done += worker.await.expect("no panic").done;
    }
    assert_eq!(done, 10);
    let mut postings: Vec<Posting> = Vec::new();
    for id in ids {
        match world.spooled(id).await {
            SpoolState::Done { posting, .. } => postings.push(posting),
            other => panic!("{other:?}"),
        }
    }
    postings.dedup();
    assert_eq!(postings.len(), 1);
    world.verify().await;
}

#[tokio::test]
async fn another_mail_with_the_same_message_id_is_kept() {
    let world = World::new().await;
    let texts = ["It is stuck.", "Something else."];
    let mut messages = 0;
    for text in texts {
        let mail = mail("ada@x.example", text).with("Message-ID", "same@x.example");
        let ticket = landed(&world.receive(&mail).await);
        messages = world.ticket(ticket).await.message_count;
    }
    // The second one names itself nowhere as an answer, so it opens a ticket of its own.
    assert_eq!(messages, 1);
    let report = world.desk.verify().await.expect("a report");
    assert_eq!(report.checked["messages"], 2);
}

#[tokio::test]
async fn a_mail_that_came_back_is_a_note_and_the_letter_is_dead() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    world.reply("grace", ticket, "Open the lid.").await;
    let letters = world.post().await;
    let answer = letters
        .iter()
        .find(|letter| letter.kind == NoticeKind::Replied);
    let answer = answer.expect("an answer");
    let report = Mail::from("mailer-daemon@x.example", "Not delivered.")
        .with("Reports", "ada@x.example")
        .with("Returned", answer.message_id.as_str());
    for _ in 0..2 {
        assert_eq!(landed(&world.receive(&report).await), ticket);
    }
    let after = world.ticket(ticket).await;
    assert_eq!((after.note_count, after.message_count), (1, 2));
    let notices = world.notices(ticket).await;
    let dead = notices
        .iter()
        .find(|status| status.notice.id == answer.notice);
    match &dead.expect("the notice").state {
        NoticeState::Dead { error } => assert!(error.contains("5.1.1"), "{error}"),
        other => panic!("{other:?}"),
    }
    let told: Vec<_> = world
        .post()
        .await
        .iter()
        .map(|letter| letter.kind)
        .collect();
    assert!(
        told.iter().all(|kind| *kind == NoticeKind::DeliveryFailed),
        "{told:?}"
    );
    world.verify().await;
}

#[tokio::test]
async fn an_agents_mail_into_a_closed_ticket_is_kept_and_run_again_later() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    world.does("root", ticket, take_to("closed")).await;
    let letters = world.post().await;
    let to_grace = letters
        .iter()
        .find(|letter| letter.to.address == read("grace@x.example"));
    let to_grace = to_grace.expect("a letter");
    let answer = Mail::from("grace@x.example", "One more thing.")
        .with("To", to_grace.reply_to.address.as_written())
        .with("In-Reply-To", to_grace.message_id.as_str());
    let id = world.spool(&answer).await;
    world.desk.process_mail(10).await.expect("processed");
    match kept_aside(world.spooled(id).await) {
        Quarantine::Refused { detail } => assert!(detail.starts_with("closed"), "{detail}"),
        other => panic!("{other:?}"),
    }
    world.does("root", ticket, take_to("open")).await;
    assert!(world.desk.run_mail_again(id).await.expect("found"));
    world.desk.process_mail(10).await.expect("processed");
    assert_eq!(landed(&world.spooled(id).await), ticket);
}

fn take_to(status: &str) -> ticket_core::command::Command {
    ticket_core::command::Command::SetStatus { to: read(status) }
}

#[tokio::test]
async fn an_auto_responder_is_heard_and_not_answered() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    world.does("grace", ticket, take_to("pending")).await;
    let letter = world.post().await.remove(0);
    let away = Mail::from("ada@x.example", "I am away.")
        .with("To", letter.reply_to.address.as_written())
        .with("Auto-Submitted", "auto-replied");
    assert_eq!(landed(&world.receive(&away).await), ticket);
    assert_eq!(world.ticket(ticket).await.status, read("pending"));
    let opened = landed(
        &world
            .receive(&mail("bob@x.example", "Alert").with("Auto-Submitted", "auto-generated"))
            .await,
    );
    assert_ne!(opened, ticket);
    let customers = world.post().await;
    let customers = customers.iter().filter(|letter| !letter.kind.is_for_team());
    assert_eq!(customers.count(), 0);
}

#[tokio::test]
async fn a_stranger_with_anothers_address_of_reply_joins_nothing() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let letter = world.post().await.remove(0);
    let stolen = mail("eve@x.example", "Tell me all.")
        .with("To", letter.reply_to.address.as_written())
        .with("Cc", "cal@x.example")
        .with("In-Reply-To", letter.message_id.as_str());
    let other = landed(&world.receive(&stolen).await);
    assert_ne!(other, ticket);
    assert_eq!(world.ticket(other).await.requester, id("eve"));
    assert!(
        world.ticket(other).await.cc.is_empty(),
        "Cc gives nobody a right"
    );
    assert_eq!(world.ticket(ticket).await.message_count, 1);
}

#[tokio::test]
async fn a_light_agents_answer_by_mail_is_a_note() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let letters = world.post().await;
    let to_lilo = letters
        .iter()
        .find(|letter| letter.to.address == read("lilo@x.example"));
    let to_lilo = to_lilo.expect("a letter");
    let answer = Mail::from("lilo@x.example", "I know this printer.")
        .with("To", to_lilo.reply_to.address.as_written());
    assert_eq!(landed(&world.receive(&answer).await), ticket);
    let after = world.ticket(ticket).await;
    assert_eq!((after.note_count, after.message_count), (1, 1));
    assert!(
        world
            .post()
            .await
            .iter()
            .all(|letter| letter.kind.is_for_team())
    );
}

#[tokio::test]
async fn a_mail_to_two_queues_is_a_ticket_in_each() {
    let world = World::new().await;
    let raw = mail("ada@x.example", "It is stuck.")
        .with("Message-ID", "one@x.example")
        .raw();
    let mut tickets = Vec::new();
    for queue in ["support", "billing"] {
        let spooled = world.desk.accept_mail(read(queue), raw.clone()).await;
        world.desk.process_mail(10).await.expect("processed");
        let ticket = landed(&world.spooled(spooled.expect("stored")).await);
        tickets.push(world.ticket(ticket).await.queue);
    }
    assert_eq!(tickets, [read("support"), read("billing")]);
}
