//! Lines below which everything is another mail: answered or passed on.

use super::labels::{LABELS, Label};
use super::line::{Line, next_written};
use super::titles::{FORWARDED, ORIGINAL};
use super::words::WROTE;

/// Most lines that a block of header lines is searched over.
const BLOCK: usize = 16;
/// Most lines in a block that are no header lines: wrapped addresses.
const WRAPPED: usize = 4;
/// Longest label, in characters.
const LABEL: usize = 24;
/// Most blank lines between a rule and the block under it.
const GAP: usize = 3;

/// What begins at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    /// A mail that is answered, to the end of the text.
    Answered,
    /// A mail that is passed on, to the end of the text.
    Forwarded,
    /// A line over a quote, such as `---- Ada wrote ----`.
    Attribution,
}

/// What begins at the first of these lines.
pub(super) fn border(lines: &[Line<'_>]) -> Option<Border> {
    let first = lines.first()?;
    if !first.is_short() || first.is_blank() || first.is_quoted() {
        return None;
    }
    if is_reply_marker(first.text) {
        return Some(Border::Answered);
    }
    if let Some(border) = titled(first.text) {
        return Some(border);
    }
    let block = if is_rule(first.text) {
        let next = next_written(lines, 1).filter(|next| *next <= GAP)?;
        lines.get(next..)?
    } else {
        lines
    };
    is_block(block).then_some(Border::Answered)
}

/// A line that a template of ours puts over what it quotes, in any language.
fn is_reply_marker(text: &str) -> bool {
    text.len() > 6 && text.starts_with("##-") && text.ends_with("-##")
}

/// A title between dashes, or over a forwarded mail with a colon.
fn titled(text: &str) -> Option<Border> {
    let dashed = text.starts_with(['-', '_', '=', '*', '—']);
    let coloned = text.ends_with([':', '：']);
    if !dashed && !coloned {
        return None;
    }
    let title = text
        .trim_matches(|c: char| c.is_whitespace() || "-_=*—:：".contains(c))
        .to_lowercase();
    if FORWARDED.contains(&title.as_str()) {
        return Some(Border::Forwarded);
    }
    if dashed && ORIGINAL.contains(&title.as_str()) {
        return Some(Border::Answered);
    }
    let framed = text.starts_with("--") && text.ends_with("--");
    let wrote = || {
        let (_, last) = title.rsplit_once(' ').unwrap_or_default();
        WROTE.contains(&last)
    };
    (framed && wrote()).then_some(Border::Attribution)
}

/// A line of dashes or underscores.
pub(super) fn is_rule(text: &str) -> bool {
    text.len() >= 5 && text.chars().all(|c| matches!(c, '-' | '_' | '=' | '—'))
}

/// Whether header lines as Outlook writes them begin here.
///
/// They must name a sender, a subject, and a date or recipient: less is also found in what
/// people write, such as the two ends and the day of a journey.
fn is_block(lines: &[Line<'_>]) -> bool {
    if lines.first().and_then(label).is_none() {
        return false;
    }
    let (mut others, mut blank) = (0, 0);
    let mut seen = Vec::new();
    for line in lines.iter().take(BLOCK) {
        if line.is_blank() {
            blank += 1;
            if blank > 1 {
                break;
            }
            continue;
        }
        match label(line) {
            // No mail has a header line twice.
            Some(label) if seen.contains(&label) => break,
            Some(label) => seen.push(label),
            // Text after a blank line is not a wrapped header line.
            None if blank > 0 || others == WRAPPED => break,
            None => others += 1,
        }
        blank = 0;
    }
    let has = |label: Label| seen.contains(&label);
    has(Label::From) && has(Label::Subject) && (has(Label::Date) || has(Label::To))
}

fn label(line: &Line<'_>) -> Option<Label> {
    if !line.is_short() || line.is_quoted() {
        return None;
    }
    let text = line.text.trim_start_matches(['*', '_', ' ']);
    let (end, _) = text
        .char_indices()
        .take(LABEL)
        .find(|(_, c)| matches!(c, ':' | '：'))?;
    let word = text
        .get(..end)?
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'))
        .to_lowercase();
    LABELS
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()))
        .map(|(label, _)| *label)
}
