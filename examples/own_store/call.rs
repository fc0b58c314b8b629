//! The calls that write, as lines of the journal.

use std::time::Duration;

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ticket_core::memory::MemoryStore;
use ticket_core::notice::Notice;
use ticket_core::plan::{IdempotencyKey, Plan};
use ticket_core::port::{
    CallOutbox, CallSettlement, Credential, Fence, MailSettlement, MailSpool, Outbox, Sessions,
    SettingsStore, Settlement, SpooledMail, StoreError, TicketRepository, Vault,
};
use ticket_core::react::Trace;
use ticket_core::settings::Settings;
use ticket_core::ticket::{Digest, EventRecord, InternalNote, Posting, PublicMessage, Ticket};
use ticket_core::value::{
    CallId, NoticeId, PersonId, QueueKey, SpoolId, Timestamp, Version, WebhookKey,
};
use ticket_core::webhook::Call as WebhookCall;

/// A call that changed something; calls that changed nothing are not written.
#[derive(Serialize, Deserialize)]
pub(crate) enum Call {
    NextNumber,
    Commit(#[serde(with = "PlanLine")] Box<Plan>, Option<KeyLine>),
    ClaimNotices(Timestamp, Duration, u16),
    SettleNotice(NoticeId, Fence, Settlement),
    MarkBounced(NoticeId, String),
    RequeueNotice(NoticeId, Timestamp),
    PostCall(WebhookCall),
    ClaimCalls(Timestamp, Duration, Vec<(WebhookKey, u16)>),
    SettleCall(CallId, Fence, CallSettlement),
    RequeueCall(CallId, Timestamp),
    EndCalls(Timestamp, Vec<WebhookKey>, String),
    ForgetCalls(Vec<WebhookKey>, u32, u32),
    Seal(String, u64, #[serde(with = "base64")] Vec<u8>),
    ForgetSealed(String),
    AcceptMail(#[serde(with = "MailLine")] SpooledMail),
    ClaimMail(Timestamp, Duration, u16),
    SettleMail(SpoolId, Fence, MailSettlement),
    RunMailAgain(SpoolId, Timestamp),
    SaveSettings(u64, Box<Settings>),
    Issue(Credential),
    Revoke(Digest),
    RevokeAll(PersonId),
}

impl Call {
    /// Makes the call on a state that is as it was then, so its answer is the same, too.
    pub(crate) async fn again(self, state: &MemoryStore) -> Result<(), StoreError> {
        match self {
            Self::NextNumber => state.next_number().await.map(drop),
            Self::Commit(plan, key) => {
                let key = key.map(IdempotencyKey::from);
                state.commit(&plan, key.as_ref()).await.map(drop)
            }
            Self::ClaimNotices(now, lease, limit) => {
                state.claim_notices(now, lease, limit).await.map(drop)
            }
            Self::SettleNotice(id, fence, settlement) => {
                state.settle_notice(id, fence, &settlement).await.map(drop)
            }
            Self::MarkBounced(id, error) => state.mark_bounced(id, &error).await.map(drop),
            Self::RequeueNotice(id, now) => state.requeue_notice(id, now).await.map(drop),
            Self::PostCall(call) => state.post_call(&call).await,
            Self::ClaimCalls(now, lease, wanted) => {
                state.claim_calls(now, lease, &wanted).await.map(drop)
            }
            Self::SettleCall(id, fence, settlement) => {
                state.settle_call(id, fence, &settlement).await.map(drop)
            }
            Self::RequeueCall(id, now) => state.requeue_call(id, now).await.map(drop),
            Self::EndCalls(now, active, error) => {
                state.end_calls(now, &active, &error).await.map(drop)
            }
            Self::ForgetCalls(known, newest, limit) => {
                state.forget_calls(&known, newest, limit).await.map(drop)
            }
            Self::Seal(name, seen, bytes) => state.seal(&name, seen, &bytes).await.map(drop),
            Self::ForgetSealed(name) => state.forget_sealed(&name).await.map(drop),
            Self::AcceptMail(mail) => state.accept_mail(&mail).await,
            Self::ClaimMail(now, lease, limit) => {
                state.claim_mail(now, lease, limit).await.map(drop)
            }
            Self::SettleMail(id, fence, settlement) => {
                state.settle_mail(id, fence, &settlement).await.map(drop)
            }
            Self::RunMailAgain(id, now) => state.run_mail_again(id, now).await.map(drop),
            Self::SaveSettings(seen, settings) => {
                state.save_settings(seen, &settings).await.map(drop)
            }
            Self::Issue(credential) => state.issue(&credential).await,
            Self::Revoke(digest) => state.revoke(&digest).await.map(drop),
            Self::RevokeAll(person) => state.revoke_all(&person).await.map(drop),
        }
    }
}

/// How a plan is written. The trace of its rules is for dry runs and not part of what is stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Plan")]
struct PlanFields {
    ticket: Ticket,
    expected: Option<Version>,
    events: Vec<EventRecord>,
    messages: Vec<PublicMessage>,
    notes: Vec<InternalNote>,
    redactions: Vec<Posting>,
    notices: Vec<Notice>,
    calls: Vec<WebhookCall>,
    #[serde(skip)]
    trace: Vec<Trace>,
}

/// The same in a box.
struct PlanLine;

impl PlanLine {
    #[expect(clippy::borrowed_box, reason = "serde hands over the field as it is")]
    fn serialize<S: Serializer>(plan: &Box<Plan>, serializer: S) -> Result<S::Ok, S::Error> {
        PlanFields::serialize(plan, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Plan>, D::Error> {
        PlanFields::deserialize(deserializer).map(Box::new)
    }
}

/// How a raw mail is written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "SpooledMail")]
struct MailLine {
    id: SpoolId,
    queue: QueueKey,
    received_at: Timestamp,
    #[serde(with = "base64")]
    raw: Vec<u8>,
}

/// How an idempotency key is written.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyLine {
    scope: String,
    key: String,
    fingerprint: Digest,
}

impl From<IdempotencyKey> for KeyLine {
    fn from(key: IdempotencyKey) -> Self {
        Self {
            scope: key.scope,
            key: key.key,
            fingerprint: key.fingerprint,
        }
    }
}

impl From<KeyLine> for IdempotencyKey {
    fn from(line: KeyLine) -> Self {
        Self {
            scope: line.scope,
            key: line.key,
            fingerprint: line.fingerprint,
        }
    }
}

mod base64 {
    use super::{BASE64, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64
            .decode(text.as_bytes())
            .map_err(serde::de::Error::custom)
    }
}
