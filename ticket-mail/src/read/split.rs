//! A mail into its parts.
//!
//! mail-parser decodes the fields and bodies; the tree of parts is made here. Its own reader
//! follows attached mails to any depth with a recursive drop, and looks for each missing
//! boundary through the rest of the mail: a mail of a few megabytes can overflow the stack or
//! take hours. This one goes over the lines once, and attached mails stay bytes.

use mail_parser::ContentType;

use super::field::Field;
use super::limits;

/// A mail as a tree of parts; the first is the root.
pub(super) struct Split<'a> {
    /// The header fields of the mail.
    pub(super) fields: Vec<Field<'a>>,
    /// All parts, each before its children.
    pub(super) parts: Vec<Part<'a>>,
    /// What was left out.
    pub(super) left_out: Vec<String>,
}

/// A part: its MIME fields, its bytes, and its children.
pub(super) struct Part<'a> {
    /// The media type in lower case; `text/plain` when it says none.
    pub(super) media_type: String,
    /// The Content-Type field, for its parameters.
    pub(super) content_type: Option<ContentType<'static>>,
    /// The Content-Disposition field.
    pub(super) disposition: Option<ContentType<'static>>,
    /// The Content-Transfer-Encoding in lower case.
    pub(super) encoding: String,
    /// The Content-ID without angle brackets.
    pub(super) content_id: Option<String>,
    /// Its bytes as they stand in the mail.
    pub(super) body: &'a [u8],
    /// The parts inside, if it is a multipart and its boundary occurs.
    pub(super) children: Vec<usize>,
}

impl Part<'_> {
    /// Whether it is a multipart with parts in it.
    pub(super) fn is_multipart(&self) -> bool {
        !self.children.is_empty()
    }

    /// A parameter of the Content-Type field.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.content_type.as_ref()?.attribute(name)
    }

    /// The file name as given: from the disposition, or else from the type (RFC 2183, 2.3).
    pub(super) fn name(&self) -> Option<&str> {
        let named = self
            .disposition
            .as_ref()
            .and_then(|d| d.attribute("filename"));
        named.or_else(|| self.parameter("name"))
    }
}

/// A header: its fields, where the body begins, and what was left out.
pub(super) struct Header<'a> {
    pub(super) fields: Vec<Field<'a>>,
    body: usize,
    left_out: Option<String>,
}

impl Header<'_> {
    /// What follows the empty line after the header.
    pub(super) fn rest<'b>(&self, raw: &'b [u8]) -> &'b [u8] {
        &raw[self.body..]
    }
}

/// An open multipart.
struct Open {
    part: usize,
    boundary: Vec<u8>,
    body: usize,
}

struct Splitter<'a> {
    raw: &'a [u8],
    at: usize,
    parts: Vec<Part<'a>>,
    open: Vec<Open>,
    left_out: Vec<String>,
    too_deep: bool,
}

/// Splits a mail into its parts.
pub(super) fn split(raw: &[u8]) -> Split<'_> {
    let header = header(raw, limits::FIELDS, limits::FIELD);
    let mut splitter = Splitter {
        raw,
        at: header.body,
        parts: Vec::new(),
        open: Vec::new(),
        left_out: header.left_out.into_iter().collect(),
        too_deep: false,
    };
    splitter.run(&header.fields);
    if splitter.too_deep {
        let text = format!(
            "the structure of multiparts deeper than {}",
            limits::NESTING
        );
        splitter.left_out.push(text);
    }
    Split {
        fields: header.fields,
        parts: splitter.parts,
        left_out: splitter.left_out,
    }
}

/// Reads a header up to its empty line. Lines that are no field are skipped before the first
/// and between fields; without any field, all is body.
pub(super) fn header(raw: &[u8], most: usize, longest: usize) -> Header<'_> {
    let start = raw
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(raw.len());
    header_from(raw, start, most, longest, |_| false)
}

fn header_from<'a>(
    raw: &'a [u8],
    start: usize,
    most: usize,
    longest: usize,
    is_end: impl Fn(&[u8]) -> bool,
) -> Header<'a> {
    let (mut at, mut bytes, mut dropped, mut cut) = (start, 0, 0_usize, 0_usize);
    let mut fields = Vec::new();
    while at < raw.len() {
        let mut end = line_end(raw, at);
        let first = &raw[at..end];
        if first.trim_ascii().is_empty() {
            at = end;
            break;
        }
        if is_end(first) {
            break;
        }
        while end < raw.len() && matches!(raw[end], b' ' | b'\t') {
            let next = line_end(raw, end);
            // A line of white space only continues a field by RFC 5322, and ends the header
            // for everybody else.
            if raw[end..next].trim_ascii().is_empty() {
                break;
            }
            end = next;
        }
        if let Some((field, was_cut)) = Field::new(&raw[at..end], longest) {
            bytes += (end - at).min(longest);
            if fields.len() < most && bytes <= limits::HEADER {
                fields.push(field);
                cut += usize::from(was_cut);
            } else {
                dropped += 1;
            }
        }
        at = end;
    }
    let left_out = match (dropped, cut) {
        (0, 0) => None,
        (0, cut) => Some(format!("the rest of {cut} long header fields")),
        (dropped, 0) => Some(format!("{dropped} header fields")),
        (dropped, cut) => Some(format!(
            "{dropped} header fields and the rest of {cut} long ones"
        )),
    };
    Header {
        fields,
        body: at,
        left_out,
    }
}

