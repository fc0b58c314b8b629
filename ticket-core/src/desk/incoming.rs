//! A mail on its way to become a message.

use crate::mail::{Decision, InboundMail, fingerprint};
use crate::plan::IdempotencyKey;
use crate::port::SpooledMail;
use crate::ticket::{Cause, MailOrigin};
use crate::value::{Line, NoticeId};

/// A mail on its way to become a message.
pub(super) struct Incoming<'a> {
    pub(super) mail: &'a SpooledMail,
    pub(super) inbound: &'a InboundMail,
    pub(super) decision: &'a Decision,
    /// The notices that it answers.
    pub(super) answered: &'a [NoticeId],
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
///
/// Devices send the same words again and again, without Message-ID and date: such mails are the
/// same only within an hour.
pub(super) fn once(inbound: &InboundMail, mail: &SpooledMail) -> IdempotencyKey {
    let fingerprint = fingerprint(inbound, &mail.queue);
    let key = if inbound.message_id.is_none() && inbound.date.is_none() {
        let hour = mail.received_at.micros().div_euclid(HOUR);
        format!("{fingerprint} {hour}")
    } else {
        fingerprint.to_string()
    };
    IdempotencyKey {
        scope: "mail".to_owned(),
        key,
        fingerprint,
    }
}

/// One hour in microseconds.
const HOUR: i64 = 60 * 60 * 1_000_000;

/// What a delivery report says, in one line.
pub(super) fn reports(inbound: &InboundMail) -> Line {
    let lines = inbound.reports.iter().map(|report| {
        let status = report.status.as_deref().unwrap_or_default();
        let diagnostic = report.diagnostic.as_deref().unwrap_or_default();
        format!("{} {status} {diagnostic}", report.action)
            .trim()
            .to_owned()
    });
    let line = lines.collect::<Vec<_>>().join("; ");
    if line.is_empty() {
        "came back".into()
    } else {
        line.into()
    }
}
