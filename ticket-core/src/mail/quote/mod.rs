//! What is new in a mail: its text without quotes and signature, and without losing any of it.
//!
//! - A quote that is followed by something written stays shown: it is what the answer refers to.
//! - A mail that is passed on is shown, for it is what the sender wants to be read.
//! - Where nothing else is left, everything is shown.
//! - In doubt, a line is shown.
//!
//! Linear in the size of the text: each line is looked at a bounded number of times, and lines
//! too long to be those of a mail program are not looked into.

mod attribution;
mod border;
mod labels;
mod line;
mod signature;
mod titles;
mod words;

use attribution::attribution;
use border::{Border, border};
use line::{Line, lines, next_written};
use words::FORWARD_SUBJECTS;

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Written by the sender.
    Written,
    /// Quoted from a mail that is answered, with the line above it that says so.
    Quoted,
    /// Passed on from another mail.
    Forwarded,
    /// A signature.
    Signature,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextPart<'a> {
    /// What it is.
    pub kind: PartKind,
    /// Whether it is shown at once; the rest is shown when asked for.
    pub shown: bool,
    /// The text, with its line breaks.
    pub text: &'a str,
}

/// A text in its parts; put together, they are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separated<'a> {
    parts: Vec<TextPart<'a>>,
}

impl<'a> Separated<'a> {
    /// All parts in order.
    pub fn parts(&self) -> &[TextPart<'a>] {
        &self.parts
    }

    /// What to show at once, without blank lines around it.
    pub fn shown(&self) -> String {
        self.collect(|part| part.shown)
    }

    /// The quotes that are not shown at once.
    pub fn quoted(&self) -> String {
        self.collect(|part| !part.shown && part.kind == PartKind::Quoted)
    }

    /// The signature.
    pub fn signature(&self) -> String {
        self.collect(|part| part.kind == PartKind::Signature)
    }

    fn collect(&self, wanted: impl Fn(&TextPart<'_>) -> bool) -> String {
        let parts = self.parts.iter().filter(|part| wanted(part));
        let all: String = parts.map(|part| part.text).collect();
        let start = all.len() - all.trim_start().len();
        // The indentation of the first line stays.
        let line = all[..start].rfind('\n').map_or(0, |at| at + 1);
        all[line..].trim_end().to_owned()
    }
}

/// Separates what is new in a text from quotes and signature.
///
/// ```
/// use ticket_core::mail::separate;
/// let text = "It works, thanks!\n\nOn 3 March 2026 at 9:15, Support wrote:\n> Try again.\n";
/// let separated = separate(text);
/// assert_eq!(separated.shown(), "It works, thanks!");
/// assert!(separated.quoted().ends_with("> Try again."));
/// ```
pub fn separate(text: &str) -> Separated<'_> {
    assemble(text, false)
}

/// Like [`separate`], with the subject: Outlook marks a mail that is passed on only there.
pub fn separate_under<'a>(subject: &str, text: &'a str) -> Separated<'a> {
    assemble(text, is_forward(subject))
}

fn is_forward(subject: &str) -> bool {
    let Some((prefix, _)) = subject.split_once([':', '：']) else {
        return false;
    };
    let prefix = prefix.trim().to_lowercase();
    FORWARD_SUBJECTS.contains(&prefix.as_str())
}

/// Finds the parts, then what of them is shown.
fn assemble(text: &str, forward: bool) -> Separated<'_> {
    let lines = lines(text);
    let mut cuts = Cuts::default();
    cuts.find(&lines, forward);
    let mut parts = Vec::new();
    let mut start = 0;
    for (kind, end) in cuts.ends {
        if let Some(part) = text.get(start..end).filter(|part| !part.is_empty()) {
            let shown = false;
            parts.push(TextPart {
                kind,
                shown,
                text: part,
            });
        }
        start = end;
    }
    show(&mut parts);
    Separated { parts }
}