impl<'a> Splitter<'a> {
    fn run(&mut self, fields: &[Field<'_>]) {
        let mut leaf = self.begin(fields, self.at);
        let mut body = self.at;
        while self.at < self.raw.len() {
            let start = self.at;
            let end = line_end(self.raw, start);
            self.at = end;
            let Some((depth, closes)) = self.delimiter(&self.raw[start..end]) else {
                continue;
            };
            let stop = before_line_break(self.raw, body, start);
            if let Some(leaf) = leaf.take() {
                self.parts[leaf].body = &self.raw[body..stop];
            }
            self.close_to(if closes { depth } else { depth + 1 }, start);
            if closes {
                if self.open.is_empty() {
                    break;
                }
                continue;
            }
            if self.parts.len() >= limits::PARTS {
                let text = format!("parts after the first {}", limits::PARTS);
                self.left_out.push(text);
                break;
            }
            leaf = self.child(depth);
            body = self.at;
        }
        if let Some(leaf) = leaf {
            self.parts[leaf].body = &self.raw[body..];
        }
        self.close_to(0, self.raw.len());
    }

    /// Begins the part after a delimiter of the multipart at this depth.
    fn child(&mut self, depth: usize) -> Option<usize> {
        let parent = self.open[depth].part;
        let header = header_from(
            self.raw,
            self.at,
            limits::PART_FIELDS,
            limits::PART_FIELD,
            |line| self.delimiter(line).is_some(),
        );
        // Without any field and without an empty line, what stands there is the body.
        let bare = header.fields.is_empty() && !self.starts_empty();
        self.at = if bare { self.at } else { header.body };
        let id = self.parts.len();
        self.parts[parent].children.push(id);
        let in_digest = self.parts[parent].media_type == "multipart/digest";
        let leaf = self.begin(&header.fields, self.at);
        if in_digest && self.parts[id].content_type.is_none() {
            "message/rfc822".clone_into(&mut self.parts[id].media_type);
        }
        leaf
    }

    fn starts_empty(&self) -> bool {
        let end = line_end(self.raw, self.at);
        self.raw[self.at..end].trim_ascii().is_empty()
    }

    /// Adds a part; answers its index when its bytes are still to come, none for a multipart.
    fn begin(&mut self, fields: &[Field<'_>], body: usize) -> Option<usize> {
        let id = self.parts.len();
        let mut part = Part {
            media_type: "text/plain".to_owned(),
            content_type: None,
            disposition: None,
            encoding: String::new(),
            content_id: None,
            body: &[],
            children: Vec::new(),
        };
        for field in fields.iter().filter(|field| field.begins("content-")) {
            read_mime_field(&mut part, field);
        }
        let boundary = part
            .parameter("boundary")
            .map(|boundary| boundary.trim_end().as_bytes().to_vec())
            .filter(|boundary| !boundary.is_empty() && part.media_type.starts_with("multipart/"));
        self.parts.push(part);
        match boundary {
            Some(boundary) if self.open.len() < limits::NESTING => {
                self.open.push(Open {
                    part: id,
                    boundary,
                    body,
                });
                None
            }
            Some(_) => {
                self.too_deep = true;
                Some(id)
            }
            None => Some(id),
        }
    }

    /// Whether a line is a delimiter of an open multipart: its depth, and whether it closes it.
    /// The whole line must match, so a boundary that begins like another is not mistaken for it.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let name = line.strip_prefix(b"--")?.trim_ascii_end();
        let inner = name.strip_suffix(b"--");
        self.open
            .iter()
            .enumerate()
            .rev()
            .find_map(|(depth, open)| {
                if open.boundary == name {
                    Some((depth, false))
                } else if inner == Some(open.boundary.as_slice()) {
                    Some((depth, true))
                } else {
                    None
                }
            })
    }

    /// Closes all multiparts but the outermost `depth`. One without parts is text.
    fn close_to(&mut self, depth: usize, end: usize) {
        for open in self.open.drain(depth..) {
            let part = &mut self.parts[open.part];
            if part.children.is_empty() {
                "text/plain".clone_into(&mut part.media_type);
                part.body = &self.raw[open.body..before_line_break(self.raw, open.body, end)];
            }
        }
    }
}

fn read_mime_field(part: &mut Part<'_>, field: &Field<'_>) {
    if field.is("content-type") && part.content_type.is_none() {
        if let Some(found) = field.content_type() {
            let main = found.ctype().to_ascii_lowercase();
            if let Some(sub) = found.subtype() {
                part.media_type = format!("{main}/{}", sub.to_ascii_lowercase());
            } else if main != "text" && !main.is_empty() {
                // Such as `Content-Type: attachment`: some file, nobody knows which.
                "application/octet-stream".clone_into(&mut part.media_type);
            }
            part.content_type = Some(found);
        }
    } else if field.is("content-disposition") && part.disposition.is_none() {
        part.disposition = field.content_type();
    } else if field.is("content-transfer-encoding") {
        part.encoding = field.text().to_ascii_lowercase();
    } else if field.is("content-id") && part.content_id.is_none() {
        part.content_id = field.ids().into_iter().next().map(String::from);
    }
}

/// Where the line that begins here ends, its line break included.
fn line_end(raw: &[u8], at: usize) -> usize {
    raw[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(raw.len(), |found| at + found + 1)
}

/// The line break before a delimiter belongs to the delimiter (RFC 2046, 5.1.1).
fn before_line_break(raw: &[u8], from: usize, at: usize) -> usize {
    let body = &raw[from..at.max(from)];
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let body = body.strip_suffix(b"\r").unwrap_or(body);
    from + body.len()
}
