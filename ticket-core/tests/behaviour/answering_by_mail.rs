//! What the team answers by mail: never a word of a note in public.

use ticket_core::command::Command;
use ticket_core::desk::ShownTicket;
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::port::MailSpool;
use ticket_core::value::TicketId;

use crate::intake::landed;
use crate::world::{Mail, World, id, read};

const CANARY: &str = "xyzzy-canary";

/// How mail programs arrange an answer and what it quotes; `(text, HTML)`.
fn arrangements() -> [(String, Option<String>); 4] {
    let quote = format!("> {CANARY} and more");
    let html = format!("<p>Oil it.</p><blockquote>{CANARY}</blockquote>");
    [
        (format!("Oil it.\n\nGrace wrote:\n{quote}\n"), None),
        (format!("Grace wrote:\n{quote}\n\nOil it.\n"), None),
        (format!("{quote}\nOil it.\n{quote}\nand wait.\n"), None),
        ("Oil it.\n".to_owned(), Some(html)),
    ]
}

fn answer(from: &str, letter: &Letter, text: &str, html: Option<&str>) -> Mail {
    let mail = Mail::from(&format!("{from}@x.example"), text)
        .with("Subject", &format!("Re: {}", letter.subject))
        .with("To", letter.reply_to.address.as_written())
        .with("In-Reply-To", letter.message_id.as_str());
    match html {
        Some(html) => mail.with("Html", html),
        None => mail,
    }
}

fn letter_to(letters: &[Letter], to: &str, kind: NoticeKind) -> Letter {
    let address = read(&format!("{to}@x.example"));
    let mut found = letters
        .iter()
        .filter(|letter| letter.to.address == address && letter.kind == kind);
    let found = found.next();
    found
        .unwrap_or_else(|| panic!("no {kind:?} to {to}: {letters:?}"))
        .clone()
}

async fn shown_to_ada(world: &World, ticket: TicketId) -> String {
    match world.as_("ada").await.show_as_customer(ticket).await {
        Ok(ShownTicket::Customer(view)) => format!("{view:?}"),
        other => panic!("{other:?}"),
    }
}

/// Neither what the customer may read nor any letter to customers says it.
async fn nothing_is_public(world: &World, ticket: TicketId, what: &str) {
    let shown = shown_to_ada(world, ticket).await;
    assert!(!shown.contains(what), "{shown}");
    for letter in world.post().await {
        let said = format!("{letter:?}");
        assert!(letter.kind.is_for_team() || !said.contains(what), "{said}");
    }
}

/// A letter to Hank that shows a note with the canary, of each kind that there is.
async fn letter_with_note(world: &World, ticket: TicketId, kind: NoticeKind) -> Letter {
    let assign = Command::Assign { to: id("hank") };
    world.does("root", ticket, assign).await;
    world.post().await;
    match kind {
        NoticeKind::Noted => {
            world.note("grace", ticket, CANARY).await;
        }
        NoticeKind::Mentioned => {
            let mut note = ticket_core::command::Note::from(crate::world::body(CANARY));
            note.mentions.insert(id("hank"));
            let noted = world.as_("grace").await.note(ticket, note).await;
            noted.expect("a note");
        }
        _ => {
            world.reply("grace", ticket, "Open the lid.").await;
            let sent = letter_to(&world.post().await, "ada", NoticeKind::Replied);
            let report = Mail::from("mailer-daemon@x.example", CANARY)
                .with("Reports", "ada@x.example")
                .with("Returned", sent.message_id.as_str());
            assert_eq!(landed(&world.receive(&report).await), ticket);
        }
    }
    let letter = letter_to(&world.post().await, "hank", kind);
    assert!(letter.text.contains(CANARY), "{}", letter.text);
    letter
}

