//! What is passed on to the store as it is: everything but its settings.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::authority::Reach;
use ticket_core::notice::Notice;
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::port::{
    BlobStore, BlobWriter, CallLog, CallOutbox, CallSettlement, CallStatus, Claimed, ClaimedCall,
    ClaimedMail, Credential, Fence, Inventory, MailSettlement, MailSpool, NoticeStatus, Outbox,
    Reference, Sealed, Sessions, Settlement, SpooledMail, SpooledStatus, StoreError, Stray,
    TicketRepository, TicketSearch, Vault,
};
use ticket_core::query::{DueTest, Page, PageRequest, Query};
use ticket_core::ticket::{Digest, EventRecord, LinkKind, Thread, Ticket};
use ticket_core::value::{
    CallId, EmailAddress, NoticeId, PersonId, SpoolId, TicketId, TicketNumber, Timestamp, Version,
    WebhookKey,
};
use ticket_core::webhook::Call;

use super::Cached;

/// Passes the methods of a port on.
macro_rules! pass_on {
    ($port:ident { $(fn $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)+ }) => {
        #[async_trait]
        impl<T: $port + ?Sized> $port for Cached<T> {
            $(
                async fn $name(&self, $($arg: $type),*) -> Result<$out, StoreError> {
                    self.inner.$name($($arg),*).await
                }
            )+
        }
    };
}

pass_on!(TicketRepository {
    fn load(references: &[Reference]) -> Vec<Option<Ticket>>;
    fn thread(ticket: TicketId) -> Thread;
    fn history(ticket: TicketId, after: Option<Version>) -> Vec<EventRecord>;
    fn linking_to(ticket: TicketId) -> Vec<(TicketId, LinkKind)>;
    fn next_number() -> TicketNumber;
    fn receipt(key: &IdempotencyKey) -> Option<Receipt>;
    fn commit(plan: &Plan, key: Option<&IdempotencyKey>) -> Receipt;
});

pass_on!(TicketSearch {
    fn find(query: &Query, reach: &Reach, page: &PageRequest) -> Page<Ticket>;
    fn count(query: &Query, reach: &Reach, at_most: u32) -> u32;
    fn due(tests: &[DueTest], now: Timestamp, limit: u16) -> Vec<TicketId>;
});

pass_on!(Outbox {
    fn claim_notices(now: Timestamp, lease: Duration, limit: u16) -> Vec<Claimed>;
    fn settle_notice(id: NoticeId, fence: Fence, settlement: &Settlement) -> bool;
    fn notice(id: NoticeId) -> Option<NoticeStatus>;
    fn notices(ticket: TicketId) -> Vec<NoticeStatus>;
    fn mark_bounced(id: NoticeId, error: &str) -> bool;
    fn requeue_notice(id: NoticeId, now: Timestamp) -> bool;
    fn automatic_before(address: &EmailAddress, since: Timestamp, before: &Notice) -> u32;
});

pass_on!(CallOutbox {
    fn post_call(call: &Call) -> ();
    fn claim_calls(now: Timestamp, lease: Duration, wanted: &[(WebhookKey, u16)]) -> Vec<ClaimedCall>;
    fn settle_call(id: CallId, fence: Fence, settlement: &CallSettlement) -> bool;
    fn requeue_call(id: CallId, now: Timestamp) -> bool;
    fn end_calls(now: Timestamp, active: &[WebhookKey], error: &str) -> u64;
    fn forget_calls(known: &[WebhookKey], newest: u32, limit: u32) -> u64;
});

pass_on!(CallLog {
    fn call(id: CallId) -> Option<CallStatus>;
    fn calls(ticket: TicketId) -> Vec<CallStatus>;
    fn calls_to(webhook: &WebhookKey, before: Option<CallId>, limit: u16) -> Vec<CallStatus>;
});

pass_on!(Vault {
    fn sealed(names: &[String]) -> Vec<Sealed>;
    fn seal(name: &str, seen: u64, bytes: &[u8]) -> u64;
    fn forget_sealed(name: &str) -> bool;
});

pass_on!(MailSpool {
    fn accept_mail(mail: &SpooledMail) -> ();
    fn claim_mail(now: Timestamp, lease: Duration, limit: u16) -> Vec<ClaimedMail>;
    fn settle_mail(id: SpoolId, fence: Fence, settlement: &MailSettlement) -> bool;
    fn mail(id: SpoolId) -> Option<SpooledMail>;
    fn mail_status(id: SpoolId) -> Option<SpooledStatus>;
    fn quarantined_mail(before: Option<SpoolId>, limit: u16) -> Vec<SpooledStatus>;
    fn run_mail_again(id: SpoolId, now: Timestamp) -> bool;
});

pass_on!(BlobStore {
    fn new_blob() -> Box<dyn BlobWriter>;
    fn blob_size(digest: &Digest) -> Option<u64>;
    fn read_blob(digest: &Digest, offset: u64, limit: u32) -> Option<Vec<u8>>;
});

pass_on!(Sessions {
    fn issue(credential: &Credential) -> ();
    fn credential(digest: &Digest, now: Timestamp) -> Option<Credential>;
    fn credentials(person: &PersonId, now: Timestamp) -> Vec<Credential>;
    fn revoke(digest: &Digest) -> bool;
    fn revoke_all(person: &PersonId) -> u64;
});

pass_on!(Inventory {
    fn tickets_after(after: Option<TicketId>, limit: u16) -> Vec<TicketId>;
    fn strays() -> Vec<Stray>;
});
