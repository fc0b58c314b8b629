//! Words as the search index holds them.

use ticket_core::query::normalize;

/// Most bytes of a document's words: the type `tsvector` takes little more.
const WORDS_MAX: usize = 512 * 1024;

/// A text as the index takes it: each word with its place, as PostgreSQL writes a `tsvector`.
pub(crate) fn indexed(text: &str) -> String {
    let mut words = String::new();
    for (place, word) in normalize(text).into_iter().enumerate() {
        let word = word.replace('\'', "''").replace('\\', "\\\\");
        if words.len() + word.len() > WORDS_MAX {
            break;
        }
        if word.len() <= 2000 {
            words.push_str(&format!("'{word}':{} ", place + 1));
        }
    }
    words
}
