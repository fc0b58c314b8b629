//! Words as the search index holds them.
//!
//! The domain splits and folds texts into words, and the database keeps them joined by spaces,
//! with one before the first and one behind the last: so words stand one after the other in a
//! text exactly when ` one other ` is a part of it. No parser of PostgreSQL ever sees them.
//!
//! The index (`public_words_index`, `note_words_index`) finds rows by lexemes, which it makes of
//! the words and of where their ticket is: `TENANT.REGION:WORD.BLOCK`. A region is 2^17 tickets
//! by number, a block 2^11. So the newest tickets with a common word are found by asking for a few
//! blocks, all tickets with a rare one by asking for each region with any block, and what is
//! written now is in a small part of the index.
//!
//! A text whose lexemes would not fit into one value is kept in pieces, which overlap.

use rust_stemmers::{Algorithm, Stemmer};
use ticket_core::query::normalize;
use ticket_core::ticket::Digest;

/// Longest word that is kept as it is, in bytes. A lexeme has less than 2 KiB; longer words are
/// kept as their digest, which tells them apart.
const WORD_MAX: usize = 512;

/// What the lexemes of one piece may weigh. PostgreSQL allows 2^20 bytes.
const PIECE_MAX: usize = 1_000_000;

/// What the words that a piece has in common with the one before it may weigh. A phrase that
/// weighs more is found by its beginning and compared with the whole text.
const OVERLAP_MAX: usize = 100_000;

/// What a lexeme weighs beside its word: the tenant, region and block.
const PLACE: usize = 32;

/// How many words of a phrase the index is asked for.
const ASKED: usize = 8;

/// By which language words are reduced to their stems, in texts and in what is searched.
///
/// Without one, a word is found as it is written. What a database was filled with is kept in it,
/// and a store that is set to another language refuses to open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    #[default]
    None,
    Arabic,
    Danish,
    Dutch,
    English,
    Finnish,
    French,
    German,
    Greek,
    Hungarian,
    Italian,
    Norwegian,
    Portuguese,
    Romanian,
    Russian,
    Spanish,
    Swedish,
    Tamil,
    Turkish,
}

/// All languages by their names.
const LANGUAGES: [(&str, Language, Option<Algorithm>); 19] = [
    ("none", Language::None, None),
    ("arabic", Language::Arabic, Some(Algorithm::Arabic)),
    ("danish", Language::Danish, Some(Algorithm::Danish)),
    ("dutch", Language::Dutch, Some(Algorithm::Dutch)),
    ("english", Language::English, Some(Algorithm::English)),
    ("finnish", Language::Finnish, Some(Algorithm::Finnish)),
    ("french", Language::French, Some(Algorithm::French)),
    ("german", Language::German, Some(Algorithm::German)),
    ("greek", Language::Greek, Some(Algorithm::Greek)),
    ("hungarian", Language::Hungarian, Some(Algorithm::Hungarian)),
    ("italian", Language::Italian, Some(Algorithm::Italian)),
    ("norwegian", Language::Norwegian, Some(Algorithm::Norwegian)),
    (
        "portuguese",
        Language::Portuguese,
        Some(Algorithm::Portuguese),
    ),
    ("romanian", Language::Romanian, Some(Algorithm::Romanian)),
    ("russian", Language::Russian, Some(Algorithm::Russian)),
    ("spanish", Language::Spanish, Some(Algorithm::Spanish)),
    ("swedish", Language::Swedish, Some(Algorithm::Swedish)),
    ("tamil", Language::Tamil, Some(Algorithm::Tamil)),
    ("turkish", Language::Turkish, Some(Algorithm::Turkish)),
];

impl Language {
    /// Its name: lower-case English.
    pub fn name(self) -> &'static str {
        let mut languages = LANGUAGES.iter();
        languages
            .find(|(_, language, _)| *language == self)
            .map_or("none", |(name, ..)| name)
    }

    /// The language of this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut languages = LANGUAGES.iter();
        languages
            .find(|(own, ..)| *own == name)
            .map(|(_, language, _)| *language)
    }

    fn stemmer(self) -> Option<Stemmer> {
        let mut languages = LANGUAGES.iter();
        let (.., algorithm) = languages.find(|(_, language, _)| *language == self)?;
        algorithm.map(Stemmer::create)
    }

    /// The words of a document in as many pieces as it needs; none when it has no words.
    pub(crate) fn pieces(self, text: &str) -> Vec<Piece> {
        let stemmer = self.stemmer();
        let words = normalize(text).into_iter();
        let tokens: Vec<String> = words.map(|word| token(word, stemmer.as_ref())).collect();
        pieces(&tokens)
    }

    /// What finds documents with these words one after the other; none when a word can't be in
    /// any document.
    pub(crate) fn phrase(self, words: &[String]) -> Option<Phrase> {
        let is_word = |word: &String| {
            let in_word = |c: char| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit();
            !word.is_empty() && !word.contains(char::is_whitespace) && word.chars().all(in_word)
        };
        if words.is_empty() || !words.iter().all(is_word) {
            return None;
        }
        let stemmer = self.stemmer();
        let words = words.iter().cloned();
        let tokens: Vec<String> = words.map(|word| token(word, stemmer.as_ref())).collect();
        let begin = take_weight(tokens.iter(), OVERLAP_MAX);
        Some(Phrase {
            lexemes: lexemes(tokens.get(..begin).unwrap_or(&tokens)),
            is_compared: tokens.len() > 1,
            spans_pieces: begin < tokens.len(),
            text: joined(&tokens),
        })
    }
}

