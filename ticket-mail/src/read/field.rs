//! One header field: its raw bytes, and what mail-parser makes of them.

use std::borrow::Cow;

use mail_parser::parsers::MessageStream;
use mail_parser::{Address, ContentType, HeaderValue};
use ticket_core::mail::MailMessageId;
use ticket_core::value::{EmailAddress, Mailbox, Timestamp};

use super::decode::windows_1252;
use super::{instant, limits};

/// Longest name of a field, in bytes.
const NAME_MAX: usize = 200;

/// A header field with its continuation lines, ending with a line break.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    raw: Cow<'a, [u8]>,
    colon: usize,
}

impl<'a> Field<'a> {
    /// Takes the lines of a field; none when they don't begin with a name and a colon.
    ///
    /// A longer field than `longest` is cut, from the front where the newest is last.
    pub(super) fn new(lines: &'a [u8], longest: usize) -> Option<(Self, bool)> {
        let colon = lines.iter().position(|byte| *byte == b':')?;
        let name = lines[..colon].trim_ascii();
        let plain = |byte: &u8| byte.is_ascii_graphic();
        if name.is_empty()
            || name.len() > NAME_MAX
            || lines[0].is_ascii_whitespace()
            || !name.iter().all(plain)
        {
            return None;
        }
        let cut = lines.len() > longest;
        let kept: Cow<'a, [u8]> = if !cut {
            lines.into()
        } else if name.eq_ignore_ascii_case(b"references") {
            let mut tail = lines[..=colon].to_vec();
            tail.extend_from_slice(&lines[lines.len() - longest.min(lines.len() - colon - 1)..]);
            tail.into()
        } else {
            lines[..longest.max(colon + 1)].into()
        };
        Some((
            Self {
                raw: with_line_break(as_utf8(kept)),
                colon,
            },
            cut,
        ))
    }

    /// The name as written.
    pub(super) fn name(&self) -> Option<String> {
        let name = self.raw[..self.colon].trim_ascii();
        std::str::from_utf8(name).ok().map(str::to_owned)
    }

    /// Whether this is its name, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.raw[..self.colon]
            .trim_ascii()
            .eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether its name begins like this, in any case.
    pub(super) fn begins(&self, prefix: &str) -> bool {
        let name = self.raw[..self.colon].trim_ascii();
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    }

    fn value(&self) -> MessageStream<'_> {
        MessageStream::new(&self.raw[self.colon + 1..])
    }

    /// The value, decoded and on one line.
    pub(super) fn text(&self) -> String {
        match self.value().parse_unstructured() {
            HeaderValue::Text(text) => one_line(&text),
            HeaderValue::Address(_)
            | HeaderValue::TextList(_)
            | HeaderValue::DateTime(_)
            | HeaderValue::ContentType(_)
            | HeaderValue::Received(_)
            | HeaderValue::Empty => String::new(),
        }
    }

    /// The mailboxes of an address list, groups dissolved; what is no address is left out.
    pub(super) fn mailboxes(&self) -> Vec<Mailbox> {
        let HeaderValue::Address(list) = self.value().parse_address() else {
            return Vec::new();
        };
        let addresses: Vec<_> = match &list {
            Address::List(list) => list.iter().collect(),
            Address::Group(groups) => groups.iter().flat_map(|group| &group.addresses).collect(),
        };
        addresses
            .into_iter()
            .take(limits::ADDRESSES + 1)
            .filter_map(|found| {
                let address = found.address.as_deref()?.parse().ok()?;
                Some(Mailbox::new(found.name.as_deref(), address))
            })
            .collect()
    }

    /// The ids of a Message-ID, In-Reply-To or References field, with or without brackets.
    pub(super) fn ids(&self) -> Vec<MailMessageId> {
        match self.value().parse_id() {
            HeaderValue::Text(text) => text
                .split_whitespace()
                .filter_map(|word| MailMessageId::new(word).ok())
                .collect(),
            HeaderValue::TextList(list) => list
                .iter()
                .filter_map(|id| MailMessageId::new(id).ok())
                .collect(),
            HeaderValue::Address(_)
            | HeaderValue::DateTime(_)
            | HeaderValue::ContentType(_)
            | HeaderValue::Received(_)
            | HeaderValue::Empty => Vec::new(),
        }
    }

    /// The instant of a Date field; none when it is none.
    pub(super) fn date(&self) -> Option<Timestamp> {
        let HeaderValue::DateTime(date) = self.value().parse_date() else {
            return None;
        };
        date.is_valid().then(|| instant(date.to_timestamp()))?
    }

    /// The media type, or the disposition, with its parameters.
    pub(super) fn content_type(&self) -> Option<ContentType<'static>> {
        match self.value().parse_content_type().into_owned() {
            HeaderValue::ContentType(found) => Some(found),
            HeaderValue::Text(_)
            | HeaderValue::Address(_)
            | HeaderValue::TextList(_)
            | HeaderValue::DateTime(_)
            | HeaderValue::Received(_)
            | HeaderValue::Empty => None,
        }
    }

    /// The envelope sender: `Some(None)` is `<>`, none when it is no address.
    pub(super) fn return_path(&self) -> Option<Option<EmailAddress>> {
        let text = self.text();
        let inner = text
            .trim()
            .trim_start_matches('<')
            .trim_end_matches('>')
            .trim();
        if inner.is_empty() {
            return Some(None);
        }
        inner.parse().ok().map(Some)
    }
}

/// Bytes that are not UTF-8 in a header are most often Windows-1252 (RFC 5322 allows neither).
fn as_utf8(raw: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if std::str::from_utf8(&raw).is_ok() {
        raw
    } else {
        windows_1252(&raw).into_bytes().into()
    }
}

/// mail-parser ends a value at its line break.
fn with_line_break(raw: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if raw.ends_with(b"\n") {
        return raw;
    }
    let mut raw = raw.into_owned();
    raw.push(b'\n');
    raw.into()
}

/// Control characters and line separators become spaces; so do runs of white space.
pub(super) fn one_line(text: &str) -> String {
    let breaks =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut line = String::with_capacity(text.len());
    for word in text.split(breaks).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}
