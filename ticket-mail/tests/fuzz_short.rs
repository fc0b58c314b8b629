//! A short fuzz of the mail reader: messages of our own, broken in random places, never make it
//! panic, and separating quotes loses nothing. `fuzz/` runs the same for as long as you like.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};

/// One way to break a message.
#[derive(Debug, Clone)]
enum Damage {
    Replace(Index, u8),
    Insert(Index, Vec<u8>),
    Cut(Index, Index),
    Repeat(Index, Index),
}

impl Damage {
    fn apply(&self, raw: &mut Vec<u8>) {
        if raw.is_empty() {
            return;
        }
        match self {
            Self::Replace(at, byte) => {
                let at = at.index(raw.len());
                raw[at] = *byte;
            }
            Self::Insert(at, bytes) => {
                let at = at.index(raw.len());
                raw.splice(at..at, bytes.iter().copied());
            }
            Self::Cut(from, to) => {
                let (from, to) = ordered(from.index(raw.len()), to.index(raw.len()));
                raw.drain(from..to);
            }
            Self::Repeat(from, to) => {
                let (from, to) = ordered(from.index(raw.len()), to.index(raw.len()));
                let copy = raw[from..to].to_vec();
                raw.extend(copy);
            }
        }
    }
}

fn ordered(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

fn damage() -> impl Strategy<Value = Damage> {
    let words: Vec<Vec<u8>> = [
        "\r\n\r\n",
        "--",
        "=?utf-8?B?",
        "?=",
        "Content-Type: multipart/mixed; boundary=x\r\n",
        "\0",
        "=\r\n",
        "<",
        ">",
        "charset=utf-7",
        "\u{feff}",
        "Content-Transfer-Encoding: base64\r\n",
    ]
    .into_iter()
    .map(|word| word.as_bytes().to_vec())
    .collect();
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), select(words)).prop_map(|(at, word)| Damage::Insert(at, word)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Cut(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ]
}

#[test]
fn a_broken_mail_is_read_or_refused_and_never_panics() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages");
    let files = std::fs::read_dir(folder).expect("messages of our own");
    let messages: Vec<Vec<u8>> = files
        .map(|file| std::fs::read(file.expect("a file").path()).expect("a message"))
        .collect();
    assert!(messages.len() >= 10, "the seeds are there");
    let broken = (select(messages), vec(damage(), 0..12)).prop_flat_map(|(raw, damages)| {
        let mut raw = raw;
        for damage in &damages {
            damage.apply(&mut raw);
        }
        Just(raw)
    });
    proptest::proptest!(ProptestConfig::with_cases(1_000), |(raw in broken)| {
        if let Ok(mail) = ticket_mail::read(&raw) {
            let separated = ticket_core::mail::separate(&mail.text);
            let whole: String = separated.parts().iter().map(|part| part.text).collect();
            proptest::prop_assert_eq!(whole, mail.text);
        }
    });
}
