//! Signatures: below `-- `, of telephones, and of mailing lists. Nothing is guessed from names.

use super::line::Line;
use super::words::{SENT_FROM, SENT_FROM_ENDS};

/// Most lines and bytes of a signature; what is longer is a text below a line.
const LINES: usize = 15;
const BYTES: usize = 1500;
/// Most words of a telephone's line.
const WORDS: usize = 9;
/// Fewest underscores over the footer of a mailing list.
const UNDERSCORES: usize = 20;

/// Where the signature at the end of these lines begins.
pub(super) fn signature(lines: &[Line<'_>]) -> Option<usize> {
    let last = lines.iter().rposition(|line| !line.is_blank())?;
    let end = lines.get(last)?.end;
    // From the last lines backwards, so that a long text costs no more than a short one.
    let mut found = None;
    let mut telephone = true;
    for (at, line) in lines.iter().enumerate().take(last + 1).rev() {
        if last - at > LINES || end - line.start > BYTES {
            break;
        }
        let below = || lines.get(at + 1..=last).unwrap_or_default();
        if is_delimiter(line.raw) || is_list_rule(line.text) && is_list_footer(below()) {
            found = Some(at);
        }
        if telephone && !line.is_blank() {
            telephone = is_telephone(line.text);
            if telephone {
                found = Some(at);
            }
        }
    }
    found
}

/// The usual delimiter (RFC 3676, 4.3), also without the space that many programs cut off.
fn is_delimiter(raw: &str) -> bool {
    matches!(raw, "-- " | "--" | "--\u{a0}" | "—" | "— ")
}

fn is_list_rule(text: &str) -> bool {
    text.len() >= UNDERSCORES && text.bytes().all(|byte| byte == b'_')
}

fn is_list_footer(lines: &[Line<'_>]) -> bool {
    lines
        .iter()
        .any(|line| line.text.contains('@') || line.text.contains("://"))
}

/// The line of a telephone or program: short, and no sentence.
fn is_telephone(text: &str) -> bool {
    let plain = text.split(['<', '(']).next().unwrap_or(text).trim();
    let plain = plain.trim_matches(['*', '_', '[', ']', ' ']);
    if plain.len() > 100 || plain.contains([',', ';', '!', '?']) {
        return false;
    }
    let words = plain.split_whitespace().count();
    let lower = plain.to_lowercase();
    let starts = SENT_FROM
        .iter()
        .find(|start| lower.starts_with(**start))
        .is_some_and(|start| words <= start.split_whitespace().count() + 4);
    let ends = words <= WORDS
        && SENT_FROM_ENDS.iter().any(|end| lower.ends_with(end))
        && (!lower.ends_with("gesendet") || lower.starts_with("von mein"));
    starts || ends
}
