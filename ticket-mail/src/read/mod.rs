//! MIME to [`InboundMail`].

mod body;
mod decode;
mod field;
mod flowed;
pub mod limits;
mod report;
mod split;

use ticket_core::mail::{InboundMail, MailMessageId};
use ticket_core::value::{EmailAddress, Mailbox, Timestamp};

use field::Field;
use split::Split;

/// Why some bytes can't be read as a mail at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// There is nothing but white space.
    #[error("the mail is empty")]
    Empty,
    /// It does not begin with a header field.
    #[error("the mail has no header")]
    NoHeader,
    /// It is larger than [`limits::MAIL`].
    #[error("the mail has {0} bytes; at most {max} are read", max = limits::MAIL)]
    TooLarge(usize),
}

/// Reads a mail.
///
/// Never panics, and its time and memory grow with the size of the mail only. Whatever it can't
/// make sense of it reads as well as it can: a part with a wrong encoding is taken as it stands,
/// an unknown charset as UTF-8 or else Windows-1252, a multipart without its boundary as text.
///
/// # Errors
/// When it is no mail at all; see [`Unreadable`].
pub fn read(raw: &[u8]) -> Result<InboundMail, Unreadable> {
    if raw.len() > limits::MAIL {
        return Err(Unreadable::TooLarge(raw.len()));
    }
    if raw
        .iter()
        .all(|byte| byte.is_ascii_whitespace() || *byte == 0)
    {
        return Err(Unreadable::Empty);
    }
    let mut split = split::split(raw);
    let fields = std::mem::take(&mut split.fields);
    if fields.is_empty() {
        return Err(Unreadable::NoHeader);
    }
    let mut mail = InboundMail::default();
    fill_header(&mut mail, &fields);
    if mail.return_path.is_none() {
        mail.return_path = mbox_sender(raw);
    }
    fill_body(&mut mail, &split);
    Ok(mail)
}

fn fill_header(mail: &mut InboundMail, fields: &[Field<'_>]) {
    for field in fields {
        let Some(name) = field.name() else { continue };
        read_field(mail, &name.to_ascii_lowercase(), field);
        mail.headers.push((name, field.text()));
    }
    if mail.references.len() > limits::REFERENCES {
        let extra = mail.references.len() - limits::REFERENCES;
        mail.references.drain(..extra);
        mail.left_out.push(format!("{extra} older references"));
    }
    for (list, name) in [
        (&mut mail.to, "To"),
        (&mut mail.cc, "Cc"),
        (&mut mail.reply_to, "Reply-To"),
    ] {
        if list.len() > limits::ADDRESSES {
            let extra = list.len() - limits::ADDRESSES;
            list.truncate(limits::ADDRESSES);
            mail.left_out.push(format!("{extra} addresses in {name}"));
        }
    }
}

fn read_field(mail: &mut InboundMail, name: &str, field: &Field<'_>) {
    match name {
        "from" if mail.from.is_none() => mail.from = field.mailboxes().into_iter().next(),
        "reply-to" => extend(&mut mail.reply_to, field),
        "to" => extend(&mut mail.to, field),
        "cc" => extend(&mut mail.cc, field),
        "subject" if mail.subject.is_empty() => mail.subject = field.text(),
        "message-id" if mail.message_id.is_none() => {
            mail.message_id = field.ids().into_iter().next();
        }
        "in-reply-to" if mail.in_reply_to.len() < limits::REFERENCES => {
            mail.in_reply_to.extend(field.ids());
            mail.in_reply_to.truncate(limits::REFERENCES);
        }
        "references" => mail.references.extend(field.ids()),
        "date" if mail.date.is_none() => mail.date = field.date(),
        "return-path" if mail.return_path.is_none() => mail.return_path = field.return_path(),
        "delivered-to" | "x-original-to" | "envelope-to" | "x-envelope-to" | "x-delivered-to" => {
            for Mailbox { address, .. } in field.mailboxes() {
                if mail.delivered_to.len() < limits::REFERENCES
                    && !mail.delivered_to.contains(&address)
                {
                    mail.delivered_to.push(address);
                }
            }
        }
        _ => {}
    }
}

/// The envelope sender of the `From ` line that some hosts write before the header (RFC 4155);
/// it stands for the null sender when it is a name without a domain.
fn mbox_sender(raw: &[u8]) -> Option<Option<EmailAddress>> {
    let line = raw
        .strip_prefix(b"From ")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let word = line.split(u8::is_ascii_whitespace).next()?;
    let word = std::str::from_utf8(word).ok()?;
    if word.eq_ignore_ascii_case("MAILER-DAEMON") {
        return Some(None);
    }
    word.parse().ok().map(Some)
}

/// Adds a field's mailboxes, one more than allowed at most, so that the excess shows.
fn extend(list: &mut Vec<Mailbox>, field: &Field<'_>) {
    if list.len() <= limits::ADDRESSES {
        list.extend(field.mailboxes());
    }
}

fn fill_body(mail: &mut InboundMail, split: &Split<'_>) {
    mail.left_out.extend(split.left_out.iter().cloned());
    report::fill(mail, split);
    body::fill(mail, split);
    report::fill_from_text(mail);
}

/// The Message-ID in the header of a returned or attached mail.
fn message_id_of(raw: &[u8]) -> Option<MailMessageId> {
    split::header(raw, limits::FIELDS, limits::PART_FIELD)
        .fields
        .iter()
        .find(|field| field.is("message-id"))
        .and_then(|field| field.ids().into_iter().next())
}

/// An instant from seconds, none outside the years 0 to 9999.
fn instant(seconds: i64) -> Option<Timestamp> {
    let micros = seconds.checked_mul(1_000_000)?;
    let instant = Timestamp::from_micros(micros);
    (instant.micros() == micros).then_some(instant)
}