fn show(parts: &mut [TextPart<'_>]) {
    let mut answered = false;
    for part in parts.iter_mut().rev() {
        let blank = part.text.trim().is_empty();
        part.shown = match part.kind {
            PartKind::Written | PartKind::Forwarded => {
                answered |= !blank;
                true
            }
            PartKind::Quoted => answered,
            PartKind::Signature => false,
        };
    }
    if !answered {
        for part in parts {
            part.shown = true;
        }
    }
}

/// Where parts end, in bytes, in order.
#[derive(Default)]
struct Cuts {
    ends: Vec<(PartKind, usize)>,
}

impl Cuts {
    fn find(&mut self, lines: &[Line<'_>], forward: bool) {
        let mut written = 0;
        let mut at = 0;
        while let Some(quote) = self.next(lines, at, forward) {
            match quote {
                Found::Nothing => at += 1,
                Found::Quote { from, to, kind } => {
                    self.written(lines.get(written..at).unwrap_or_default());
                    if let Some(line) = lines.get(at).filter(|line| line.start < from) {
                        self.ends.push((PartKind::Written, from.min(line.end)));
                    }
                    let end = lines.get(to.wrapping_sub(1)).map_or(0, |line| line.end);
                    self.ends.push((kind, end));
                    at = to;
                    written = to;
                }
            }
        }
        self.written(lines.get(written..).unwrap_or_default());
    }

    /// Ends what was written, and the signature below it.
    fn written(&mut self, lines: &[Line<'_>]) {
        let Some(last) = lines.last() else {
            return;
        };
        if let Some(line) = signature::signature(lines).and_then(|at| lines.get(at)) {
            self.ends.push((PartKind::Written, line.start));
            self.ends.push((PartKind::Signature, last.end));
        } else {
            self.ends.push((PartKind::Written, last.end));
        }
    }

    /// What begins at a line; `None` behind the last one.
    fn next(&self, lines: &[Line<'_>], at: usize, forward: bool) -> Option<Found> {
        let line = lines.get(at)?;
        let rest = lines.get(at..)?;
        let all = lines.len();
        let quote = |from, to| Found::Quote {
            from,
            to,
            kind: PartKind::Quoted,
        };
        if line.is_quoted() {
            return Some(quote(line.start, run(lines, at)));
        }
        match border(rest) {
            Some(Border::Forwarded) => return Some(passed_on(line.start, all)),
            Some(Border::Answered) if forward => return Some(passed_on(line.start, all)),
            Some(Border::Answered) => return Some(quote(line.start, all)),
            Some(Border::Attribution) => {
                return Some(quote(line.start, marked(lines, at + 1).unwrap_or(all)));
            }
            None => {}
        }
        let Some(over) = attribution(rest) else {
            return Some(Found::Nothing);
        };
        let from = line.start + over.offset;
        match marked(lines, at + over.lines) {
            Some(to) => Some(quote(from, to)),
            None if over.certain && over.offset == 0 => Some(quote(from, all)),
            None => Some(Found::Nothing),
        }
    }
}

/// What begins at a line.
enum Found {
    Nothing,
    Quote {
        /// From this byte.
        from: usize,
        /// To before this line.
        to: usize,
        kind: PartKind,
    },
}

fn passed_on(from: usize, to: usize) -> Found {
    Found::Quote {
        from,
        to,
        kind: PartKind::Forwarded,
    }
}

/// Behind the quoted lines that follow, perhaps after blank ones; `None` if none do.
fn marked(lines: &[Line<'_>], at: usize) -> Option<usize> {
    let next = next_written(lines, at)?;
    lines
        .get(next)
        .filter(|line| line.is_quoted())
        .map(|_| run(lines, next))
}

/// Behind the quoted lines that begin here, with blank ones between them.
fn run(lines: &[Line<'_>], at: usize) -> usize {
    let mut end = at;
    for (index, line) in lines.iter().enumerate().skip(at) {
        if line.is_quoted() {
            end = index + 1;
        } else if !line.is_blank() {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests;
