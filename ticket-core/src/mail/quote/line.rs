//! The lines of a text, with their places in it.

/// Longest line that can be one of those around quotes, in bytes.
///
/// Bounds the work for each line, so that separating is linear in the size of the text.
const SHORT: usize = 600;

/// A line of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Its place in the text: the end is behind the line break.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Without white space at its ends.
    pub(super) text: &'a str,
    /// As it stands, without the line break.
    pub(super) raw: &'a str,
}

impl Line<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it begins with the mark of a quote.
    pub(super) fn is_quoted(&self) -> bool {
        self.text.starts_with('>')
    }

    pub(super) fn is_short(&self) -> bool {
        self.raw.len() <= SHORT
    }
}

pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|whole| {
            let end = start + whole.len();
            let raw = whole.trim_end_matches(['\n', '\r']);
            let line = Line {
                start,
                end,
                text: raw.trim(),
                raw,
            };
            start = end;
            line
        })
        .collect()
}

/// The first line that is not blank, from a place on.
pub(super) fn next_written(lines: &[Line<'_>], from: usize) -> Option<usize> {
    (from..lines.len()).find(|&at| lines.get(at).is_some_and(|line| !line.is_blank()))
}
