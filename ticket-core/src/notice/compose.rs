//! Composing the letter of a notice: the same notice always gives the same letter.

use std::collections::BTreeMap;

use super::{Content, Letter, Notice};
use crate::mail::SigningKey;
use crate::ticket::{Attachment, Posting, PublicMessage, Thread};
use crate::value::{Line, Mailbox, MessageId, PersonId, one_line};

/// Most bytes of earlier messages that are quoted.
const QUOTE_MAX: usize = 16 * 1024;

/// What a letter is made of besides its notice.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The ticket's messages and notes.
    pub thread: &'a Thread,
    /// Names of the people who wrote them.
    pub names: &'a BTreeMap<PersonId, Line>,
    /// Signs Message-IDs and reply addresses.
    pub key: &'a SigningKey,
}

/// Composes the letter of a notice.
///
/// Of the thread it shows exactly what the notice names; what was redacted meanwhile is left out.
pub fn compose(notice: &Notice, sources: Sources<'_>) -> Letter {
    let shown = Shown::of(notice, sources.thread);
    let domain = notice.from.address.domain();
    let root = sources
        .key
        .thread_root(notice.ticket, &notice.person, domain);
    let mut references = vec![root];
    references.extend(notice.references.iter().cloned());
    let reply_to = sources
        .key
        .reply_address(&notice.from.address, notice.ticket, &notice.person);
    Letter {
        notice: notice.id,
        ticket: Some(notice.ticket),
        kind: notice.kind,
        message_id: sources
            .key
            .message_id(notice.id, notice.ticket, &notice.person, domain),
        from: notice.from.clone(),
        reply_to: Mailbox {
            name: notice.from.name.clone(),
            address: reply_to,
        },
        to: notice.to.clone(),
        subject: notice.subject.clone(),
        text: text(notice, &shown, sources.names),
        html: html(notice, &shown, sources.names),
        in_reply_to: references.last().cloned(),
        references,
        date: notice.created_at,
        automatic: notice.automatic,
        attachments: shown.attachments.to_vec(),
        loop_marker: sources.key.loop_marker(),
    }
}

/// A text as the two parts of a letter.
pub(crate) fn plain_letter(text: &str) -> (String, String) {
    let html = format!(
        "<!DOCTYPE html><html><body>\n{}</body></html>\n",
        paragraphs(text)
    );
    (format!("{}\n", text.trim()), html)
}

/// The parts of a thread that a notice shows.
struct Shown<'a> {
    body: Option<String>,
    attachments: &'a [Attachment],
    quoted: Vec<(&'a PublicMessage, String)>,
}

impl<'a> Shown<'a> {
    fn of(notice: &Notice, thread: &'a Thread) -> Self {
        let (posting, quoted) = match &notice.content {
            Content::Customer(content) => (content.message.map(Posting::Message), &content.quoted),
            Content::Team(content) => (content.posting, &content.quoted),
        };
        let (body, attachments) = match posting {
            Some(Posting::Message(id)) => {
                let message = find(thread, id);
                (
                    message.map(PublicMessage::shown_text),
                    message.map_or(&[][..], |one| &one.attachments),
                )
            }
            Some(Posting::Note(id)) => {
                let note = thread.notes.iter().find(|note| note.id == id);
                (
                    note.map(|one| one.body.text().to_owned()),
                    note.map_or(&[][..], |one| &one.attachments),
                )
            }
            None => (None, &[][..]),
        };
        let mut room = QUOTE_MAX;
        let quoted = quoted
            .iter()
            .filter_map(|id| find(thread, *id))
            .filter(|message| message.redacted.is_none())
            .map(|message| (message, message.shown_text()))
            .take_while(|(_, text)| {
                let fits = text.len() <= room;
                room = room.saturating_sub(text.len());
                fits
            })
            .collect();
        Self {
            body: body.filter(|body| !body.trim().is_empty()),
            attachments,
            quoted,
        }
    }
}

fn find(thread: &Thread, id: MessageId) -> Option<&PublicMessage> {
    thread.messages.iter().find(|message| message.id == id)
}

fn text(notice: &Notice, shown: &Shown<'_>, names: &BTreeMap<PersonId, Line>) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    paragraphs.extend([notice.intro.as_str()].into_iter().map(str::to_owned));
    paragraphs.extend(shown.body.as_ref().map(|body| body.trim_end().to_owned()));
    paragraphs.push(notice.outro.clone());
    for (message, text) in &shown.quoted {
        let lines = text.trim_end().lines().map(|line| format!("> {line}"));
        let quote: Vec<String> = std::iter::once(heading(message, names))
            .chain(lines)
            .collect();
        paragraphs.push(quote.join("\n"));
    }
    paragraphs.retain(|paragraph| !paragraph.trim().is_empty());
    paragraphs.join("\n\n") + "\n"
}

fn html(notice: &Notice, shown: &Shown<'_>, names: &BTreeMap<PersonId, Line>) -> String {
    let mut html = String::from("<!DOCTYPE html><html><body>\n");
    for part in [
        notice.intro.as_str(),
        shown.body.as_deref().unwrap_or_default(),
        notice.outro.as_str(),
    ] {
        html.push_str(&paragraphs(part));
    }
    for (message, text) in &shown.quoted {
        html.push_str(&paragraphs(&heading(message, names)));
        html.push_str("<blockquote>\n");
        html.push_str(&paragraphs(text));
        html.push_str("</blockquote>\n");
    }
    html.push_str("</body></html>\n");
    html
}

/// A plain text as HTML: blank lines part paragraphs, line breaks stay.
fn paragraphs(text: &str) -> String {
    let escaped = html_escape::encode_text(text.trim()).replace("\r\n", "\n");
    escaped
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(|paragraph| format!("<p>{}</p>\n", paragraph.trim().replace('\n', "<br>\n")))
        .collect()
}

/// The line above a quote; mail programs and our own intake know it as one.
fn heading(message: &PublicMessage, names: &BTreeMap<PersonId, Line>) -> String {
    let instant = chrono::DateTime::<chrono::Utc>::from(message.at);
    let name = names.get(&message.author).map(|name| one_line(name));
    let name = name.filter(|name| !name.is_empty());
    let name = name.as_deref().unwrap_or("somebody");
    format!(
        "On {} UTC, {name} wrote:",
        instant.format("%Y-%m-%d at %H:%M")
    )
}
