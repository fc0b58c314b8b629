//! Mail in: stored first, understood later, once.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use serde::{Deserialize, Serialize};

use super::incoming::{Incoming, once, reports};
use super::{Desk, DeskError, Request};
use crate::authority::Actor;
use crate::command::{Command, Note, Open, Reply};
use crate::mail::{
    Answer, Decision, Facts, Found, InboundMail, Outcome, Quarantine, answer, clues, decide_mail,
    wants_silence,
};
use crate::notice::Content;
use crate::person::Person;
use crate::plan::Receipt;
use crate::port::{ClaimedMail, Happening, MailReader, MailSettlement, SpooledMail};
use crate::settings::CheckedSettings;
use crate::ticket::{Attachment, Cause, Link, LinkKind, Posting};
use crate::value::{Body, EmailAddress, Line, NoticeId, PersonId, QueueKey, SpoolId, Subject};

/// After how many failed attempts a mail is kept aside.
const ATTEMPTS: u32 = 5;
/// After how many attempts of any kind, those included that a crash ended or that failed because
/// a store could not be reached: about a day.
const ENDLESS: u32 = 25;

/// What became of a batch of spooled mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Processed {
    /// Became a message or note.
    pub done: u32,
    /// Were kept aside.
    pub quarantined: u32,
    /// Failed and are tried again.
    pub retried: u32,
}

impl Processed {
    /// Whether there was nothing to do.
    pub const fn is_idle(&self) -> bool {
        self.done == 0 && self.quarantined == 0 && self.retried == 0
    }
}

impl Desk {
    /// Stores a raw mail for a queue; durable when it returns. [`Self::process_mail`] does the
    /// rest, so whoever brought the mail may be told at once that it was taken.
    ///
    /// # Errors
    /// When the store fails: then it was not taken.
    pub async fn accept_mail(&self, queue: QueueKey, raw: Vec<u8>) -> Result<SpoolId, DeskError> {
        let id = SpoolId::new(self.ports.ids.uuid());
        let received_at = self.ports.clock.now();
        self.ports
            .store
            .accept_mail(&SpooledMail {
                id,
                queue,
                received_at,
                raw,
            })
            .await?;
        self.ports.bus.publish(Happening::MailAccepted).await;
        Ok(id)
    }

    /// Turns at most `limit` spooled mails into messages, or keeps them aside.
    ///
    /// Each ends as exactly one message or note, or in quarantine, whatever happens meanwhile;
    /// the same mail delivered twice has one effect. Without a mail reader they wait.
    ///
    /// # Errors
    /// When the store fails; nothing is lost, call again later.
    pub async fn process_mail(&self, limit: u16) -> Result<Processed, DeskError> {
        let mut processed = Processed::default();
        let Some(reader) = &self.ports.mail_reader else {
            return Ok(processed);
        };
        for _ in 0..limit {
            // One at a time: a mail that ends the process takes no other with it.
            let now = self.ports.clock.now();
            // One who is slow is harmlessly overtaken: the same mail twice has one effect.
            let lease = self.ports.lease;
            let claimed = self.ports.store.claim_mail(now, lease, 1).await?;
            let Some(claimed) = claimed.into_iter().next() else {
                break;
            };
            self.ports.claims.take_mail(claimed.mail.id, claimed.fence);
            let settlement = self.attempt_mail(&claimed, &**reader).await;
            match &settlement {
                MailSettlement::Done { .. } => processed.done += 1,
                MailSettlement::Quarantined { .. } => processed.quarantined += 1,
                MailSettlement::Retry { .. } => processed.retried += 1,
            }
            let ClaimedMail { mail, fence, .. } = &claimed;
            let settled = self
                .ports
                .store
                .settle_mail(mail.id, *fence, &settlement)
                .await;
            self.ports.claims.drop_mail(mail.id);
            settled?;
        }
        Ok(processed)
    }

