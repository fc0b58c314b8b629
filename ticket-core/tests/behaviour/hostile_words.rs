//! Hostile names and subjects come out as words, and as nothing else.

use ticket_core::command::Command;
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::person::Person;
use ticket_core::port::Roster;
use ticket_core::settings::{GuestPolicy, Settings, Wording};
use ticket_core::ticket::Channel;
use ticket_core::value::Mailbox;

use crate::world::{World, id, open, person, read, settings};

const HOSTILE: [&str; 6] = [
    "{number} {desk} {password}",
    "a\r\nBcc: eve@x.example\r\n\r\nHello",
    "<script>alert(1)</script>",
    "a\u{2028}b\u{85}c\0d",
    "\u{202e}gnp.exe",
    "\\{number\\}",
];

/// The letters about a ticket whose requester and subject are hostile, in a wording that uses both.
async fn letters(hostile: &str) -> Vec<Letter> {
    let mut settings = settings();
    let wording = Wording {
        subject: "{subject} from {requester} by {author} [#{number}]".to_owned(),
        intro: "{subject} of {requester}".to_owned(),
        outro: "{status} in {queue}".to_owned(),
    };
    for kind in [
        NoticeKind::Received,
        NoticeKind::NewTicket,
        NoticeKind::Replied,
    ] {
        settings.notices.wording.insert(kind, wording.clone());
    }
    let world = World::with(settings).await;
    // As a host's own directory might hold it.
    let ada = Person {
        name: hostile.into(),
        ..person("ada")
    };
    world.people.save_person(&ada).await.expect("saved");
    let subject = hostile.parse().expect("one line is made of it");
    let mut open = open("x", "A <b>bold</b> word.");
    open.subject = subject;
    let ticket = world.open("ada", open).await.expect("opened").ticket;
    world.does("grace", ticket, Command::AddCc(id("cal"))).await;
    world
        .reply("ada", ticket, "And {number} <i>more</i>.")
        .await;
    world.reply("grace", ticket, "Well.").await;
    world.post().await
}

#[tokio::test]
async fn no_value_adds_a_line_to_a_header() {
    for hostile in HOSTILE {
        let letters = letters(hostile).await;
        assert!(letters.len() >= 7, "{}", letters.len());
        for letter in letters {
            let names = [&letter.from, &letter.to, &letter.reply_to];
            let names = names
                .into_iter()
                .filter_map(|mailbox| mailbox.name.as_deref());
            for line in names.chain([letter.subject.as_str()]) {
                let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
                assert!(!line.contains(breaks), "{line:?}");
            }
        }
    }
}

#[tokio::test]
async fn no_value_is_read_as_a_template() {
    for letter in letters("{number} {desk} {password}").await {
        let all = format!("{}\n{}", letter.subject, letter.text);
        assert!(all.contains("{number} {desk} {password}"), "{all}");
    }
}

#[tokio::test]
async fn no_value_is_read_as_html() {
    for letter in letters("<script>alert(1)</script>").await {
        for tag in ["<script", "<b>", "<i>"] {
            assert!(!letter.html.contains(tag), "{}", letter.html);
        }
    }
}

#[tokio::test]
async fn a_name_with_line_breaks_stays_on_the_line_above_its_quote() {
    let letters = letters("a\r\nBcc: eve@x.example\r\n\r\nHello").await;
    let quoting = letters
        .iter()
        .filter(|letter| letter.text.contains("wrote:"));
    let mut count = 0;
    for letter in quoting {
        count += 1;
        let heads = letter.text.lines().filter(|line| line.starts_with("Bcc:"));
        assert_eq!(heads.count(), 0, "{}", letter.text);
    }
    assert!(count > 0);
}

/// The receipt of a mail whose sender chose a subject and a name for somebody's address.
async fn receipt_of_hostile_mail(settings: Settings) -> Letter {
    let world = World::with(settings).await;
    let chosen = Mailbox::new(Some("BUY-GOLD"), read("victim@z.example"));
    let opening = open("BUY-SILVER", "BUY-TIN");
    let opened = world
        .desk
        .open_as_guest(&chosen, opening, None, Channel::Web);
    opened.await.expect("opened");
    let mut letters = world.post().await;
    letters.retain(|letter| letter.kind == NoticeKind::Received);
    letters.remove(0)
}

#[tokio::test]
async fn a_receipt_says_no_word_of_the_senders_choice() {
    let freely = Settings {
        guests: GuestPolicy::Freely,
        ..settings()
    };
    let receipt = receipt_of_hostile_mail(freely.clone()).await;
    assert_eq!(receipt.to.address, read("victim@z.example"));
    assert_eq!(receipt.to.name, None);
    assert!(!format!("{receipt:?}").contains("BUY-"), "{receipt:?}");
    // Whoever runs the desk may word it otherwise.
    let mut worded = freely;
    let wording = Wording {
        subject: "Got {subject}".to_owned(),
        intro: "Dear {requester},".to_owned(),
        outro: String::new(),
    };
    worded.notices.wording = [(NoticeKind::Received, wording)].into();
    let receipt = receipt_of_hostile_mail(worded).await;
    assert_eq!(receipt.subject, "Got BUY-SILVER");
    assert!(receipt.text.contains("Dear BUY-GOLD,"), "{}", receipt.text);
    assert_eq!(receipt.to.name, None);
    assert!(!receipt.text.contains("BUY-TIN"));
}
