//! The conformance suite on a decorator, and on decorators with a defect: it must see each.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::authority::{Reach, TeamReach};
use ticket_core::conformance::{StoreHarness, run};
use ticket_core::memory::MemoryStore;
use ticket_core::notice::Notice;
use ticket_core::plan::{IdempotencyKey, Plan, Receipt};
use ticket_core::port::{
    BlobStore, BlobWriter, CallLog, CallOutbox, CallSettlement, CallStatus, Claimed, ClaimedCall,
    ClaimedMail, Credential, Fence, Inventory, MailSettlement, MailSpool, NoticeStatus, Outbox,
    Reference, Sealed, Sessions, SettingsStore, Settlement, SpooledMail, SpooledStatus, Store,
    StoreError, StoredSettings, Stray, TicketRepository, TicketSearch, Vault,
};
use ticket_core::query::{DueTest, Page, PageRequest, Query};
use ticket_core::settings::Settings;
use ticket_core::ticket::{Digest, EventRecord, LinkKind, Thread, Ticket};
use ticket_core::value::{
    CallId, EmailAddress, NoticeId, PersonId, SpoolId, TenantId, TicketId, TicketNumber, Timestamp,
    Version, WebhookKey,
};
use ticket_core::webhook::Call;

/// What a decorator does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    None,
    AcceptsStaleVersions,
    ForgetsKeys,
    LosesNotices,
    KeepsRedactedText,
    LetsCustomersSearchNotes,
    CutsLists,
    IgnoresScope,
    IgnoresFences,
    MixesTenants,
    CutsMicroseconds,
    HandsOutEarly,
    LosesCalls,
    ForgetsTurns,
    HoldsUpWebhooks,
}

const DEFECTS: [Defect; 15] = [
    Defect::None,
    Defect::AcceptsStaleVersions,
    Defect::ForgetsKeys,
    Defect::LosesNotices,
    Defect::KeepsRedactedText,
    Defect::LetsCustomersSearchNotes,
    Defect::CutsLists,
    Defect::IgnoresScope,
    Defect::IgnoresFences,
    Defect::MixesTenants,
    Defect::CutsMicroseconds,
    Defect::HandsOutEarly,
    Defect::LosesCalls,
    Defect::ForgetsTurns,
    Defect::HoldsUpWebhooks,
];

/// A store that passes everything on, but for its defect.
struct Decorated {
    inner: MemoryStore,
    defect: Defect,
}

/// A world of decorated stores, by the place of their defect.
struct World<const DEFECT: usize>(MemoryStore);

#[async_trait]
impl<const DEFECT: usize> StoreHarness for World<DEFECT> {
    async fn fresh() -> Self {
        Self(MemoryStore::new())
    }

    async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
        let defect = DEFECTS[DEFECT];
        let inner = if defect == Defect::MixesTenants {
            self.0.clone()
        } else {
            self.0.tenant(tenant)
        };
        Arc::new(Decorated { inner, defect })
    }

    /// Another handle on the same records, as good as a restart for the cases.
    async fn reopen(&self) -> Option<Self> {
        Some(Self(self.0.clone()))
    }
}

ticket_core::conformance_tests!(store, tokio::test, World<0>);
ticket_core::conformance_tests!(blob_store, tokio::test, World<0>);
ticket_core::conformance_tests!(sessions, tokio::test, World<0>);

/// Runs a case and says whether it stopped at something.
macro_rules! is_seen {
    ($defect:ident by $($case:ident),+) => {{
        const PLACE: usize = Defect::$defect as usize;
        assert_eq!(DEFECTS[PLACE], Defect::$defect);
        $(
            let case = AssertUnwindSafe(run::store::$case::<World<PLACE>>());
            let ended = futures_util::FutureExt::catch_unwind(case).await;
            assert!(ended.is_err(), "{} does not see it", stringify!($case));
        )+
    }};
}

