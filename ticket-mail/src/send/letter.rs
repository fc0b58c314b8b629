//! A letter as a mail (RFC 5322, RFC 2045), the same bytes each time.

use std::time::{Duration, SystemTime};

use lettre::address::{Address, Envelope};
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0,
};
use lettre::message::{Attachment, Body, Mailbox, Message, MessageBuilder, MultiPart, SinglePart};
use ticket_core::mail::{LOOP_HEADER, MailMessageId};
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::port::NotifyError;
use ticket_core::value::{EmailAddress, Mailbox as CoreMailbox};

use super::files::File;

/// The header field by which the desk knows its own mail.
const LOOP: HeaderName = HeaderName::new_from_ascii_str(LOOP_HEADER);
/// RFC 3834, 5.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
/// What Exchange asks for instead ([MS-OXCMAIL], 2.2.3.2.14).
const SUPPRESS: HeaderName = HeaderName::new_from_ascii_str("X-Auto-Response-Suppress");
const IN_REPLY_TO: HeaderName = HeaderName::new_from_ascii_str("In-Reply-To");
const REFERENCES: HeaderName = HeaderName::new_from_ascii_str("References");
const SUBJECT: HeaderName = HeaderName::new_from_ascii_str("Subject");

/// Most ids in References: the first four name the thread, the last ones the way to here.
const REFERENCES_MAX: usize = 20;
const REFERENCES_FIRST: usize = 4;
/// Longest line of a text that is sent as it stands (RFC 5322, 2.1.1).
const LINE_MAX: usize = 998;
/// Longest media type that is believed, in bytes.
const MEDIA_TYPE_MAX: usize = 200;
/// The media type of anything (RFC 2046, 4.5.1).
const OCTETS: &str = "application/octet-stream";

/// Sender and recipient for the server. Automatic mail has the null sender, so that no server
/// and no vacation program answers it (RFC 3834, 3.3); other mail comes back to the queue.
pub(super) fn envelope(letter: &Letter) -> Result<Envelope, NotifyError> {
    let from = if letter.automatic {
        None
    } else {
        Some(address(&letter.from.address)?)
    };
    Envelope::new(from, vec![address(&letter.to.address)?]).map_err(never)
}

/// The whole mail.
pub(super) fn render(letter: &Letter, files: Vec<File>) -> Result<Vec<u8>, NotifyError> {
    let boundary = boundary(letter);
    let alternative = MultiPart::alternative()
        .boundary(format!("{boundary}a"))
        .singlepart(text_part(ContentType::TEXT_PLAIN, &letter.text))
        .singlepart(text_part(ContentType::TEXT_HTML, &letter.html));
    let body = if files.is_empty() {
        alternative
    } else {
        let mixed = MultiPart::mixed()
            .boundary(format!("{boundary}m"))
            .multipart(alternative);
        files
            .into_iter()
            .fold(mixed, |mixed, file| mixed.singlepart(file_part(file)))
    };
    let message = header(letter)?
        .envelope(envelope(letter)?)
        .multipart(body)
        .map_err(never)?;
    let mail = message.formatted();
    if has_bare_break(&mail) {
        // Some servers end a message at a bare line feed: never give them the chance.
        return Err(NotifyError::Never(
            "the mail has a bare line break".to_owned(),
        ));
    }
    Ok(mail)
}

fn header(letter: &Letter) -> Result<MessageBuilder, NotifyError> {
    let micros = u64::try_from(letter.date.micros()).unwrap_or_default();
    let date = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
    let mut builder = Message::builder()
        .message_id(Some(letter.message_id.to_string()))
        .date(date)
        .from(mailbox(&letter.from)?)
        .to(mailbox(&letter.to)?)
        .reply_to(mailbox(&letter.reply_to)?)
        .raw_header(field(SUBJECT, harmless(&letter.subject)))
        .header(MIME_VERSION_1_0);
    if let Some(id) = letter.in_reply_to.as_ref().filter(|id| is_sendable(id)) {
        builder = builder.raw_header(field(IN_REPLY_TO, id.to_string()));
    }
    let references = references(&letter.references);
    if !references.is_empty() {
        builder = builder.raw_header(field(REFERENCES, references));
    }
    builder = builder.raw_header(field(LOOP, harmless(&letter.loop_marker)));
    if letter.automatic {
        // No `Precedence`: it is no standard (RFC 2076 discourages it), and spam filters and
        // some servers take `bulk` and `junk` at their word.
        builder = builder
            .raw_header(field(AUTO_SUBMITTED, auto_submitted(letter).to_owned()))
            .raw_header(field(SUPPRESS, "All".to_owned()));
    }
    Ok(builder)
}

