//! What the expectations of the corpus mean for an `InboundMail`.

use serde_json::{Value, json};
use ticket_core::mail::{InboundMail, MailMessageId, separate, separate_under};
use ticket_core::value::{EmailAddress, Mailbox, Timestamp};

/// A message of the corpus: a whole mail, or only a body.
pub(crate) enum Message {
    /// A whole mail; none when it can't be read.
    Mail(Option<Box<InboundMail>>),
    /// A plain text.
    Plain(String),
    /// The text of an HTML body.
    Html(String),
}

impl Message {
    pub(crate) fn new(raw: &[u8], format: &str) -> Self {
        let text = || String::from_utf8_lossy(raw).replace("\r\n", "\n");
        match format {
            "rfc822" => Self::Mail(ticket_mail::read(raw).ok().map(Box::new)),
            "body-html" => Self::Html(ticket_mail::html_to_text(&text())),
            _ => Self::Plain(text()),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Mail(mail) => mail.as_ref().map_or("", |mail| &mail.text),
            Self::Plain(text) | Self::Html(text) => text,
        }
    }
}

type Verdict = Option<Result<(), String>>;

/// Whether a message is as expected, or what it is instead; none for what we don't state.
pub(crate) fn check(message: &Message, field: &str, wanted: &Value) -> Verdict {
    match field {
        "must_not_fail" => Some(Ok(())),
        "reply_text"
        | "reply_text_contains"
        | "reply_text_lacks"
        | "reply_text_no_space"
        | "reply_html_no_space"
        | "reply_not_empty" => reply(message, field, wanted),
        "full_text_contains" => Some(holds(
            strings(wanted)
                .iter()
                .all(|part| message.text().contains(part)),
            &message.text(),
        )),
        _ => match message {
            Message::Mail(Some(mail)) => header(mail, field, wanted)
                .or_else(|| body(mail, field, wanted))
                .or_else(|| report(mail, field, wanted)),
            Message::Mail(None) | Message::Plain(_) | Message::Html(_) => None,
        },
    }
}

fn reply(message: &Message, field: &str, wanted: &Value) -> Verdict {
    let text = message.text();
    let reply = match message {
        Message::Mail(Some(mail)) => separate_under(&mail.subject, text).shown(),
        Message::Mail(None) | Message::Plain(_) | Message::Html(_) => separate(text).shown(),
    };
    let lines = |text: &str| {
        let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        lines.join("\n")
    };
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    let fits = match field {
        "reply_text" => lines(&reply) == lines(wanted.as_str()?),
        "reply_text_no_space" => solid(&reply) == solid(wanted.as_str()?),
        "reply_html_no_space" => {
            solid(&reply) == solid(&ticket_mail::html_to_text(wanted.as_str()?))
        }
        "reply_text_contains" => strings(wanted).iter().all(|part| reply.contains(part)),
        "reply_text_lacks" => strings(wanted).iter().all(|part| !reply.contains(part)),
        "reply_not_empty" => !reply.trim().is_empty(),
        _ => return None,
    };
    Some(holds(fits, &reply))
}

fn header(mail: &InboundMail, field: &str, wanted: &Value) -> Verdict {
    let ids =
        |ids: &[MailMessageId]| json!(ids.iter().map(MailMessageId::as_str).collect::<Vec<_>>());
    let found = match field {
        "subject" => json!(mail.subject),
        "from" => addresses(mail.from.as_slice()),
        "from_name" => json!(mail.from.as_ref().and_then(|from| from.name.as_deref())),
        "to" => addresses(&mail.to),
        "cc" => addresses(&mail.cc),
        "reply_to" => addresses(&mail.reply_to),
        "to_name" => json!(mail.to.first().and_then(|to| to.name.as_deref())),
        "message_id" => json!(mail.message_id.as_ref().map(MailMessageId::as_str)),
        "in_reply_to" => ids(&mail.in_reply_to),
        "references" => ids(&mail.references),
        "date" => {
            let wanted: Timestamp = wanted.as_str()?.parse().ok()?;
            return Some(holds(mail.date == Some(wanted), &mail.date));
        }
        "envelope_from" => {
            json!(
                mail.return_path
                    .as_ref()
                    .map(|from| from.as_ref().map(EmailAddress::as_written))
            )
        }
        _ => return None,
    };
    Some(equal(&found, wanted))
}

fn body(mail: &InboundMail, field: &str, wanted: &Value) -> Verdict {
    let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    Some(match field {
        "body_text" => holds(lines(&mail.text) == lines(wanted.as_str()?), &mail.text),
        "body_text_stripped" => holds(mail.text.trim() == wanted.as_str()?, &mail.text),
        "html_contains" => {
            let html = mail.html.as_deref().unwrap_or_default();
            let html = html.replace("\r\n", "\n");
            holds(
                strings(wanted).iter().all(|part| html.contains(part)),
                &mail.html,
            )
        }
        "attachment_count" => equal(&json!(mail.parts.len()), wanted),
        "attachment_names" => {
            let name = |name: &str| {
                if name.is_empty() {
                    Value::Null
                } else {
                    json!(name)
                }
            };
            let names: Vec<Value> = mail.parts.iter().map(|part| name(&part.name)).collect();
            equal(&json!(names), wanted)
        }
        "attachment_sizes" => {
            let fits = wanted
                .as_array()?
                .iter()
                .zip(&mail.parts)
                .all(|(size, part)| {
                    size.is_null() || size.as_u64() == u64::try_from(part.bytes.len()).ok()
                });
            let sizes: Vec<_> = mail.parts.iter().map(|part| part.bytes.len()).collect();
            holds(fits, &sizes)
        }
        "has_attachments" => equal(&json!(!mail.parts.is_empty()), wanted),
        _ => return None,
    })
}

fn report(mail: &InboundMail, field: &str, wanted: &Value) -> Verdict {
    let first = mail.reports.first();
    Some(match field {
        "is_delivery_status_report" => equal(&json!(first.is_some()), wanted),
        "is_bounce" => {
            let failed = mail.reports.iter().any(|report| report.action == "failed");
            equal(&json!(failed), wanted)
        }
        "dsn" => {
            let Some(found) = first else {
                return Some(Err("no report".to_owned()));
            };
            let recipient = found.recipient.as_ref().map(EmailAddress::as_written);
            let same = |key: &str, found: Option<&str>| {
                wanted[key].as_str().is_none_or(|wanted| {
                    let wanted = wanted
                        .split_once(';')
                        .map_or(wanted, |(_, rest)| rest)
                        .trim();
                    found.is_some_and(|found| found == wanted)
                })
            };
            let fits = same("action", Some(&found.action))
                && same("final_recipient", recipient)
                && same("status", found.status.as_deref())
                && same("diagnostic_code", found.diagnostic.as_deref());
            holds(fits, found)
        }
        _ => return None,
    })
}

fn addresses(list: &[Mailbox]) -> Value {
    json!(
        list.iter()
            .map(|one| one.address.as_written())
            .collect::<Vec<_>>()
    )
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(
        || value.as_str().into_iter().collect(),
        |list| list.iter().filter_map(Value::as_str).collect(),
    )
}

fn equal(found: &Value, wanted: &Value) -> Result<(), String> {
    let one_of_one = wanted
        .as_str()
        .is_some_and(|wanted| *found == json!([wanted]));
    holds(found == wanted || one_of_one, found)
}

fn holds(holds: bool, found: &impl std::fmt::Debug) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("{found:?}"))
    }
}
