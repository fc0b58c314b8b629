//! Mocks stand in for every port.

use ticket_core::mock::{
    MockBlobStore, MockBlobWriter, MockCallLog, MockCallOutbox, MockClock, MockDirectory,
    MockEventBus, MockHostActions, MockIds, MockInventory, MockLookup, MockMailReader,
    MockMailSpool, MockNotifier, MockOutbox, MockPresence, MockRateLimiter, MockRoster,
    MockSessions, MockSettingsStore, MockSubjectResolver, MockSubscription, MockTicketRepository,
    MockTicketSearch, MockVault,
};
use ticket_core::port;
use ticket_core::value::TicketNumber;

#[tokio::test]
async fn a_mocked_repository_answers_through_the_port() {
    let mut mock = MockTicketRepository::new();
    mock.expect_load()
        .times(1)
        .returning(|references| Ok(vec![None; references.len()]));
    let number = TicketNumber::new(7).expect("a number");
    mock.expect_next_number().returning(move || Ok(number));
    let store: Box<dyn port::TicketRepository> = Box::new(mock);
    let reference = port::Reference::Number(number);
    assert_eq!(store.load(&[reference]).await.expect("loaded"), [None]);
    assert_eq!(store.next_number().await.expect("a number"), number);
}

#[tokio::test]
async fn a_mocked_roster_is_a_directory() {
    let mut mock = MockRoster::new();
    mock.expect_members().times(1).returning(|_| Ok(Vec::new()));
    let roster: Box<dyn port::Roster> = Box::new(mock);
    let queue = "support".parse().expect("a key");
    assert_eq!(roster.members(&queue).await.expect("read"), []);
}

#[test]
#[should_panic(expected = "Expectation(<anything>) called 0 time(s)")]
fn a_call_that_does_not_come_is_noticed() {
    let mut mock = MockNotifier::new();
    mock.expect_deliver().times(1).returning(|_| Ok(()));
    drop(mock);
}

/// Whoever adds a port adds a mock: each of these lines names both.
#[test]
fn every_port_has_a_mock() {
    let _: &dyn port::BlobStore = &MockBlobStore::new();
    let _: &dyn port::BlobWriter = &MockBlobWriter::new();
    let _: &dyn port::CallLog = &MockCallLog::new();
    let _: &dyn port::CallOutbox = &MockCallOutbox::new();
    let _: &dyn port::Clock = &MockClock::new();
    let _: &dyn port::Directory = &MockDirectory::new();
    let _: &dyn port::EventBus = &MockEventBus::new();
    let _: &dyn port::HostActions = &MockHostActions::new();
    let _: &dyn port::Ids = &MockIds::new();
    let _: &dyn port::Inventory = &MockInventory::new();
    let _: &dyn port::Lookup = &MockLookup::new();
    let _: &dyn port::MailReader = &MockMailReader::new();
    let _: &dyn port::MailSpool = &MockMailSpool::new();
    let _: &dyn port::Notifier = &MockNotifier::new();
    let _: &dyn port::Outbox = &MockOutbox::new();
    let _: &dyn port::Presence = &MockPresence::new();
    let _: &dyn port::RateLimiter = &MockRateLimiter::new();
    let _: &dyn port::Roster = &MockRoster::new();
    let _: &dyn port::Sessions = &MockSessions::new();
    let _: &dyn port::SettingsStore = &MockSettingsStore::new();
    let _: &dyn port::SubjectResolver = &MockSubjectResolver::new();
    let _: &dyn port::Subscription = &MockSubscription::new();
    let _: &dyn port::TicketRepository = &MockTicketRepository::new();
    let _: &dyn port::TicketSearch = &MockTicketSearch::new();
    let _: &dyn port::Vault = &MockVault::new();
}
