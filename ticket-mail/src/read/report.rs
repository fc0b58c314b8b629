//! Delivery reports (RFC 3464), and the mails that they return.

use ticket_core::mail::{DeliveryReport, InboundMail, MailMessageId};
use ticket_core::value::EmailAddress;

use super::field::Field;
use super::split::{Split, header};
use super::{decode, limits, message_id_of};

/// Fills the reports and the ids of returned mails from the parts.
pub(super) fn fill(mail: &mut InboundMail, split: &Split<'_>) {
    // Whoever passes a report on sends a mail of their own.
    let root = split.parts.first();
    let reports_itself =
        root.is_some_and(|root| root.media_type == "multipart/report") || by_mail_system(mail);
    if !reports_itself {
        return;
    }
    for part in split.parts.iter().filter(|part| !part.is_multipart()) {
        match part.media_type.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => {
                let (bytes, _) = decode::bytes(part);
                mail.reports.extend(reports(&bytes));
            }
            _ => {}
        }
    }
    mail.reports.truncate(limits::REPORTS);
    for part in &split.parts {
        match part.media_type.as_str() {
            "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/rfc822-headers"
            | "message/global-headers" => {
                let (bytes, _) = decode::bytes(part);
                add(mail, message_id_of(&bytes));
            }
            _ => {}
        }
    }
}

/// Some mail systems return a mail as text: they are asked for the lines that name its id.
pub(super) fn fill_from_text(mail: &mut InboundMail) {
    let name = "message-id:";
    if !mail.returned_ids.is_empty() || !by_mail_system(mail) {
        return;
    }
    let ids: Vec<_> = mail
        .text
        .lines()
        .map(|line| line.trim_start_matches(['>', ' ', '\t']))
        .filter_map(|line| {
            let named = line.get(..name.len())?.eq_ignore_ascii_case(name);
            named.then(|| MailMessageId::new(&line[name.len()..]).ok())?
        })
        .take(limits::REPORTS)
        .collect();
    for id in ids {
        add(mail, Some(id));
    }
}

fn add(mail: &mut InboundMail, id: Option<MailMessageId>) {
    if let Some(id) = id
        && mail.returned_ids.len() < limits::REPORTS
        && !mail.returned_ids.contains(&id)
    {
        mail.returned_ids.push(id);
    }
}

/// Whether the sender is a mail system: the null sender, or one of its usual names.
fn by_mail_system(mail: &InboundMail) -> bool {
    mail.return_path == Some(None)
        || mail
            .from
            .as_ref()
            .is_some_and(|from| matches!(from.address.local(), "mailer-daemon" | "postmaster"))
}

/// Reads the groups of fields: the first is about the mail, each other about a recipient.
fn reports(bytes: &[u8]) -> Vec<DeliveryReport> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.trim_ascii().is_empty() && found.len() < limits::REPORTS {
        let group = header(rest, limits::PART_FIELDS, limits::PART_FIELD);
        rest = group.rest(rest);
        found.extend(report(&group.fields));
    }
    found
}

fn report(fields: &[Field<'_>]) -> Option<DeliveryReport> {
    let value = |name: &str| {
        let field = fields.iter().find(|field| field.is(name))?;
        Some(field.text()).filter(|text| !text.is_empty())
    };
    let action = value("action")?;
    let recipient = value("final-recipient").or_else(|| value("original-recipient"));
    Some(DeliveryReport {
        action: action.to_ascii_lowercase(),
        recipient: recipient.as_deref().and_then(address),
        status: value("status").and_then(|text| first_word(&text)),
        diagnostic: value("diagnostic-code").map(|text| without_type(&text).to_owned()),
    })
}

/// The address of `rfc822; ada@example.org`, with or without its type and brackets.
fn address(text: &str) -> Option<EmailAddress> {
    let inner = without_type(text);
    inner
        .trim_start_matches('<')
        .trim_end_matches('>')
        .parse()
        .ok()
}

fn without_type(text: &str) -> &str {
    text.split_once(';').map_or(text, |(_, rest)| rest).trim()
}

/// Status codes come with comments: `5.1.1 (unknown user)`.
fn first_word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(str::to_owned)
}
