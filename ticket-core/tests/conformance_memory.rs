//! The conformance suite on the adapters in memory.

use std::sync::Arc;

use async_trait::async_trait;
use ticket_core::conformance::{
    DirectoryHarness, EventBusHarness, LookupHarness, LookupWorld, PresenceHarness,
    RateLimiterHarness, StoreHarness,
};
use ticket_core::desk::Separately;
use ticket_core::memory::{
    MemoryBus, MemoryDirectory, MemoryPresence, MemoryRateLimiter, MemoryStore,
};
use ticket_core::port::{EventBus, Presence, RateLimiter, Roster, Store};
use ticket_core::value::TenantId;

struct InMemory(MemoryStore);

#[async_trait]
impl StoreHarness for InMemory {
    async fn fresh() -> Self {
        Self(MemoryStore::new())
    }

    async fn tenant(&self, tenant: TenantId) -> Arc<dyn Store> {
        Arc::new(self.0.tenant(tenant))
    }

    async fn reopen(&self) -> Option<Self> {
        None
    }
}

ticket_core::conformance_tests!(store, tokio::test(flavor = "multi_thread"), InMemory);
ticket_core::conformance_tests!(blob_store, tokio::test, InMemory);
ticket_core::conformance_tests!(sessions, tokio::test, InMemory);

struct People;

#[async_trait]
impl DirectoryHarness for People {
    async fn fresh() -> Self {
        Self
    }

    async fn roster(&self) -> Arc<dyn Roster> {
        Arc::new(MemoryDirectory::new())
    }
}

ticket_core::conformance_tests!(directory, tokio::test, People);

struct Together(Arc<MemoryStore>, Arc<MemoryDirectory>);

#[async_trait]
impl LookupHarness for Together {
    async fn fresh() -> Self {
        Self(
            Arc::new(MemoryStore::new()),
            Arc::new(MemoryDirectory::new()),
        )
    }

    async fn world(&self) -> LookupWorld {
        let lookup = Separately::new(self.0.clone(), self.1.clone());
        LookupWorld {
            store: self.0.clone(),
            roster: self.1.clone(),
            lookup: Arc::new(lookup),
        }
    }
}

ticket_core::conformance_tests!(lookup, tokio::test, Together);

struct Limits;

#[async_trait]
impl RateLimiterHarness for Limits {
    async fn fresh() -> Self {
        Self
    }

    async fn limiter(&self) -> Arc<dyn RateLimiter> {
        Arc::new(MemoryRateLimiter::new())
    }
}

ticket_core::conformance_tests!(rate_limiter, tokio::test, Limits);

struct News;

#[async_trait]
impl EventBusHarness for News {
    async fn fresh() -> Self {
        Self
    }

    async fn bus(&self) -> Arc<dyn EventBus> {
        Arc::new(MemoryBus::new())
    }
}

ticket_core::conformance_tests!(event_bus, tokio::test, News);

struct Places;

#[async_trait]
impl PresenceHarness for Places {
    async fn fresh() -> Self {
        Self
    }

    async fn presence(&self) -> Arc<dyn Presence> {
        Arc::new(MemoryPresence::new())
    }
}

ticket_core::conformance_tests!(presence, tokio::test, Places);

#[cfg(test)]
mod listing {
    use std::collections::BTreeSet;

    use ticket_core::conformance::run;

    /// The cases in the files of the suite.
    fn written() -> BTreeSet<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance");
        let files = std::fs::read_dir(folder).expect("the suite's folder");
        let texts = files.map(|file| std::fs::read_to_string(file.expect("a file").path()));
        texts
            .flat_map(|text| {
                let text = text.expect("a source file");
                let cases = text.split("pub(super) async fn ").skip(1);
                let named = cases.filter_map(|rest| {
                    let (name, rest) = rest.split_once("<H: ")?;
                    let (_, rest) = rest.split_once("Harness>")?;
                    let rest: String = rest.split_whitespace().collect();
                    let is_case = ["(world:&H){", "(world:&H,){"]
                        .iter()
                        .any(|signature| rest.starts_with(signature));
                    is_case.then(|| name.to_owned())
                });
                named.collect::<Vec<String>>()
            })
            .collect()
    }

    /// The tests in this file, as the test runner lists them.
    fn stamped() -> BTreeSet<String> {
        let runner = std::env::current_exe().expect("this test");
        let listing = std::process::Command::new(runner).arg("--list").output();
        let listing = String::from_utf8(listing.expect("a list").stdout).expect("text");
        listing
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_case_is_listed_and_stamped() {
        let own = BTreeSet::from(["listing::every_case_is_listed_and_stamped".to_owned()]);
        let lists = [
            run::store::CASES,
            run::blob_store::CASES,
            run::sessions::CASES,
            run::directory::CASES,
            run::lookup::CASES,
            run::rate_limiter::CASES,
            run::event_bus::CASES,
            run::presence::CASES,
        ];
        let listed: BTreeSet<String> = lists.concat().into_iter().map(str::to_owned).collect();
        assert_eq!(listed.len(), lists.concat().len(), "no name is used twice");
        assert!(listed.len() > 90, "{} cases", listed.len());
        assert_eq!(written(), listed, "each case that is written is listed");
        assert_eq!(
            stamped(),
            &listed | &own,
            "each case that is listed is stamped"
        );
    }
}
