//! A desk in PostgreSQL, filled with whole lives of tickets.

use std::sync::Arc;
use std::time::Duration;

use benches::ceiling::Writer;
use benches::{Population, Stories, fill, settings_at_work};
use ticket_core::desk::Desk;
use ticket_core::mail::SigningKey;
use ticket_core::port::{Outbox, TicketRepository};
use ticket_core::value::{TenantId, Timestamp};
use ticket_postgres::PostgresOptions;
use uuid::Uuid;

#[tokio::test]
async fn a_filled_database_holds_together_and_has_nobody_to_tell() {
    let Some(url) = test_kit::database() else {
        return;
    };
    let schema = format!("fill_{}", Uuid::now_v7().simple());
    let options = PostgresOptions::new(&url)
        .schema(&schema)
        .deadline(Duration::from_secs(60));
    let store = options.connect().await.expect("a store");
    let desk = store.tenant(TenantId::default());
    let end = Timestamp::from_micros(1_790_000_000_000_000);
    let settings = settings_at_work().expect("settings");
    let population = Population::of(600).expect("people");
    let stories = Arc::new(Stories::new(settings, population, 600, end));

    fill(&desk, &stories, |_| {}).await.expect("filled");

    let (tickets, people) = (Arc::new(desk.clone()), Arc::new(desk.clone()));
    let whole = Desk::builder(tickets, people, SigningKey::new([7; 32])).build();
    let report = whole.verify().await.expect("verified");
    assert_eq!(report.checked.get("tickets"), Some(&600));
    assert!(report.checked["notices"] > 600, "{report:?}");
    assert_eq!(report.findings, []);
    let due = desk.claim_notices(end, Duration::from_secs(60), 10).await;
    assert_eq!(due.expect("claimed"), []);
    assert_eq!(desk.next_number().await.expect("a number").get(), 601);

    store.close().await;
    let mut writer = Writer::connect(&url).await.expect("connected");
    let drop = format!("DROP SCHEMA {schema} CASCADE");
    writer.run(drop).await.expect("dropped");
}
