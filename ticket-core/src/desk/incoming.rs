//! A mail on its way to become a message.

use super::DeskError;
use crate::mail::{Decision, InboundMail, fingerprint};
use crate::plan::IdempotencyKey;
use crate::port::SpooledMail;
use crate::ticket::{Cause, MailOrigin};
use crate::value::{Body, QueueKey};

/// A mail on its way to become a message.
pub(super) struct Incoming<'a> {
    pub(super) mail: &'a SpooledMail,
    pub(super) inbound: &'a InboundMail,
    pub(super) decision: &'a Decision,
    pub(super) cause: Cause,
    pub(super) key: IdempotencyKey,
}

impl Incoming<'_> {
    pub(super) fn origin(&self) -> MailOrigin {
        MailOrigin {
            spool: self.mail.id,
            message_id: self.inbound.message_id.clone(),
            proof: self.decision.proof,
        }
    }
}

/// One effect for one mail, however often it is delivered.
pub(super) fn once(inbound: &InboundMail, queue: &QueueKey) -> IdempotencyKey {
    let fingerprint = fingerprint(inbound, queue);
    IdempotencyKey {
        scope: "mail".to_owned(),
        key: fingerprint.to_string(),
        fingerprint,
    }
}

/// Longest text of a mail that becomes a message, in bytes; the whole stays in the raw mail.
const TEXT_MAX: usize = 1024 * 1024;

/// The text and HTML of a mail; a text that is too long is cut, for the whole is kept raw.
pub(super) fn body(inbound: &InboundMail) -> Result<Body, DeskError> {
    let fits = inbound.text.len() <= TEXT_MAX;
    let html = inbound
        .html
        .as_deref()
        .filter(|html| html.len() <= TEXT_MAX);
    if fits {
        return Ok(Body::received(&inbound.text, html)?);
    }
    let end = inbound.text.floor_char_boundary(TEXT_MAX);
    let text = format!(
        "{}\n[…] The rest is in the mail as received.",
        &inbound.text[..end]
    );
    Ok(Body::received(&text, html)?)
}

/// What a delivery report says, in one line.
pub(super) fn reports(inbound: &InboundMail) -> String {
    let lines = inbound.reports.iter().map(|report| {
        let status = report.status.as_deref().unwrap_or_default();
        let diagnostic = report.diagnostic.as_deref().unwrap_or_default();
        format!("{} {status} {diagnostic}", report.action)
            .trim()
            .to_owned()
    });
    let line = lines.collect::<Vec<_>>().join("; ");
    if line.is_empty() {
        "came back".to_owned()
    } else {
        line.chars().take(500).collect()
    }
}
