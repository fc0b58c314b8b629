//! Guests: people without an account, known by their mailbox alone.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Caller, Desk, DeskError, Request, Secret, ShownTicket, lookup};
use crate::authority::{ActingPerson, Actor, TokenScope};
use crate::command::{Command, Open, Reply};
use crate::mail::MailMessageId;
use crate::notice::{Letter, NoticeKind, Words, plain_letter};
use crate::person::Role;
use crate::plan::{IdempotencyKey, Receipt};
use crate::port::{Credential, NotifyError, Purpose, Reference, StoreError, Verdict};
use crate::refusal::Refusal;
use crate::settings::GuestPolicy;
use crate::ticket::{Cause, Channel, Digest, Ticket};
use crate::value::{EmailAddress, Mailbox, NoticeId, PersonId, QueueKey, TicketId, TicketNumber};

/// How long a proof of a mailbox is worth something.
const PROOF_LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How long a link to a ticket is worth something.
const LINK_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How many secrets one mailbox is sent within an hour.
const SECRETS_AN_HOUR: u32 = 3;
/// The time in which they are counted.
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Whose a proof is: nobody's yet, for the mailbox may be nobody's in the directory.
const NOBODY: &str = "ticket: nobody";

/// A guest who came by a link: may read and answer one ticket, and nothing else.
#[derive(Debug)]
pub struct GuestAccess {
    caller: Caller,
    ticket: TicketId,
    digest: Digest,
}

impl GuestAccess {
    /// The ticket.
    ///
    /// # Errors
    /// Refused, when the guest takes part in it no more; or the store fails.
    pub async fn show(&self) -> Result<ShownTicket, DeskError> {
        self.caller.show_as_customer(self.ticket).await
    }

    /// Answers.
    ///
    /// # Errors
    /// Refused, when the guest takes part in it no more; or the store fails.
    pub async fn reply(&self, reply: impl Into<Reply>) -> Result<Receipt, DeskError> {
        let request = Request::new(self.ticket, Command::Reply(reply.into()));
        self.caller.perform(request).await
    }

    /// Makes the link worth nothing from now on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke(&self) -> Result<bool, DeskError> {
        Ok(self.caller.desk.ports.store.revoke(&self.digest).await?)
    }
}

impl Desk {
    /// Sends a secret to a mailbox, with which whoever reads it may open a ticket in the queue.
    ///
    /// `link` makes the address that the mail shows, of the secret as text.
    ///
    /// # Errors
    /// Refused, when guests are not admitted, there is no such queue, or the mailbox was sent too
    /// many; or it can't be sent now.
    pub async fn request_proof(
        &self,
        mailbox: &Mailbox,
        queue: &QueueKey,
        link: impl Fn(&str) -> String + Send,
    ) -> Result<(), DeskError> {
        let settings = self.settings().await?;
        if settings.settings().guests == GuestPolicy::Nobody {
            return Err(Refusal::GuestsNotAdmitted.into());
        }
        if settings.queue(queue).is_none() {
            return Err(Refusal::NotFound { what: "queue" }.into());
        }
        self.limit(&mailbox.address).await?;
        let purpose = Purpose::MailboxProof {
            address: mailbox.address.clone(),
        };
        let nobody = PersonId::new(NOBODY)?;
        let secret = self
            .issue(&nobody, purpose, "mailbox", PROOF_LIFETIME)
            .await?;
        let text = "With this you prove that the mailbox is yours. It is good for 30 minutes:";
        self.send_secret(
            mailbox,
            queue,
            None,
            &format!("{text}\n\n{}", link(&secret.reveal())),
        )
        .await
    }

