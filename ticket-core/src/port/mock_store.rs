//! A mock of all ports of a store at once, as a desk takes it.

use std::time::Duration;

use async_trait::async_trait;
use mockall::mock;

use super::{
    BlobStore, BlobWriter, CallLog, CallOutbox, CallSettlement, CallStatus, Claimed, ClaimedCall,
    ClaimedMail, Credential, Fence, Inventory, MailSettlement, MailSpool, NoticeStatus, Outbox,
    Reference, Sealed, Sessions, SettingsStore, Settlement, SpooledMail, SpooledStatus, StoreError,
    StoredSettings, Stray, TicketRepository, TicketSearch, Vault,
};
use crate::authority::Reach;
use crate::notice::Notice;
use crate::plan::{IdempotencyKey, Plan, Receipt};
use crate::query::{DueTest, Page, PageRequest, Query};
use crate::settings::Settings;
use crate::ticket::{Digest, EventRecord, LinkKind, Thread, Ticket};
use crate::value::{
    CallId, EmailAddress, NoticeId, PersonId, SpoolId, TicketId, TicketNumber, Timestamp, Version,
    WebhookKey,
};
use crate::webhook::Call;

mock! {
    /// A mock of a whole [`Store`](super::Store), for what no real one does on demand: a full disk, a
    /// conflict, a call that must not be made.
    #[derive(Debug)]
    pub Store {}

    #[async_trait]
    impl TicketRepository for Store {
        async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError>;
        async fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError>;
        async fn history(
            &self,
            ticket: TicketId,
            after: Option<Version>,
        ) -> Result<Vec<EventRecord>, StoreError>;
        async fn linking_to(
            &self,
            ticket: TicketId,
        ) -> Result<Vec<(TicketId, LinkKind)>, StoreError>;
        async fn next_number(&self) -> Result<TicketNumber, StoreError>;
        async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError>;
        // mockall wants a name for the lifetime inside of `Option`, and async_trait wants them all,
        // in its own order.
        async fn commit<'life0, 'life1, 'life2>(
            &'life0 self,
            plan: &'life1 Plan,
            key: Option<&'life2 IdempotencyKey>,
        ) -> Result<Receipt, StoreError>;
    }

    #[async_trait]
    impl TicketSearch for Store {
        async fn find(
            &self,
            query: &Query,
            reach: &Reach,
            page: &PageRequest,
        ) -> Result<Page<Ticket>, StoreError>;
        async fn count(
            &self,
            query: &Query,
            reach: &Reach,
            at_most: u32,
        ) -> Result<u32, StoreError>;
        async fn due(
            &self,
            tests: &[DueTest],
            now: Timestamp,
            limit: u16,
        ) -> Result<Vec<TicketId>, StoreError>;
    }

    #[async_trait]
    impl SettingsStore for Store {
        async fn settings(&self) -> Result<Option<StoredSettings>, StoreError>;
        async fn settings_generation(&self) -> Result<u64, StoreError>;
        async fn save_settings(&self, seen: u64, settings: &Settings) -> Result<u64, StoreError>;
    }

    #[async_trait]
    impl Outbox for Store {
        async fn claim_notices(
            &self,
            now: Timestamp,
            lease: Duration,
            limit: u16,
        ) -> Result<Vec<Claimed>, StoreError>;
        async fn settle_notice(
            &self,
            id: NoticeId,
            fence: Fence,
            settlement: &Settlement,
        ) -> Result<bool, StoreError>;
        async fn notice(&self, id: NoticeId) -> Result<Option<NoticeStatus>, StoreError>;
        async fn notices(&self, ticket: TicketId) -> Result<Vec<NoticeStatus>, StoreError>;
        async fn mark_bounced(&self, id: NoticeId, error: &str) -> Result<bool, StoreError>;
        async fn requeue_notice(&self, id: NoticeId, now: Timestamp) -> Result<bool, StoreError>;
        async fn automatic_before(
            &self,
            address: &EmailAddress,
            since: Timestamp,
            before: &Notice,
        ) -> Result<u32, StoreError>;
    }

    #[async_trait]
    impl CallOutbox for Store {
        async fn post_call(&self, call: &Call) -> Result<(), StoreError>;
        async fn claim_calls(
            &self,
            now: Timestamp,
            lease: Duration,
            wanted: &[(WebhookKey, u16)],
        ) -> Result<Vec<ClaimedCall>, StoreError>;
        async fn settle_call(
            &self,
            id: CallId,
            fence: Fence,
            settlement: &CallSettlement,
        ) -> Result<bool, StoreError>;
        async fn requeue_call(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError>;
        async fn end_calls(
            &self,
            now: Timestamp,
            active: &[WebhookKey],
            error: &str,
        ) -> Result<u64, StoreError>;
        async fn forget_calls(
            &self,
            known: &[WebhookKey],
            newest: u32,
            limit: u32,
        ) -> Result<u64, StoreError>;
    }

    #[async_trait]
    impl CallLog for Store {
        async fn call(&self, id: CallId) -> Result<Option<CallStatus>, StoreError>;
        async fn calls(&self, ticket: TicketId) -> Result<Vec<CallStatus>, StoreError>;
        async fn calls_to(
            &self,
            webhook: &WebhookKey,
            before: Option<CallId>,
            limit: u16,
        ) -> Result<Vec<CallStatus>, StoreError>;
    }

    #[async_trait]
    impl Vault for Store {
        async fn sealed(&self, names: &[String]) -> Result<Vec<Sealed>, StoreError>;
        async fn seal(&self, name: &str, seen: u64, bytes: &[u8]) -> Result<u64, StoreError>;
        async fn forget_sealed(&self, name: &str) -> Result<bool, StoreError>;
    }

    #[async_trait]
    impl MailSpool for Store {
        async fn accept_mail(&self, mail: &SpooledMail) -> Result<(), StoreError>;
        async fn claim_mail(
            &self,
            now: Timestamp,
            lease: Duration,
            limit: u16,
        ) -> Result<Vec<ClaimedMail>, StoreError>;
        async fn settle_mail(
            &self,
            id: SpoolId,
            fence: Fence,
            settlement: &MailSettlement,
        ) -> Result<bool, StoreError>;
        async fn mail(&self, id: SpoolId) -> Result<Option<SpooledMail>, StoreError>;
        async fn mail_status(&self, id: SpoolId) -> Result<Option<SpooledStatus>, StoreError>;
        async fn quarantined_mail(
            &self,
            before: Option<SpoolId>,
            limit: u16,
        ) -> Result<Vec<SpooledStatus>, StoreError>;
        async fn run_mail_again(&self, id: SpoolId, now: Timestamp) -> Result<bool, StoreError>;
    }

    #[async_trait]
    impl BlobStore for Store {
        async fn new_blob(&self) -> Result<Box<dyn BlobWriter>, StoreError>;
        async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError>;
        async fn read_blob(
            &self,
            digest: &Digest,
            offset: u64,
            limit: u32,
        ) -> Result<Option<Vec<u8>>, StoreError>;
    }

    #[async_trait]
    impl Sessions for Store {
        async fn issue(&self, credential: &Credential) -> Result<(), StoreError>;
        async fn credential(
            &self,
            digest: &Digest,
            now: Timestamp,
        ) -> Result<Option<Credential>, StoreError>;
        async fn credentials(
            &self,
            person: &PersonId,
            now: Timestamp,
        ) -> Result<Vec<Credential>, StoreError>;
        async fn revoke(&self, digest: &Digest) -> Result<bool, StoreError>;
        async fn revoke_all(&self, person: &PersonId) -> Result<u64, StoreError>;
    }

    #[async_trait]
    impl Inventory for Store {
        async fn tickets_after(
            &self,
            after: Option<TicketId>,
            limit: u16,
        ) -> Result<Vec<TicketId>, StoreError>;
        async fn strays(&self) -> Result<Vec<Stray>, StoreError>;
    }
}