#[tokio::test]
async fn whoever_answers_a_letter_that_shows_a_note_writes_a_note() {
    for kind in [
        NoticeKind::Noted,
        NoticeKind::Mentioned,
        NoticeKind::DeliveryFailed,
    ] {
        for (text, html) in arrangements() {
            let world = World::new().await;
            let ticket = world.opened("ada").await.ticket;
            let letter = letter_with_note(&world, ticket, kind).await;
            let before = world.ticket(ticket).await;
            let mail = answer("hank", &letter, &text, html.as_deref());
            assert_eq!(landed(&world.receive(&mail).await), ticket);
            let after = world.ticket(ticket).await;
            assert_eq!(after.message_count, before.message_count, "{kind:?} {text}");
            assert_eq!(after.note_count, before.note_count + 1, "{kind:?} {text}");
            nothing_is_public(&world, ticket, CANARY).await;
            nothing_is_public(&world, ticket, "Oil it.").await;
            world.verify().await;
        }
    }
}

#[tokio::test]
async fn of_an_answer_to_an_ordinary_letter_only_the_own_words_are_public() {
    for (text, html) in arrangements() {
        let world = World::new().await;
        let ticket = world.opened("ada").await.ticket;
        let letter = letter_to(&world.post().await, "hank", NoticeKind::NewTicket);
        let mail = answer("hank", &letter, &text, html.as_deref());
        let spooled = world.spool(&mail).await;
        world.desk.process_mail(10).await.expect("processed");
        assert_eq!(landed(&world.spooled(spooled).await), ticket);
        let thread = world.store_thread(ticket).await;
        assert_eq!((thread.messages.len(), thread.notes.len()), (2, 0));
        assert!(thread.messages[1].body.text().contains("Oil it."), "{text}");
        let letters = world.letters.letters();
        assert!(letters.is_empty(), "nothing was posted yet");
        let shown = shown_to_ada(&world, ticket).await;
        assert!(shown.contains("Oil it."), "{shown}");
        nothing_is_public(&world, ticket, CANARY).await;
        let kept = world.store.mail(spooled).await.expect("read");
        assert_eq!(kept.expect("the raw mail").raw, mail.raw());
    }
}

#[tokio::test]
async fn an_agents_mail_that_does_not_say_what_it_answers_is_a_note() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let letter = letter_to(&world.post().await, "hank", NoticeKind::NewTicket);
    let mail =
        Mail::from("hank@x.example", "Oil it.").with("To", letter.reply_to.address.as_written());
    assert_eq!(landed(&world.receive(&mail).await), ticket);
    let after = world.ticket(ticket).await;
    assert_eq!((after.message_count, after.note_count), (1, 1));
    nothing_is_public(&world, ticket, "Oil it.").await;
}

#[tokio::test]
async fn a_machines_mail_in_an_agents_name_is_a_note() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let letter = letter_to(&world.post().await, "hank", NoticeKind::NewTicket);
    let away = answer("hank", &letter, "I am away until Monday.", None);
    let away = away.with("Auto-Submitted", "auto-replied");
    assert_eq!(landed(&world.receive(&away).await), ticket);
    let after = world.ticket(ticket).await;
    assert_eq!((after.message_count, after.note_count), (1, 1));
    nothing_is_public(&world, ticket, "until Monday").await;
}

#[tokio::test]
async fn a_light_agents_answer_is_a_note_whatever_the_letter_shows() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let letter = letter_to(&world.post().await, "lilo", NoticeKind::NewTicket);
    let text = format!("I know it.\n> {CANARY}\n");
    let mail = answer("lilo", &letter, &text, None);
    assert_eq!(landed(&world.receive(&mail).await), ticket);
    let after = world.ticket(ticket).await;
    assert_eq!((after.message_count, after.note_count), (1, 1));
    nothing_is_public(&world, ticket, "I know it.").await;
    nothing_is_public(&world, ticket, CANARY).await;
}

#[tokio::test]
async fn a_customers_answer_is_kept_whole() {
    for (text, html) in arrangements() {
        let world = World::new().await;
        let ticket = world.opened("ada").await.ticket;
        let letter = letter_to(&world.post().await, "ada", NoticeKind::Received);
        let mail = answer("ada", &letter, &text, html.as_deref());
        assert_eq!(landed(&world.receive(&mail).await), ticket);
        let thread = world.store_thread(ticket).await;
        let body = &thread.messages[1].body;
        assert_eq!(body.text().trim_end(), text.trim_end());
        assert_eq!(body.html(), html.as_deref());
    }
}
