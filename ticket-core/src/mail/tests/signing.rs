//! Signed ids and addresses.

use proptest::prelude::{any, proptest};

use super::{address, key, notice_id, our_id, person_id, reply_to, support, ticket_id};
use crate::mail::{MailMessageId, SigningKey};
use crate::value::EmailAddress;

fn read(text: &str) -> bool {
    MailMessageId::new(text).is_ok_and(|id| key().read_message_id(&id).is_some())
}

#[test]
fn a_message_id_names_its_notice_and_ticket_and_knows_its_holder() {
    let id = our_id(1, "ada");
    assert_eq!(id, our_id(1, "ada"), "the same each time");
    let signed = key().read_message_id(&id).expect("our own id");
    assert_eq!(
        (signed.ticket, signed.notice),
        (ticket_id(1), Some(notice_id(1)))
    );
    assert!(key().sent_to(&signed, &person_id("ada")));
    assert!(!key().sent_to(&signed, &person_id("carl")));
    assert!(id.as_str().ends_with("@desk.example"), "{id}");
}

#[test]
fn a_thread_root_is_accepted_as_evidence() {
    let root = key().thread_root(ticket_id(1), &person_id("ada"), "desk.example");
    let signed = key().read_message_id(&root).expect("our own id");
    assert_eq!((signed.ticket, signed.notice), (ticket_id(1), None));
    assert!(key().sent_to(&signed, &person_id("ada")));
    assert!(!key().sent_to(&signed, &person_id("carl")));
}

#[test]
fn a_changed_cut_or_foreign_id_is_nobodys() {
    let id = our_id(1, "ada");
    let text = id.as_str();
    let (local, domain) = text.split_once('@').expect("two parts");
    for at in 0..local.len() {
        let old = local.as_bytes()[at];
        let new = if old == b'a' { "b" } else { "a" };
        let mut forged = text.to_owned();
        forged.replace_range(at..=at, new);
        assert!(!read(&forged), "{at}: {forged}");
        assert!(!read(&format!("{}@{domain}", &local[..at])), "cut at {at}");
    }
    assert!(!read("n1@desk.example") && !read("r1@x") && !read("n1") && !read("é@x"));
    assert!(SigningKey::new([8; 32]).read_message_id(&id).is_none());
}

#[test]
fn hosts_may_change_case_and_domain() {
    let id = our_id(1, "ada");
    assert!(read(&id.as_str().to_ascii_uppercase()));
    let (local, _) = id.as_str().split_once('@').expect("two parts");
    assert!(
        read(&format!("{local}@elsewhere.example")),
        "the desk may move"
    );
}

#[test]
fn any_domain_makes_a_message_id() {
    for domain in [
        "",
        "bücher.example",
        "a b>\r\n",
        "[192.0.2.1]",
        &"x".repeat(999),
    ] {
        let id = key().thread_root(ticket_id(1), &person_id("ada"), domain);
        assert_eq!(
            MailMessageId::new(id.as_str()).as_ref(),
            Ok(&id),
            "{domain:?}"
        );
        assert!(key().read_message_id(&id).is_some());
    }
}

#[test]
fn a_reply_address_carries_the_ticket_for_one_person() {
    let ours = [support()];
    let written = reply_to(1, "ada");
    assert!(written.local().starts_with("support+t1") && written.local().len() <= 64);
    assert_eq!(written.domain(), "desk.example");
    for seen in [
        written.clone(),
        address(&written.to_string().to_uppercase()),
    ] {
        let token = SigningKey::read_address(&seen, &ours).expect("a token");
        assert_eq!(token.ticket, ticket_id(1));
        assert!(key().gave_address(&token, &person_id("ada")));
        assert!(!key().gave_address(&token, &person_id("carl")));
        assert!(!SigningKey::new([8; 32]).gave_address(&token, &person_id("ada")));
    }
    let billing = [address("billing@desk.example")];
    assert!(SigningKey::read_address(&written, &billing).is_none());
    for bad in [
        "support@desk.example",
        "support+@desk.example",
        "support+t1@desk.example",
    ] {
        assert!(
            SigningKey::read_address(&address(bad), &ours).is_none(),
            "{bad}"
        );
    }
}

#[test]
fn a_secret_that_does_not_fit_is_left_out() {
    for plain in [
        "a-very-long-queue-name@desk.example",
        "\"quoted\"@desk.example",
    ] {
        let queue: EmailAddress = address(plain);
        let reply = key().reply_address(&queue, ticket_id(1), &person_id("ada"));
        assert_eq!(reply.as_written(), plain);
    }
    let longest = address("nineteen-characters@desk.example");
    let reply = key().reply_address(&longest, ticket_id(1), &person_id("ada"));
    assert_eq!(reply.local().len(), 64);
}

#[test]
fn a_secret_for_one_purpose_is_none_for_another() {
    let reply = reply_to(1, "ada");
    let (_, code) = reply.local().rsplit_once("+t1").expect("a code");
    let root = key().thread_root(ticket_id(1), &person_id("ada"), "desk.example");
    let root_code = &root.as_str()[2..66];
    let notice_code = our_id(1, "ada").as_str()[2..90].to_owned();
    for code in [code, root_code, &notice_code] {
        let others = ["n1", "r1", "t1"].into_iter().filter(|form| {
            let own = (*form, code.len());
            !matches!(own, ("n1", 88) | ("r1", 64))
        });
        for form in others {
            assert!(!read(&format!("{form}{code}@desk.example")), "{form}{code}");
        }
    }
    // The holder's part of a root is a MAC of the same ticket and person, under another label.
    let bytes = data_encoding::BASE32_NOPAD_NOCASE.decode(root_code.as_bytes());
    let cut = &bytes.expect("base32")[..26];
    let forged = data_encoding::BASE32_NOPAD_NOCASE
        .encode(cut)
        .to_lowercase();
    let forged = address(&format!("support+t1{forged}@desk.example"));
    let token = SigningKey::read_address(&forged, &[support()]).expect("the right length");
    assert!(!key().gave_address(&token, &person_id("ada")));
}

#[test]
fn a_key_shows_nothing_and_refuses_short_secrets_without_repeating_them() {
    assert_eq!(format!("{:?}", key()), "SigningKey(..)");
    let refused = SigningKey::from_secret("  hunter2-hunter2 ").expect_err("15 characters");
    assert!(!refused.to_string().contains("hunter"), "{refused}");
    let [a, b] = ["correct horse battery", "correct horse batterz"]
        .map(|secret| SigningKey::from_secret(secret).expect("long enough"));
    assert_eq!(a.loop_marker(), a.clone().loop_marker());
    assert_ne!(a.loop_marker(), b.loop_marker());
}

proptest! {
    #[test]
    fn no_text_passes_for_one_of_ours(local in "[nrt]1[a-z2-7]{0,100}", junk in any::<String>()) {
        assert!(!read(&format!("{local}@desk.example")));
        assert!(!read(&junk));
        if let Ok(seen) = format!("support+{local}@desk.example").parse()
            && let Some(token) = SigningKey::read_address(&seen, &[support()]) {
            assert!(!key().gave_address(&token, &person_id("ada")));
        }
    }
}