    /// Opens a ticket for somebody who may have no account, over a channel other than mail.
    ///
    /// Where guests are admitted freely, anybody may open one in the name of an address: the
    /// message is attributed to its owner, who is told of it and can read it. Whoever wrote it
    /// sees nothing of the owner's, and can't tie it to another ticket.
    ///
    /// # Errors
    /// Refused, when guests are not admitted, or have to prove their mailbox first and the proof
    /// is missing, used, expired or for another mailbox; or the store fails.
    pub async fn open_as_guest(
        &self,
        mailbox: &Mailbox,
        open: Open,
        proof: Option<&str>,
        channel: Channel,
    ) -> Result<Receipt, DeskError> {
        let settings = self.settings().await?;
        let proof = match settings.settings().guests {
            GuestPolicy::Nobody => return Err(Refusal::GuestsNotAdmitted.into()),
            GuestPolicy::ByProof => Some(self.check_proof(mailbox, proof).await?),
            GuestPolicy::Freely => None,
        };
        let person = self.ports.directory.admit(mailbox).await?;
        let person = person.ok_or(Refusal::GuestsNotAdmitted)?;
        // A mailbox of the team opens nothing without its owner's account.
        let proven = proof.is_some();
        if person.role.is_staff() && !proven {
            return Err(Refusal::ProofRequired.into());
        }
        if !proven && !open.links.is_empty() {
            return Err(Refusal::ProofRequired.into());
        }
        let actor = self
            .actor_of(&person)
            .await?
            .ok_or(Refusal::GuestsNotAdmitted)?;
        // The key makes a proof good for one ticket; a refusal does not use it up.
        let key = proof.map(|digest| IdempotencyKey {
            scope: "proof".to_owned(),
            key: digest.to_string(),
            fingerprint: digest,
        });
        let cause = Cause::Request { channel };
        let receipt = self.open(&actor, &cause, &open, key.as_ref()).await?;
        if receipt.replayed {
            return Err(Refusal::ProofRequired.into());
        }
        Ok(receipt)
    }

    /// Sends a link to a ticket to somebody who takes part in it.
    ///
    /// Whoever asks learns nothing: the answer is the same when there is no such ticket, the
    /// mailbox has nothing to do with it, or the mail could not be sent.
    ///
    /// # Errors
    /// Refused, when the mailbox was sent too many; or nothing can be sent at all.
    pub async fn request_access(
        &self,
        address: &EmailAddress,
        number: TicketNumber,
        link: impl Fn(&str) -> String + Send,
    ) -> Result<(), DeskError> {
        if self.ports.notifier.is_none() {
            return Err(unavailable(NO_NOTIFIER.to_owned()));
        }
        self.limit(address).await?;
        let person = self.ports.directory.by_address(address).await?;
        let found = self.ports.store.load(&[Reference::Number(number)]).await?;
        let (Some(person), Some(ticket)) = (person, found.into_iter().next().flatten()) else {
            return Ok(());
        };
        if !person.active || !ticket.has_participant(&person.id) {
            return Ok(());
        }
        let purpose = Purpose::GuestLink { ticket: ticket.id };
        let secret = self
            .issue(&person.id, purpose, "link", LINK_LIFETIME)
            .await?;
        let mailbox = Mailbox::new(Some(&person.name), address.clone());
        let text = "With this you read and answer your request. It is good for 7 days:";
        let text = format!("{text}\n\n{}", link(&secret.reveal()));
        let sent = self
            .send_secret(&mailbox, &ticket.queue, Some(&ticket), &text)
            .await;
        if sent.is_err() {
            self.ports.store.revoke(&secret.digest()).await?;
        }
        Ok(())
    }

