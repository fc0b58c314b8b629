//! Words that come from outside and are only shown: names of people and files, what failed.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// Longest line, in characters.
const LINE_MAX: usize = 1_000;

/// Words in one line, as somebody outside wrote them, to be shown and not to be understood.
///
/// It is never refused, since nobody can be asked to correct it: breaks become spaces, other
/// control characters U+FFFD, since NUL can't be stored by every database, and what is longer
/// than 1,000 characters is cut with an ellipsis. It may be empty.
///
/// ```
/// use ticket_core::value::Line;
/// assert_eq!(Line::new("550 5.1.1\r\nno such user\0"), "550 5.1.1  no such user\u{fffd}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Line(String);

impl Line {
    /// Takes words, however they look.
    pub fn new(text: &str) -> Self {
        let clean = |c: char| match c {
            _ if c.is_control() && !c.is_whitespace() => '\u{fffd}',
            '\u{2028}' | '\u{2029}' => ' ',
            _ if c.is_control() => ' ',
            _ => c,
        };
        let line = text.chars().map(clean);
        if text.chars().nth(LINE_MAX).is_some() {
            return Self(line.take(LINE_MAX - 1).chain(['…']).collect());
        }
        Self(line.collect())
    }

    /// The words as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Line {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.0
    }
}

impl PartialEq<str> for Line {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Line {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_as_it_was_written() {
        for text in ["", " Report  (final).pdf", "\u{3000}\u{202e}e\u{301} 🎫"] {
            assert_eq!(Line::new(text), text);
        }
    }

    #[test]
    fn a_line_breaks_nothing() {
        assert_eq!(Line::new("a\r\nb\u{2028}\t\u{85}c"), "a  b   c");
        assert_eq!(Line::new("a\0b\u{7f}\u{1b}"), "a\u{fffd}b\u{fffd}\u{fffd}");
        let read: Line = serde_json::from_str(r#""a\u0000""#).expect("a line");
        assert_eq!(read, "a\u{fffd}", "also one that was stored");
    }

    #[test]
    fn a_long_line_is_cut() {
        assert_eq!(Line::new(&"ä".repeat(1_000)), *"ä".repeat(1_000));
        let cut = Line::new(&"ä".repeat(1_001));
        assert_eq!((cut.chars().count(), cut.ends_with("ä…")), (1_000, true));
        assert_eq!(Line::new(&cut), cut);
    }
}