/// A part of a document that is one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its words, joined.
    pub(crate) words: String,
    /// How many of its first characters the piece before it has too.
    pub(crate) overlap: i32,
}

/// Words that stand one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// The question to the index: a query whose lexemes have `#` for tenant and region, and `@`
    /// for the block and the closing quote.
    pub(crate) lexemes: String,
    /// The words, joined.
    pub(crate) text: String,
    /// It is more than one word: that all of them are there is not enough.
    pub(crate) is_compared: bool,
    /// It is so long that it may be in no piece, but in the text.
    pub(crate) spans_pieces: bool,
}

fn token(word: String, stemmer: Option<&Stemmer>) -> String {
    let word = match stemmer.map(|stemmer| stemmer.stem(&word).into_owned()) {
        Some(stem) if !stem.is_empty() => stem,
        _ => word,
    };
    if word.len() <= WORD_MAX {
        word
    } else {
        // Longer than the longest word, so that it is no other word.
        let digest = Digest::of(word.as_bytes()).to_string();
        format!("{digest:0>width$}", width = WORD_MAX + 1)
    }
}

fn joined(tokens: &[String]) -> String {
    let mut text = String::from(" ");
    for token in tokens {
        text.push_str(token);
        text.push(' ');
    }
    text
}

/// How many of the tokens weigh no more than this together; at least one.
fn take_weight<'t>(tokens: impl Iterator<Item = &'t String>, most: usize) -> usize {
    let mut weight = 0;
    let fits = |token: &&String| {
        weight += token.len() + PLACE;
        weight <= most
    };
    tokens.take_while(fits).count().max(1)
}

fn pieces(tokens: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut rest, mut overlap) = (tokens, 0);
    while rest.len() > overlap {
        let (piece, _) = rest.split_at(take_weight(rest.iter(), PIECE_MAX).min(rest.len()));
        let common = joined(rest.get(..overlap).unwrap_or_default());
        pieces.push(Piece {
            words: joined(piece),
            overlap: match overlap {
                0 => 0,
                _ => i32::try_from(common.chars().count()).unwrap_or(i32::MAX),
            },
        });
        if piece.len() == rest.len() {
            break;
        }
        overlap = take_weight(piece.iter().rev(), OVERLAP_MAX);
        rest = rest.get(piece.len() - overlap..).unwrap_or_default();
    }
    pieces
}

/// The longest words are the rarest, mostly; the text decides in the end.
fn lexemes(tokens: &[String]) -> String {
    let mut asked: Vec<&String> = tokens.iter().collect();
    asked.sort_by(|one, other| (other.len(), one).cmp(&(one.len(), other)));
    asked.dedup();
    asked.truncate(ASKED);
    let lexeme = |token: &&String| format!("'#{token}.@");
    asked.iter().map(lexeme).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_phrase_holds_only_words_of_the_domain() {
        let phrase = Language::None.phrase(&words(&["jam", "printer"]));
        let phrase = phrase.expect("a phrase");
        assert_eq!(phrase.text, " jam printer ");
        assert_eq!(phrase.lexemes, "'#printer.@&'#jam.@");
        for bad in [
            "", "a b", "a'", "A", "x*", "\0", "a\u{a0}b", "#", "@", "a.b", "\\",
        ] {
            assert_eq!(Language::None.phrase(&words(&[bad])), None, "{bad:?}");
        }
    }

    #[test]
    fn a_language_finds_other_forms_of_a_word() {
        let phrase = Language::English.phrase(&words(&["printing"]));
        let pieces = Language::English.pieces("It printed nothing");
        assert!(pieces[0].words.contains(&phrase.expect("a phrase").text));
        for (name, language, _) in LANGUAGES {
            assert_eq!(Language::named(name), Some(language));
            assert_eq!(language.name(), name);
            assert!(!language.pieces("a 1 \u{6771}\u{4eac}").is_empty());
        }
    }

    #[test]
    fn long_words_differ_where_they_are_cut() {
        let (one, other) = ("x".repeat(40_000) + "1", "x".repeat(40_000) + "2");
        let (one, other) = (Language::None.pieces(&one), Language::None.pieces(&other));
        assert_ne!(one, other);
        assert!(one[0].words.len() < 1000);
    }

    #[test]
    fn a_text_without_words_has_no_piece() {
        assert_eq!(Language::None.pieces(" ... "), []);
    }

    #[test]
    fn pieces_overlap_and_make_up_the_text() {
        let long: Vec<String> = (0..100_000).map(|word| format!("w\u{e6}{word}")).collect();
        let whole = joined(&long);
        let pieces = pieces(&long);
        assert!(pieces.len() > 3, "{}", pieces.len());
        let mut together = String::new();
        for piece in &pieces {
            let own = piece.words.split(' ').filter(|word| !word.is_empty());
            let weight: usize = own.map(|word| word.len() + PLACE).sum();
            assert!(weight <= PIECE_MAX, "{weight}");
            let overlap = usize::try_from(piece.overlap).expect("small");
            let common: String = piece.words.chars().take(overlap).collect();
            assert!(together.ends_with(&common), "{common:?}");
            together.extend(piece.words.chars().skip(overlap));
        }
        assert!(together == whole, "the text differs");
        for at in (0..99_000).step_by(997) {
            let phrase = joined(&long[at..at + 300]);
            let found = pieces.iter().any(|piece| piece.words.contains(&phrase));
            assert!(found, "{at}");
        }
    }
}