    /// Lets a quarantined mail be processed again; `false` when there is none of this id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_mail_again(&self, id: SpoolId) -> Result<bool, DeskError> {
        let again = self
            .ports
            .store
            .run_mail_again(id, self.ports.clock.now())
            .await?;
        if again {
            self.ports.bus.publish(Happening::MailAccepted).await;
        }
        Ok(again)
    }

    async fn attempt_mail(&self, claimed: &ClaimedMail, reader: &dyn MailReader) -> MailSettlement {
        if claimed.attempt > ENDLESS {
            // Attempts are counted before they are made: none of them came to an end.
            return self.failed(claimed, "processing it never came to an end", false);
        }
        let understood = AssertUnwindSafe(self.understand(&claimed.mail, reader));
        match understood.catch_unwind().await {
            Ok(Ok(settlement)) => settlement,
            Ok(Err(error)) => {
                let passes = matches!(&error, DeskError::Store(fault) if fault.is_retryable());
                self.failed(claimed, &error.to_string(), passes)
            }
            Err(_) => self.failed(claimed, "a bug: processing it panicked", false),
        }
    }

    /// A mail is kept aside after some attempts; a store that can't be reached is not its fault.
    fn failed(&self, claimed: &ClaimedMail, error: &str, passes: bool) -> MailSettlement {
        if claimed.attempt >= ATTEMPTS && !passes {
            let reason = Quarantine::Failed {
                detail: error.into(),
            };
            return MailSettlement::Quarantined {
                reason,
                decision: None,
            };
        }
        let wait = Duration::from_secs(5 << claimed.attempt.min(10));
        MailSettlement::Retry {
            at: self.ports.clock.now().plus(wait),
            error: error.into(),
        }
    }

    /// Understands one mail and does what it asks for.
    async fn understand(
        &self,
        mail: &SpooledMail,
        reader: &dyn MailReader,
    ) -> Result<MailSettlement, DeskError> {
        let quarantined = |reason, decision| MailSettlement::Quarantined { reason, decision };
        let inbound = match reader.read(&mail.raw) {
            Ok(inbound) => inbound,
            Err(detail) => {
                return Ok(quarantined(
                    Quarantine::Unreadable {
                        detail: detail.into(),
                    },
                    None,
                ));
            }
        };
        let settings = self.settings().await?;
        if settings.queue(&mail.queue).is_none() {
            return Ok(quarantined(Quarantine::NoSuchQueue, None));
        }
        let (decision, sender, answered) = self.decide_mail(mail, &inbound, &settings).await?;
        if let Outcome::Quarantined { reason } = &decision.outcome {
            return Ok(quarantined(reason.clone(), Some(decision)));
        }
        let incoming = Incoming {
            mail,
            inbound: &inbound,
            decision: &decision,
            answered: &answered,
            cause: Cause::Mail { spool: mail.id },
            key: once(&inbound, mail),
        };
        let receipt = match self.act(&incoming, sender).await {
            Ok(Some(receipt)) => receipt,
            Ok(None) => return Ok(quarantined(Quarantine::GuestsNotAdmitted, Some(decision))),
            Err(DeskError::Refused(refusal)) => {
                let detail = format!("{}: {refusal}", refusal.code()).into();
                return Ok(quarantined(Quarantine::Refused { detail }, Some(decision)));
            }
            Err(error) => return Err(error),
        };
        Ok(match receipt.posting {
            Some(posting) => MailSettlement::Done {
                ticket: receipt.ticket,
                posting,
                decision,
            },
            None => {
                let detail = "no message came of it".into();
                quarantined(Quarantine::Refused { detail }, Some(decision))
            }
        })
    }

    async fn decide_mail(
        &self,
        mail: &SpooledMail,
        inbound: &InboundMail,
        settings: &CheckedSettings,
    ) -> Result<(Decision, Option<Person>, Vec<NoticeId>), DeskError> {
        let queues = &settings.settings().queues;
        let ours: Vec<EmailAddress> = queues.iter().map(|queue| queue.address.clone()).collect();
        let clues = clues(inbound, &self.ports.key, &ours);
        let references = clues.references();
        let tickets = self.ports.store.load(&references).await?;
        let sender = match &inbound.from {
            Some(from) => self.ports.directory.by_address(&from.address).await?,
            None => None,
        };
        let mut recipients: Vec<PersonId> = Vec::new();
        for address in clues.recipients() {
            let person = self.ports.directory.by_address(address).await?;
            recipients.extend(person.map(|person| person.id));
        }
        let decision = decide_mail(
            inbound,
            &clues,
            &Facts {
                sender: sender.as_ref(),
                recipients: &recipients,
                tickets: &Found::new(references, tickets),
                settings: settings.settings(),
                key: &self.ports.key,
                queue: &mail.queue,
            },
        );
        Ok((decision, sender, clues.answered().collect()))
    }

    /// Does what a mail was taken for; `None` when its sender is not admitted.
    async fn act(
        &self,
        incoming: &Incoming<'_>,
        sender: Option<Person>,
    ) -> Result<Option<Receipt>, DeskError> {
        let Incoming {
            inbound, decision, ..
        } = incoming;
        if let Outcome::Bounces {
            ticket,
            notice,
            person,
        } = &decision.outcome
        {
            let note = self.note_of(incoming).await?;
            let failed = reports(inbound);
            let command = Command::RecordBounce {
                notice: *notice,
                person: person.clone(),
                note,
            };
            let request = Request::new(*ticket, command).once(incoming.key.clone());
            let receipt = self
                .perform(&Actor::System, &incoming.cause, request)
                .await?;
            self.ports.store.mark_bounced(*notice, &failed).await?;
            return Ok(Some(receipt));
        }
        let Some(actor) = self.writer(inbound, sender).await? else {
            return Ok(None);
        };
        match &decision.outcome {
            Outcome::Joins { ticket } => {
                let command = self.answer_of(incoming, &actor).await?;
                let request = Request::new(*ticket, command).once(incoming.key.clone());
                self.perform(&actor, &incoming.cause, request)
                    .await
                    .map(Some)
            }
            Outcome::Opens { related } => {
                let mut open = self.open_of(incoming).await?;
                let links = related.iter().map(|to| Link {
                    kind: LinkKind::Relates,
                    to: *to,
                });
                open.links.extend(links);
                let key = Some(&incoming.key);
                self.open(&actor, &incoming.cause, &open, key)
                    .await
                    .map(Some)
            }
            Outcome::Bounces { .. } | Outcome::Quarantined { .. } => Ok(None),
        }
    }

    /// Who wrote it: somebody of the directory, or a guest who is admitted now.
    async fn writer(
        &self,
        inbound: &InboundMail,
        sender: Option<Person>,
    ) -> Result<Option<Actor>, DeskError> {
        let sender = match (sender, &inbound.from) {
            (Some(sender), _) => Some(sender),
            (None, Some(from)) => self.ports.directory.admit(from).await?,
            (None, None) => None,
        };
        match sender {
            Some(sender) => self.actor_of(&sender).await,
            None => Ok(None),
        }
    }

    /// What an answer says, and to whom.
    async fn answer_of(
        &self,
        incoming: &Incoming<'_>,
        actor: &Actor,
    ) -> Result<Command, DeskError> {
        let by_team = actor
            .as_person()
            .is_some_and(|person| person.role.is_staff());
        let shows_note = by_team && self.show_note(incoming.answered).await?;
        let by_machine = incoming.decision.machine.is_some();
        let attachments = self.attachments(incoming.inbound).await?;
        let mail = Some(incoming.origin());
        Ok(
            match answer(incoming.inbound, by_team, shows_note, by_machine)? {
                Answer::Public(body) => Command::Reply(Reply {
                    body,
                    attachments,
                    mail,
                    automatic: by_machine,
                }),
                Answer::Note(body) => {
                    let mut note = Note::from(body);
                    note.attachments = attachments;
                    note.mail = mail;
                    Command::Note(note)
                }
            },
        )
    }

    /// Whether one of these notices shows a note; without any, what is answered is not known, and
    /// it might.
    async fn show_note(&self, notices: &[NoticeId]) -> Result<bool, DeskError> {
        if notices.is_empty() {
            return Ok(true);
        }
        for notice in notices {
            let status = self.ports.store.notice(*notice).await?;
            let shows = status.is_some_and(|status| match status.notice.content {
                Content::Team(content) => matches!(content.posting, Some(Posting::Note(_))),
                Content::Customer(_) => false,
            });
            if shows {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn note_of(&self, incoming: &Incoming<'_>) -> Result<Note, DeskError> {
        let mut note = Note::from(body(incoming.inbound)?);
        note.attachments = self.attachments(incoming.inbound).await?;
        note.mail = Some(incoming.origin());
        Ok(note)
    }

    async fn open_of(&self, incoming: &Incoming<'_>) -> Result<Open, DeskError> {
        let subject = Subject::from_mail(&incoming.inbound.subject);
        let mut open = Open::new(
            incoming.mail.queue.clone(),
            subject,
            body(incoming.inbound)?,
        );
        open.attachments = self.attachments(incoming.inbound).await?;
        open.mail = Some(incoming.origin());
        open.automatic = incoming.decision.machine.is_some() || wants_silence(incoming.inbound);
        Ok(open)
    }

    async fn attachments(&self, inbound: &InboundMail) -> Result<Vec<Attachment>, DeskError> {
        let mut attachments = Vec::with_capacity(inbound.parts.len());
        for part in &inbound.parts {
            let mut blob = self.ports.store.new_blob().await?;
            blob.write(&part.bytes).await?;
            let (digest, size) = blob.finish().await?;
            attachments.push(Attachment {
                name: part.name.as_str().into(),
                media_type: part.media_type.as_str().into(),
                size,
                digest,
                content_id: part.content_id.as_deref().map(Line::new),
            });
        }
        Ok(attachments)
    }
}

/// All that a mail says.
fn body(inbound: &InboundMail) -> Result<Body, DeskError> {
    Ok(Body::received(&inbound.text, inbound.html.as_deref())?)
}
