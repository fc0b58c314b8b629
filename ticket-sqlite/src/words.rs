//! Words as the search index holds them.
//!
//! The domain splits and folds texts; the index gets its words joined by spaces. Its tokenizer
//! `ascii` separates at ASCII that is neither letter nor digit, which no such word holds, so that
//! each word stays one token and phrases mean exactly what the domain says.

use std::ops::RangeInclusive;

use ticket_core::query::normalize;
use ticket_core::ticket::Digest;

/// Longest word that is kept as it is, in bytes. FTS5 cuts tokens at 32 KiB, so that longer
/// words could be mistaken for each other; their digest can't.
const WORD_MAX: usize = 512;

/// How many bits of a document's number count documents; the tenant has those above.
const DOCUMENT_BITS: u32 = 31;

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

/// The number of a document, from its tenant and its count in the tenant.
pub(crate) fn document(tenant: i64, count: i64) -> i64 {
    (tenant << DOCUMENT_BITS) | count
}

/// The numbers of all documents of a tenant.
pub(crate) fn documents(tenant: i64) -> RangeInclusive<i64> {
    document(tenant, 0)..=document(tenant, LAST_DOCUMENT)
}

/// The last document that a tenant can have.
pub(crate) const LAST_DOCUMENT: i64 = (1 << DOCUMENT_BITS) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_tenants_do_not_meet() {
        let (first, last) = (documents(0), documents(i64::from(u32::MAX)));
        assert!(first.end() < documents(1).start());
        assert!(last.start() > documents(i64::from(u32::MAX) - 1).end());
        assert_eq!(*last.end(), i64::MAX);
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
