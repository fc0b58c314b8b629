//! Letters, a blob store and certificates for the tests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::mail::{InboundMail, MailMessageId};
use ticket_core::notice::{Letter, NoticeKind};
use ticket_core::port::{BlobStore, BlobWriter, StoreError};
use ticket_core::ticket::{Attachment, Digest};
use ticket_core::value::{Mailbox, NoticeId, TicketId, Timestamp};
use ticket_mail::sink::{Received, Sink};
use ticket_mail::{Security, SmtpNotifier, SmtpSettings};

pub(crate) const NOTICE: &str = "0198c0de-0000-7000-8000-000000000001";

/// Blobs that are put in before the test.
#[derive(Default)]
pub(crate) struct Blobs(Mutex<HashMap<Digest, Vec<u8>>>);

impl Blobs {
    pub(crate) fn put(&self, name: &str, media_type: &str, bytes: &[u8]) -> Attachment {
        let digest = Digest::of(bytes);
        self.0
            .lock()
            .expect("a lock")
            .insert(digest, bytes.to_vec());
        Attachment {
            name: name.into(),
            media_type: media_type.into(),
            size: bytes.len() as u64,
            digest,
            content_id: None,
        }
    }
}

#[async_trait]
impl BlobStore for Blobs {
    async fn new_blob(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Err(StoreError::corrupt("nothing is written here"))
    }

    async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        Ok(self
            .0
            .lock()
            .expect("a lock")
            .get(digest)
            .map(|bytes| bytes.len() as u64))
    }

    async fn read_blob(
        &self,
        digest: &Digest,
        offset: u64,
        limit: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let blobs = self.0.lock().expect("a lock");
        let Some(bytes) = blobs.get(digest) else {
            return Ok(None);
        };
        let from = usize::try_from(offset).expect("small").min(bytes.len());
        let to = bytes
            .len()
            .min(from + usize::try_from(limit).expect("small"));
        Ok(Some(bytes[from..to].to_vec()))
    }
}

pub(crate) fn id(text: &str) -> MailMessageId {
    MailMessageId::new(text).expect("an id")
}

pub(crate) fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox::new(Some(name), address.parse().expect("an address"))
}

pub(crate) fn letter() -> Letter {
    let uuid = |text: &str| text.parse::<NoticeId>().expect("a UUID").uuid();
    Letter {
        notice: NoticeId::new(uuid(NOTICE)),
        ticket: Some(TicketId::new(uuid("0198c0de-0000-7000-8000-000000000002"))),
        kind: NoticeKind::Replied,
        message_id: id("n.1.abc@help.example.com"),
        from: mailbox("Help", "help@example.com"),
        reply_to: mailbox("Help", "help+t1.secret@example.com"),
        to: mailbox("Ada Lovelace", "ada@example.org"),
        subject: "[#7] Printer jam".to_owned(),
        text: "Hello Ada,\nplease open the flap.\n".to_owned(),
        html: "<p>Hello Ada,<br>please open the flap.</p>".to_owned(),
        in_reply_to: Some(id("first@example.org")),
        references: vec![id("first@example.org")],
        date: "2026-03-01T10:20:30Z".parse::<Timestamp>().expect("a time"),
        automatic: false,
        attachments: Vec::new(),
        loop_marker: "marker-of-this-desk".to_owned(),
    }
}

pub(crate) fn settings(sink: &Sink) -> SmtpSettings {
    let mut settings = SmtpSettings::new("127.0.0.1");
    settings.port = sink.address().port();
    settings.security = Security::None;
    settings.hello = Some("desk.example.com".to_owned());
    settings
}

pub(crate) fn notifier(settings: SmtpSettings) -> SmtpNotifier {
    SmtpNotifier::new(settings, Arc::new(Blobs::default())).expect("good settings")
}

/// Settings that give up at once when nothing answers.
pub(crate) fn impatient(sink: &Sink) -> SmtpSettings {
    let mut settings = settings(sink);
    settings.command_timeout = Duration::from_millis(50);
    settings.total_timeout = Duration::from_millis(200);
    settings
}

pub(crate) fn parsed(received: &Received) -> InboundMail {
    ticket_mail::read(&received.mail).expect("a mail")
}

/// The names of the header fields, those of the parts not included.
pub(crate) fn field_names(mail: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(mail);
    let header = text.split("\r\n\r\n").next().expect("a header").to_owned();
    header
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap_or_default().to_owned())
        .collect()
}
