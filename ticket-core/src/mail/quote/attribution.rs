//! The line over a quote: "On Monday, 3 March, Ada wrote:", in many languages.

use super::line::Line;
use super::words::{OPENERS, SHARED, WROTE, WROTE_FIRST};

/// Most lines over which it is wrapped.
const WRAPPED: usize = 4;
/// Most characters after the verb, where a name or date follows it.
const AFTER_VERB: usize = 160;

/// A line over a quote that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// Over how many lines it goes.
    pub(super) lines: usize,
    /// Where in the first line it begins, in bytes of the raw line.
    pub(super) offset: usize,
    /// Whether it is beyond doubt even when no quote marks follow.
    pub(super) certain: bool,
}

/// Whether such a line begins here.
pub(super) fn attribution(lines: &[Line<'_>]) -> Option<Attribution> {
    let first = lines.first()?;
    if !first.is_short() || first.is_blank() || first.is_quoted() {
        return None;
    }
    let opened = is_opened(first.text);
    if !opened && let Some(found) = shared(first) {
        return Some(found);
    }
    let most = if opened { WRAPPED } else { 1 };
    let mut joined = String::new();
    for (index, line) in lines.iter().take(most).enumerate() {
        if line.is_blank() || line.is_quoted() || !line.is_short() {
            break;
        }
        if index > 0 {
            joined.push(' ');
        }
        joined.push_str(line.text);
        if let Some(certain) = judge(&joined) {
            return Some(Attribution {
                lines: index + 1,
                offset: 0,
                certain,
            });
        }
    }
    None
}

/// One that begins behind what was written: "Yes. On Monday at 9:15, Ada wrote:".
fn shared(line: &Line<'_>) -> Option<Attribution> {
    if !line.text.ends_with([':', '：']) {
        return None;
    }
    let begins = |word: &&str| line.raw.rfind(*word).map(|at| at + 1);
    let offset = SHARED.iter().filter_map(begins).find(|at| {
        let tail = line.raw.get(*at..).unwrap_or_default();
        judge(tail.trim()) == Some(true)
    })?;
    Some(Attribution {
        lines: 1,
        offset,
        certain: true,
    })
}

fn is_opened(text: &str) -> bool {
    let text = text.trim_start_matches(['-', '*', '_', ' ']);
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    let start: String = text.chars().take(8).flat_map(char::to_lowercase).collect();
    OPENERS.iter().any(|opener| {
        start.strip_prefix(opener).is_some_and(|rest| {
            // Chinese has no spaces between words.
            !opener.is_ascii() || !rest.starts_with(char::is_alphanumeric)
        })
    })
}

/// Whether a text is such a line, and whether without doubt.
fn judge(text: &str) -> Option<bool> {
    let body = text.trim_end_matches(['*', '_', ' ', '\u{a0}']);
    let body = body
        .strip_suffix([':', '：'])?
        .trim_end_matches(['*', '_', ' ', '\u{a0}']);
    let lower = body.to_lowercase();
    let digits = digit_groups(&lower);
    let dated = digits >= 3 && has_time(&lower);
    let addressed = lower.contains('@');
    // A sentence of the sender's own may end like this too.
    let certain = addressed && digits >= 2 || dated && is_opened(body);
    if WROTE.iter().any(|verb| ends_with_word(&lower, verb)) {
        return Some(certain);
    }
    if (addressed || dated) && WROTE_FIRST.iter().any(|verb| has_word(&lower, verb)) {
        return Some(certain && is_opened(body));
    }
    // "2014-10-17 11:28 GMT+03:00 Ada <ada@example.org>:" has no verb.
    let verbless = dated && addressed && lower.ends_with('>') && is_opened(body);
    verbless.then_some(true)
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word).is_some_and(|before| {
        before.is_empty() || !word.is_ascii() || !before.ends_with(char::is_alphanumeric)
    })
}

/// Whether the word is in the text, with not much behind it.
fn has_word(text: &str, word: &str) -> bool {
    let Some((before, after)) = text.split_once(word) else {
        return false;
    };
    before.ends_with(char::is_whitespace)
        && after.starts_with(char::is_whitespace)
        && after.len() <= AFTER_VERB
}

fn digit_groups(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .count()
}

/// Whether there is a time of day, or a date with points, which is as good.
fn has_time(text: &str) -> bool {
    text.as_bytes().windows(4).any(|four| match four {
        [hour, b':' | b'.' | b'h', tens, ones] => {
            hour.is_ascii_digit() && tens.is_ascii_digit() && ones.is_ascii_digit()
        }
        _ => false,
    })
}
