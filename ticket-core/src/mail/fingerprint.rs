//! What makes two deliveries the same mail.

use sha2::{Digest as _, Sha256};

use super::InboundMail;
use crate::ticket::Digest;
use crate::value::QueueKey;

/// The identity of a mail in a queue, by which a second delivery is known.
///
/// It covers what the sender wrote: Message-ID, date, sender, subject, texts and parts. What
/// hosts add on the way, such as Received and Delivered-To, does not count; another mail with
/// the same Message-ID is another mail.
pub fn fingerprint(mail: &InboundMail, queue: &QueueKey) -> Digest {
    let mut hash = Sha256::new();
    let mut add = |bytes: Option<&[u8]>| {
        // Each field is led by its length, so that no two mails are spelled the same.
        let length = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(bytes.unwrap_or_default());
    };
    add(Some(b"ticket mail 1"));
    add(Some(queue.as_str().as_bytes()));
    let id = mail.message_id.as_ref();
    add(id.map(|id| id.as_str().as_bytes()));
    let date = mail.date.map(|date| date.micros().to_be_bytes());
    add(date.as_ref().map(<[u8; 8]>::as_slice));
    let from = mail.from.as_ref();
    add(from.map(|from| from.address.normal().as_bytes()));
    add(Some(mail.subject.as_bytes()));
    add(Some(mail.text.as_bytes()));
    add(mail.html.as_deref().map(str::as_bytes));
    for part in &mail.parts {
        add(Some(part.name.as_bytes()));
        add(Some(part.media_type.as_bytes()));
        add(Some(Digest::of(&part.bytes).bytes()));
    }
    Digest::new(hash.finalize().into())
}