/// An answer to a mail is `auto-replied`, everything else `auto-generated` (RFC 3834, 5).
fn auto_submitted(letter: &Letter) -> &'static str {
    if letter.kind == NoticeKind::Received && letter.in_reply_to.is_some() {
        "auto-replied"
    } else {
        "auto-generated"
    }
}

fn field(name: HeaderName, value: String) -> HeaderValue {
    HeaderValue::new(name, value)
}

/// Ids of others may be anything; what is not ASCII would be encoded, and then matches nothing.
fn is_sendable(id: &MailMessageId) -> bool {
    id.as_str().bytes().all(|byte| byte.is_ascii_graphic())
}

fn references(ids: &[MailMessageId]) -> String {
    let ids: Vec<_> = ids.iter().filter(|id| is_sendable(id)).collect();
    let skipped = ids.len().saturating_sub(REFERENCES_MAX);
    let kept: Vec<String> = ids
        .iter()
        .enumerate()
        .filter(|(at, _)| *at < REFERENCES_FIRST || *at >= REFERENCES_FIRST + skipped)
        .map(|(_, id)| id.to_string())
        .collect();
    kept.join(" ")
}

fn mailbox(mailbox: &CoreMailbox) -> Result<Mailbox, NotifyError> {
    let name = mailbox
        .name
        .as_deref()
        .map(harmless)
        .filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address(&mailbox.address)?))
}

/// The local part as written, the domain in ASCII, so that any server takes it.
fn address(address: &EmailAddress) -> Result<Address, NotifyError> {
    let local = address
        .as_written()
        .rsplit_once('@')
        .map_or("", |(local, _)| local);
    Address::new(local, address.domain()).map_err(never)
}

fn never(error: impl std::fmt::Display) -> NotifyError {
    NotifyError::Never(format!("it can't be written as a mail: {error}"))
}

/// One line without control characters. What looks like an encoded word (RFC 2047) is broken up:
/// whoever reads it would decode it, line breaks and all.
fn harmless(text: &str) -> String {
    let breaks =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    let words: Vec<_> = text.split(breaks).filter(|word| !word.is_empty()).collect();
    words.join(" ").replace("=?", "= ?")
}

fn text_part(kind: ContentType, text: &str) -> SinglePart {
    let text = crlf(text);
    let plain = text.is_ascii()
        && !text.contains('\0')
        && text.split("\r\n").all(|line| line.len() <= LINE_MAX);
    let bytes = text.into_bytes();
    let body = if plain {
        Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::SevenBit)
    } else {
        encoded(bytes, ContentTransferEncoding::QuotedPrintable)
    };
    SinglePart::builder().header(kind).body(body)
}

/// Encodes bytes; these two encodings fit any.
fn encoded(bytes: Vec<u8>, encoding: ContentTransferEncoding) -> Body {
    Body::new_with_encoding(bytes, encoding)
        .unwrap_or_else(|bytes| Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::Binary))
}

/// Line breaks of any kind as mail has them. (lettre's own way takes quadratic time.)
fn crlf(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.replace('\n', "\r\n")
}

fn file_part(file: File) -> SinglePart {
    let name = harmless(&file.name);
    let name = if name.is_empty() {
        "file".to_owned()
    } else {
        name
    };
    let body = encoded(file.bytes, ContentTransferEncoding::Base64);
    Attachment::new(name).body(body, media_type(&file.media_type))
}

/// A media type of a sender; composite ones may not be in base64 (RFC 2045, 6.4).
fn media_type(text: &str) -> ContentType {
    let lower = text.to_ascii_lowercase();
    let usable = lower.len() <= MEDIA_TYPE_MAX
        && lower
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && !lower.starts_with("multipart/")
        && !lower.starts_with("message/");
    let named = if usable { lower.as_str() } else { OCTETS };
    ContentType::parse(named)
        .or_else(|_| ContentType::parse(OCTETS))
        .unwrap_or(ContentType::TEXT_PLAIN)
}

/// Boundaries come from the notice, so that the same letter is the same bytes; should the text
/// contain it, it grows.
fn boundary(letter: &Letter) -> String {
    let mut boundary = format!("ticket-{}-", letter.notice.uuid().simple());
    while letter.text.contains(&boundary) || letter.html.contains(&boundary) {
        boundary.push('x');
    }
    boundary
}

fn has_bare_break(mail: &[u8]) -> bool {
    let mut last = 0;
    for &byte in mail {
        if (byte == b'\n') != (last == b'\r') {
            return true;
        }
        last = byte;
    }
    last == b'\r'
}