    /// Somebody who came by a link to a ticket; `None` when it is unknown, expired or revoked, or
    /// its owner may not act any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn guest(&self, secret: &str) -> Result<Option<GuestAccess>, DeskError> {
        let Some(holder) = self.holder(secret).await? else {
            return Ok(None);
        };
        let Credential {
            digest,
            person,
            purpose,
            ..
        } = holder.credential;
        let Purpose::GuestLink { ticket } = purpose else {
            return Ok(None);
        };
        // A link is worth what its owner is as a participant, not what else their role allows:
        // as such a customer, they see no ticket in which they don't take part.
        let owner = holder.standing.as_ref().and_then(lookup::actor);
        let actor = owner.map(|_| {
            Actor::Person(ActingPerson {
                id: person,
                role: Role::Customer,
                organization: None,
                shares: false,
                scopes: [TokenScope::TicketsWrite].into_iter().collect(),
            })
        });
        let cause = Cause::Request {
            channel: Channel::Web,
        };
        Ok(actor.map(|actor| {
            let caller = Caller {
                desk: self.clone(),
                actor,
                cause,
            };
            GuestAccess {
                caller,
                ticket,
                digest,
            }
        }))
    }

    async fn limit(&self, address: &EmailAddress) -> Result<(), DeskError> {
        let key = format!("secret:{}", address.normal());
        let now = self.ports.clock.now();
        match self
            .ports
            .limiter
            .allow(&key, SECRETS_AN_HOUR, HOUR, now)
            .await?
        {
            Verdict::Allowed => Ok(()),
            Verdict::Limited { retry_after } => {
                let retry_after_seconds = retry_after.as_secs().max(1);
                Err(Refusal::TooOften {
                    retry_after_seconds,
                }
                .into())
            }
        }
    }

    /// The digest of a proof that the mailbox is somebody's.
    async fn check_proof(
        &self,
        mailbox: &Mailbox,
        proof: Option<&str>,
    ) -> Result<Digest, DeskError> {
        let credential = match proof {
            Some(proof) => self.credential(proof).await?,
            None => None,
        };
        let digest = credential.and_then(|credential| match credential.purpose {
            Purpose::MailboxProof { address } if address == mailbox.address => {
                Some(credential.digest)
            }
            Purpose::MailboxProof { .. } | Purpose::ApiToken | Purpose::GuestLink { .. } => None,
        });
        Ok(digest.ok_or(Refusal::ProofRequired)?)
    }

    /// Sends a letter that holds a secret: at once and past the outbox, so that it is stored
    /// nowhere.
    async fn send_secret(
        &self,
        to: &Mailbox,
        queue: &QueueKey,
        ticket: Option<&Ticket>,
        text: &str,
    ) -> Result<(), DeskError> {
        let settings = self.settings().await?;
        let queue = settings
            .queue(queue)
            .ok_or(Refusal::NotFound { what: "queue" })?;
        let id = NoticeId::new(self.ports.ids.uuid());
        let kind = NoticeKind::Access;
        let wording = settings.settings().notices.wording.get(&kind).cloned();
        let values = BTreeMap::from([
            ("desk", settings.settings().name.clone()),
            ("queue", queue.name.clone()),
            (
                "number",
                ticket
                    .map(|ticket| ticket.number.to_string())
                    .unwrap_or_default(),
            ),
            (
                "subject",
                ticket
                    .map(|ticket| ticket.subject.to_string())
                    .unwrap_or_default(),
            ),
            ("requester", to.name.clone().unwrap_or_default()),
            ("author", settings.settings().name.clone()),
            ("status", String::new()),
        ]);
        let words = Words::of(&wording.unwrap_or_else(|| kind.default_wording()), &values);
        let (text, html) = plain_letter(&format!("{}\n\n{text}\n\n{}", words.intro, words.outro));
        let from = Mailbox::new(Some(&queue.name), queue.address.clone());
        let message_id = MailMessageId::new(&format!("{id}@{}", queue.address.domain()))?;
        let letter = Letter {
            notice: id,
            ticket: ticket.map(|ticket| ticket.id),
            kind,
            message_id,
            from: from.clone(),
            reply_to: from,
            to: to.clone(),
            subject: words.subject,
            text,
            html,
            in_reply_to: None,
            references: Vec::new(),
            date: self.ports.clock.now(),
            automatic: true,
            attachments: Vec::new(),
            loop_marker: self.ports.key.loop_marker(),
        };
        self.hand_over(&letter).await
    }

    async fn hand_over(&self, letter: &Letter) -> Result<(), DeskError> {
        let Some(notifier) = &self.ports.notifier else {
            return Err(unavailable(NO_NOTIFIER.to_owned()));
        };
        match notifier.deliver(letter).await {
            Ok(()) => Ok(()),
            Err(NotifyError::Later(error) | NotifyError::Never(error)) => Err(unavailable(error)),
        }
    }

    /// Makes a link to a ticket worth nothing from now on; `false` when it was already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_secret(&self, secret: &str) -> Result<bool, DeskError> {
        match secret.parse::<Secret>() {
            Ok(secret) => Ok(self.ports.store.revoke(&secret.digest()).await?),
            Err(_) => Ok(false),
        }
    }
}

/// What whoever asks for a secret is told when there is no way to send it.
const NO_NOTIFIER: &str = "no mail can be sent: there is no notifier";

const fn unavailable(detail: String) -> DeskError {
    DeskError::Store(StoreError::Unavailable {
        detail,
        retry_after: None,
        source: None,
    })
}