#[tokio::test]
async fn a_seeded_defect_is_seen() {
    is_seen!(AcceptsStaleVersions by a_stale_version_writes_nothing,
        of_concurrent_writers_one_wins_each_version, it_answers_like_the_reference);
    is_seen!(ForgetsKeys by a_key_replays_its_receipt,
        concurrent_commits_with_one_key_write_once, a_key_is_looked_at_before_the_version);
    is_seen!(LosesNotices by a_commit_puts_its_notices_in, it_answers_like_the_reference);
    is_seen!(KeepsRedactedText by a_redacted_message_is_empty_and_not_found,
        a_redacted_note_is_empty_and_not_found);
    is_seen!(LetsCustomersSearchNotes by a_customer_does_not_search_notes,
        lists_and_counts_agree_with_single_tickets);
    is_seen!(CutsLists by pages_are_in_order_without_gaps, the_last_page_says_so);
    is_seen!(IgnoresScope by lists_and_counts_agree_with_single_tickets);
    is_seen!(IgnoresFences by a_lost_lease_cannot_be_settled,
        a_claim_that_is_kept_is_not_handed_out, a_lost_lease_on_a_call_cannot_be_settled);
    is_seen!(MixesTenants by tenants_with_equal_ids_do_not_meet,
        nothing_of_a_tenant_is_seen_by_another);
    is_seen!(CutsMicroseconds by times_are_kept_to_the_microsecond);
    is_seen!(HandsOutEarly by a_notice_is_not_due_before_its_time,
        a_call_is_not_due_before_its_time);
    is_seen!(LosesCalls by a_commit_puts_its_calls_in, it_answers_like_the_reference);
    is_seen!(ForgetsTurns by a_webhook_hears_of_a_ticket_in_order,
        it_answers_like_the_reference);
    is_seen!(HoldsUpWebhooks by a_webhook_that_is_down_holds_up_no_other);
}

/// Passes the methods of a port on.
macro_rules! pass_on {
    ($port:ident { $(fn $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)+ }) => {
        #[async_trait]
        impl $port for Decorated {
            $(
                async fn $name(&self, $($arg: $type),*) -> Result<$out, StoreError> {
                    $port::$name(&self.inner, $($arg),*).await
                }
            )+
        }
    };
}

