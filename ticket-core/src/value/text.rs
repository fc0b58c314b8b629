//! Texts of people: subjects, bodies and tags.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::Invalid;

/// Longest subject, in characters.
const SUBJECT_MAX: usize = 255;
/// Longest tag, in characters.
const TAG_MAX: usize = 64;
/// Longest text or HTML part of a body, in bytes.
const BODY_MAX: usize = 4 * 1024 * 1024;

/// Folds a text to one line: control characters and line separators become single spaces.
pub(crate) fn one_line(text: &str) -> String {
    let breaks =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    text.split(breaks)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The subject of a ticket: one line of 1 to 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, min_length = 1, max_length = 255, examples("Printer jam")))]
#[serde(try_from = "String", into = "String")]
pub struct Subject(String);

impl Subject {
    /// Takes a subject; white space and control characters fold into single spaces.
    ///
    /// # Errors
    /// When nothing is left, or more than 255 characters.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let line = one_line(text);
        if line.is_empty() || line.chars().count() > SUBJECT_MAX {
            return Err(Invalid::new("subject", text, "1 to 255 characters are"));
        }
        Ok(Self(line))
    }

    /// Takes a subject from a mail, where nobody can be asked to correct it.
    ///
    /// An empty one becomes `(no subject)`, a long one is cut with an ellipsis; the whole stays
    /// in the raw mail.
    pub fn from_mail(text: &str) -> Self {
        let line = one_line(text);
        if line.is_empty() {
            return Self("(no subject)".to_owned());
        }
        match line.char_indices().nth(SUBJECT_MAX) {
            None => Self(line),
            Some(_) => Self(line.chars().take(SUBJECT_MAX - 1).chain(['…']).collect()),
        }
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Subject {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl TryFrom<String> for Subject {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

/// What somebody wrote: a text, and the HTML as it was received if there was any.
///
/// NUL cannot be stored by every database, so it becomes U+FFFD; everything else is kept. The
/// HTML is hostile until a front sanitizes it for display.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawBody")]
pub struct Body {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBody {
    text: String,
    #[serde(default)]
    html: Option<String>,
}

impl Body {
    /// Takes a text.
    ///
    /// # Errors
    /// When it is blank or longer than 4 MiB.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() {
            return Err(Invalid::new("text", text, "a text that is not blank is"));
        }
        Self::received(text, None)
    }

    /// Takes what a mail brought, where the text may be blank.
    ///
    /// # Errors
    /// When a part is longer than 4 MiB.
    pub fn received(text: &str, html: Option<&str>) -> Result<Self, Invalid> {
        for (field, part) in [("text", Some(text)), ("html", html)] {
            if part.is_some_and(|part| part.len() > BODY_MAX) {
                return Err(Invalid::new(
                    field,
                    part.unwrap_or_default(),
                    "at most 4 MiB are",
                ));
            }
        }
        let clean = |part: &str| part.replace('\0', "\u{fffd}");
        Ok(Self {
            text: clean(text),
            html: html.map(clean),
        })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The HTML as received; never show it unsanitized.
    pub fn html(&self) -> Option<&str> {
        self.html.as_deref()
    }

    /// What is left of a body after its message was redacted: nothing.
    pub const fn erased() -> Self {
        Self {
            text: String::new(),
            html: None,
        }
    }
}

impl FromStr for Body {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl TryFrom<RawBody> for Body {
    type Error = Invalid;

    fn try_from(raw: RawBody) -> Result<Self, Invalid> {
        Self::received(&raw.text, raw.html.as_deref())
    }
}

/// A tag: a short word in lower case, NFC, without spaces, commas or quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, min_length = 1, max_length = 64, examples("printer")))]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

impl Tag {
    /// Takes a tag; upper case becomes lower case.
    ///
    /// # Errors
    /// When it is empty, longer than 64 characters, or holds a space, comma, quote, backslash
    /// or control character.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let tag: String = text.trim().to_lowercase().nfc().collect();
        let wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '"' | '\\');
        if tag.is_empty() || tag.chars().count() > TAG_MAX || tag.chars().any(wrong) {
            return Err(Invalid::new(
                "tag",
                text,
                "1 to 64 characters without spaces, commas, quotes or backslashes are",
            ));
        }
        Ok(Self(tag))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl TryFrom<String> for Tag {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line() {
        let subject = Subject::new(" Printer\r\nBcc: x@y\u{2028}jam ").map(String::from);
        assert_eq!(subject, Ok("Printer Bcc: x@y jam".to_owned()));
        assert!(Subject::new(" \n ").is_err());
        assert!(Subject::new(&"ä".repeat(255)).is_ok());
        assert!(Subject::new(&"ä".repeat(256)).is_err());
    }

    #[test]
    fn a_subject_from_mail_is_never_refused() {
        assert_eq!(Subject::from_mail("\r\n").as_str(), "(no subject)");
        let cut = Subject::from_mail(&"ä".repeat(300));
        assert_eq!(
            (cut.as_str().chars().count(), cut.as_str().ends_with('…')),
            (255, true)
        );
        assert_eq!(Subject::new(cut.as_str()), Ok(cut));
    }

    #[test]
    fn nul_is_replaced_and_the_rest_kept() {
        let body = Body::new("a\0b \u{202e}c 🎫").expect("a body");
        assert_eq!(body.text(), "a\u{fffd}b \u{202e}c 🎫");
    }

    #[test]
    fn tags_meet_in_lower_case() {
        assert_eq!(Tag::new(" Spam "), Tag::new("spam"));
        for bad in ["", "a b", "a,b", "a\"b", "a\0"] {
            assert!(Tag::new(bad).is_err(), "{bad:?}");
        }
    }
}
