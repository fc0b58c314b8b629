//! Mail in a line format of our own: MIME is another crate's business.

use ticket_core::mail::{DeliveryReport, InboundMail, InboundPart, MailMessageId};
use ticket_core::port::MailReader;
use ticket_core::value::Mailbox;

use super::read;

/// A mail as it is written: header lines, an empty line, the text.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    lines: Vec<String>,
    text: String,
}

impl Mail {
    pub(crate) fn from(address: &str, text: &str) -> Self {
        Self {
            lines: vec![format!("From: {address}")],
            text: text.to_owned(),
        }
    }

    pub(crate) fn with(mut self, field: &str, value: &str) -> Self {
        self.lines.push(format!("{field}: {value}"));
        self
    }

    pub(crate) fn raw(&self) -> Vec<u8> {
        format!("{}\n\n{}", self.lines.join("\n"), self.text).into_bytes()
    }
}

/// Reads such mail; a field `Panics` makes it panic, a field `Broken` makes it refuse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineReader;

impl MailReader for LineReader {
    fn read(&self, raw: &[u8]) -> Result<InboundMail, String> {
        let text = std::str::from_utf8(raw).map_err(|error| error.to_string())?;
        let (head, text) = text.split_once("\n\n").ok_or("no empty line")?;
        let mut mail = InboundMail {
            text: text.to_owned(),
            ..InboundMail::default()
        };
        for line in head.lines() {
            let (field, value) = line.split_once(": ").ok_or("no field")?;
            field_of(&mut mail, field, value)?;
            mail.headers.push((field.to_owned(), value.to_owned()));
        }
        Ok(mail)
    }
}

fn field_of(mail: &mut InboundMail, field: &str, value: &str) -> Result<(), String> {
    let ids = || value.split(' ').map(read::<MailMessageId>).collect();
    let mailbox = || Mailbox::from(read::<ticket_core::value::EmailAddress>(value));
    match field {
        "From" => mail.from = Some(mailbox()),
        "To" => mail.to.push(mailbox()),
        "Cc" => mail.cc.push(mailbox()),
        "Subject" => mail.subject = value.to_owned(),
        "Html" => mail.html = Some(value.to_owned()),
        "Message-ID" => mail.message_id = Some(read(value)),
        "In-Reply-To" => mail.in_reply_to = ids(),
        "References" => mail.references = ids(),
        "Date" => mail.date = Some(read(value)),
        "Returned" => mail.returned_ids = ids(),
        "Reports" => mail.reports.push(DeliveryReport {
            action: "failed".to_owned(),
            recipient: Some(read(value)),
            status: Some("5.1.1".to_owned()),
            diagnostic: Some("no such user".to_owned()),
        }),
        "Part" => mail.parts.push(InboundPart {
            name: value.to_owned(),
            media_type: "text/plain".to_owned(),
            content_id: None,
            bytes: value.as_bytes().to_vec(),
        }),
        "Panics" => panic!("poison"),
        "Broken" => return Err(value.to_owned()),
        _ => {}
    }
    Ok(())
}
