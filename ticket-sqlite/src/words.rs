//! Words as the search index holds them.
//!
//! The domain splits and folds texts; the index gets its words joined by spaces. Its tokenizer
//! `ascii` separates at ASCII that is neither letter nor digit, which no such word holds, so that
//! each word stays one token and phrases mean exactly what the domain says.

use std::ops::RangeInclusive;

use ticket_core::query::normalize;
use ticket_core::ticket::Digest;

use crate::error::Error;

/// Longest word that is kept as it is, in bytes. FTS5 cuts tokens at 32 KiB, so that longer
/// words could be mistaken for each other; their digest can't.
const WORD_MAX: usize = 512;

/// How many bits of a document's number are the place among the texts of its ticket.
const PLACE_BITS: u32 = 15;
/// How many bits above it are the ticket's number; the slot of the tenant has those above.
const NUMBER_BITS: u32 = 33;
const PLACE_MAX: i64 = (1 << PLACE_BITS) - 1;
const NUMBER_MAX: i64 = (1 << NUMBER_BITS) - 1;
const SLOT_MAX: i64 = (1 << (63 - PLACE_BITS - NUMBER_BITS)) - 1;

/// A text as the index takes it.
pub(crate) fn indexed(text: &str) -> String {
    let words = normalize(text).into_iter().map(token);
    words.collect::<Vec<_>>().join(" ")
}

/// How many words the index holds of a text.
pub(crate) fn word_count(text: &str) -> usize {
    normalize(text).len()
}

/// The expression that finds documents with these words one after the other; none when a word
/// can't be in any document.
pub(crate) fn phrase(words: &[String]) -> Option<String> {
    let is_word = |word: &String| {
        let in_token = |c: char| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit();
        !word.is_empty() && word.chars().all(in_token)
    };
    if !words.iter().all(is_word) {
        return None;
    }
    let tokens: Vec<String> = words.iter().cloned().map(token).collect();
    Some(format!("\"{}\"", tokens.join(" ")))
}

fn token(word: String) -> String {
    if word.len() <= WORD_MAX {
        word
    } else {
        // Longer than the longest word, so that it is no other word.
        let digest = Digest::of(word.as_bytes()).to_string();
        format!("{digest:0>width$}", width = WORD_MAX + 1)
    }
}

/// The documents of a tenant in the search index, by the tenant's slot.
///
/// Those of a ticket are beside each other, its subject first, and those of later tickets after
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Documents {
    slot: i64,
}

impl Documents {
    /// The place of a ticket's subject.
    pub(crate) const SUBJECT: i64 = 0;

    /// Those of the tenant with this slot.
    pub(crate) const fn of(slot: i64) -> Result<Self, Error> {
        if slot < 0 || slot > SLOT_MAX {
            return Err(Error::Unwritable {
                what: "one more tenant in this file",
            });
        }
        Ok(Self { slot })
    }

    /// The number of the document at a place of a ticket.
    pub(crate) const fn document(self, ticket: i64, place: i64) -> Result<i64, Error> {
        if ticket < 0 || ticket > NUMBER_MAX {
            return Err(Error::Unwritable {
                what: "a ticket's number that is too high to be searched",
            });
        }
        if place < 0 || place > PLACE_MAX {
            return Err(Error::Unwritable {
                what: "one more text of this ticket",
            });
        }
        Ok(self.first() | (ticket << PLACE_BITS) | place)
    }

    /// The number before the documents of the tenant, to which a ticket's place is added.
    pub(crate) const fn first(self) -> i64 {
        self.slot << (PLACE_BITS + NUMBER_BITS)
    }

    /// The documents of some tickets.
    pub(crate) fn of_tickets(self, numbers: &RangeInclusive<i64>) -> RangeInclusive<i64> {
        let number = |number: i64| self.first() | (number.clamp(0, NUMBER_MAX) << PLACE_BITS);
        number(*numbers.start())..=number(*numbers.end()) | PLACE_MAX
    }

    /// All of them.
    pub(crate) fn all(self) -> RangeInclusive<i64> {
        self.of_tickets(&(0..=NUMBER_MAX))
    }

    /// The ticket of a document.
    pub(crate) const fn ticket(document: i64) -> i64 {
        (document >> PLACE_BITS) & NUMBER_MAX
    }
}

/// The ticket of the document `w.rowid`, in SQL; statements repeat it and the place's bits.
pub(crate) const TICKET_OF_DOCUMENT: &str = "((w.rowid >> 15) & 8589934591)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_tenants_do_not_meet() {
        let documents = |slot| Documents::of(slot).expect("a slot");
        let (first, last) = (documents(0).all(), documents(SLOT_MAX).all());
        assert!(first.end() < documents(1).all().start());
        assert!(last.start() > documents(SLOT_MAX - 1).all().end());
        assert_eq!(*last.end(), i64::MAX);
        assert!(Documents::of(SLOT_MAX + 1).is_err());
    }

    #[test]
    fn documents_of_tickets_do_not_meet() {
        let own = Documents::of(7).expect("a slot");
        for ticket in [1, 2, 4711, NUMBER_MAX] {
            let all = own.of_tickets(&(ticket..=ticket));
            assert_eq!(
                own.document(ticket, Documents::SUBJECT).ok(),
                Some(*all.start())
            );
            assert_eq!(own.document(ticket, PLACE_MAX).ok(), Some(*all.end()));
            assert_eq!(Documents::ticket(*all.start()), ticket);
            assert_eq!(Documents::ticket(*all.end()), ticket);
        }
        assert!(own.document(NUMBER_MAX + 1, 0).is_err());
        assert!(own.document(1, PLACE_MAX + 1).is_err());
    }

    #[test]
    fn sql_says_the_same_as_we() {
        assert!(TICKET_OF_DOCUMENT.contains(&format!(">> {PLACE_BITS}) & {NUMBER_MAX}")));
    }

    #[test]
    fn a_phrase_holds_only_words_of_the_domain() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            phrase(&words(&["printer", "jam"])).as_deref(),
            Some("\"printer jam\"")
        );
        for bad in ["", "a b", "a\"", "A", "x*", "\0"] {
            assert_eq!(phrase(&words(&[bad])), None, "{bad:?}");
        }
    }

    #[test]
    fn long_words_differ_where_they_are_cut() {
        let (one, other) = ("x".repeat(40_000) + "1", "x".repeat(40_000) + "2");
        assert_ne!(indexed(&one), indexed(&other));
        assert!(indexed(&one).len() < 1000);
    }
}
