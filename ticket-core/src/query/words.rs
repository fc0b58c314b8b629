//! Words as the search sees them, the same in every store.

use unicode_normalization::UnicodeNormalization;

/// Splits a text into words that compare equal however they are spelled.
///
/// Compatibility forms are unified (NFKD), case is folded, Latin, Greek and Cyrillic accents are
/// dropped, and everything that is neither letter nor digit separates. In scripts that write
/// without spaces each character is a word, so that a part of a run is found too.
///
/// ```
/// use ticket_core::query::normalize;
/// assert_eq!(normalize("Crème-Brûlée, ２ Stück"), ["creme", "brulee", "2", "stuck"]);
/// assert_eq!(normalize("東京 printer"), ["東", "京", "printer"]);
/// ```
pub fn normalize(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        if is_accent(c) {
            continue;
        }
        if is_unspaced(c) {
            flush(&mut word, &mut words);
            words.push(c.to_string());
        } else if c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c) {
            word.push(c);
        } else {
            flush(&mut word, &mut words);
        }
    }
    flush(&mut word, &mut words);
    words
}

fn flush(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Combining diacritical marks: dropping those of other scripts would change the word.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Hiragana, Katakana, Han, Thai and Lao, which write words without spaces.
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{eff}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}