pass_on!(SettingsStore {
    fn settings() -> Option<StoredSettings>;
    fn settings_generation() -> u64;
    fn save_settings(seen: u64, settings: &Settings) -> u64;
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

#[async_trait]
impl TicketRepository for Decorated {
    async fn load(&self, references: &[Reference]) -> Result<Vec<Option<Ticket>>, StoreError> {
        let mut tickets = self.inner.load(references).await?;
        if self.defect == Defect::CutsMicroseconds {
            for ticket in tickets.iter_mut().flatten() {
                let due = ticket.due.map(Timestamp::micros);
                ticket.due = due.map(|due| Timestamp::from_micros(due / 1000 * 1000));
            }
        }
        Ok(tickets)
    }

    async fn thread(&self, ticket: TicketId) -> Result<Thread, StoreError> {
        self.inner.thread(ticket).await
    }

    async fn history(
        &self,
        ticket: TicketId,
        after: Option<Version>,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.inner.history(ticket, after).await
    }

    async fn linking_to(&self, ticket: TicketId) -> Result<Vec<(TicketId, LinkKind)>, StoreError> {
        self.inner.linking_to(ticket).await
    }

    async fn next_number(&self) -> Result<TicketNumber, StoreError> {
        self.inner.next_number().await
    }

    async fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Receipt>, StoreError> {
        self.inner.receipt(key).await
    }

    async fn commit(
        &self,
        plan: &Plan,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, StoreError> {
        let mut plan = plan.clone();
        if self.defect == Defect::AcceptsStaleVersions && plan.expected.is_some() {
            let stored = self.inner.load(&[Reference::Id(plan.ticket.id)]).await?;
            plan.expected = stored.into_iter().flatten().next().map(|own| own.version);
        }
        if self.defect == Defect::LosesNotices {
            plan.notices.clear();
        }
        let mut calls = Vec::new();
        if matches!(self.defect, Defect::LosesCalls | Defect::ForgetsTurns) {
            calls = std::mem::take(&mut plan.calls);
        }
        if self.defect == Defect::KeepsRedactedText {
            plan.redactions.clear();
        }
        let key = key.filter(|_| self.defect != Defect::ForgetsKeys);
        let receipt = self.inner.commit(&plan, key).await?;
        for call in calls.iter().filter(|_| self.defect == Defect::ForgetsTurns) {
            self.inner.post_call(call).await?;
        }
        Ok(receipt)
    }
}

impl Decorated {
    /// A reach that lets through what it must not, if that is the defect.
    fn reach(&self, reach: &Reach) -> Reach {
        match (self.defect, reach) {
            (Defect::IgnoresScope, Reach::Team(_))
            | (Defect::LetsCustomersSearchNotes, Reach::Customer(_)) => {
                Reach::Team(TeamReach::Everything)
            }
            _ => reach.clone(),
        }
    }
}

#[async_trait]
impl TicketSearch for Decorated {
    async fn find(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, StoreError> {
        let found = self.inner.find(query, &self.reach(reach), page).await?;
        let is_cut = self.defect == Defect::CutsLists;
        let next = found.next.filter(|_| !is_cut);
        Ok(Page { next, ..found })
    }

    async fn count(&self, query: &Query, reach: &Reach, at_most: u32) -> Result<u32, StoreError> {
        self.inner.count(query, &self.reach(reach), at_most).await
    }

    async fn due(
        &self,
        tests: &[DueTest],
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<TicketId>, StoreError> {
        self.inner.due(tests, now, limit).await
    }
}

#[async_trait]
impl CallOutbox for Decorated {
    async fn post_call(&self, call: &Call) -> Result<(), StoreError> {
        self.inner.post_call(call).await
    }

    async fn claim_calls(
        &self,
        now: Timestamp,
        lease: Duration,
        wanted: &[(WebhookKey, u16)],
    ) -> Result<Vec<ClaimedCall>, StoreError> {
        let early = self.defect == Defect::HandsOutEarly;
        let now = if early { Timestamp::MAX } else { now };
        let one = self.defect == Defect::HoldsUpWebhooks && wanted.len() > 1;
        let wanted = if one { &wanted[..1] } else { wanted };
        self.inner.claim_calls(now, lease, wanted).await
    }

    async fn settle_call(
        &self,
        id: CallId,
        fence: Fence,
        settlement: &CallSettlement,
    ) -> Result<bool, StoreError> {
        if self.defect == Defect::IgnoresFences {
            for newer in (1..10).map(Fence) {
                if self.inner.settle_call(id, newer, settlement).await? {
                    return Ok(true);
                }
            }
        }
        self.inner.settle_call(id, fence, settlement).await
    }

    async fn requeue_call(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.requeue_call(id, now).await
    }

    async fn end_calls(
        &self,
        now: Timestamp,
        active: &[WebhookKey],
        error: &str,
    ) -> Result<u64, StoreError> {
        self.inner.end_calls(now, active, error).await
    }

    async fn forget_calls(
        &self,
        known: &[WebhookKey],
        newest: u32,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.inner.forget_calls(known, newest, limit).await
    }
}

#[async_trait]
impl Outbox for Decorated {
    async fn claim_notices(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<Claimed>, StoreError> {
        let early = self.defect == Defect::HandsOutEarly;
        let now = if early { Timestamp::MAX } else { now };
        self.inner.claim_notices(now, lease, limit).await
    }

    async fn settle_notice(
        &self,
        id: NoticeId,
        fence: Fence,
        settlement: &Settlement,
    ) -> Result<bool, StoreError> {
        if self.defect == Defect::IgnoresFences {
            for newer in (1..10).map(Fence) {
                if self.inner.settle_notice(id, newer, settlement).await? {
                    return Ok(true);
                }
            }
        }
        self.inner.settle_notice(id, fence, settlement).await
    }

    async fn notice(&self, id: NoticeId) -> Result<Option<NoticeStatus>, StoreError> {
        self.inner.notice(id).await
    }

    async fn notices(&self, ticket: TicketId) -> Result<Vec<NoticeStatus>, StoreError> {
        self.inner.notices(ticket).await
    }

    async fn mark_bounced(&self, id: NoticeId, error: &str) -> Result<bool, StoreError> {
        self.inner.mark_bounced(id, error).await
    }

    async fn requeue_notice(&self, id: NoticeId, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.requeue_notice(id, now).await
    }

    async fn automatic_before(
        &self,
        address: &EmailAddress,
        since: Timestamp,
        before: &Notice,
    ) -> Result<u32, StoreError> {
        self.inner.automatic_before(address, since, before).await
    }
}
