//! Filling a store with the lives of tickets, planned on all cores.

use std::ops::Range;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use ticket_core::plan::Plan;
use ticket_core::port::{Roster, SettingsStore};
use ticket_postgres::PostgresTenant;
use ticket_sqlite::SqliteTenant;

use crate::Stories;

/// How many tickets are written in one transaction.
const AT_ONCE: usize = 500;

/// A store that takes whole lives of tickets, whose notices were told long ago.
#[async_trait]
pub trait Import: Roster + SettingsStore {
    /// Writes them, all or none.
    async fn import(&self, lives: &[Plan]) -> Result<()>;

    /// How many transactions it writes at the same time.
    fn writers(&self) -> usize;
}

#[async_trait]
impl Import for SqliteTenant {
    async fn import(&self, lives: &[Plan]) -> Result<()> {
        Ok(Self::import(self, lives).await?)
    }

    fn writers(&self) -> usize {
        1
    }
}

#[async_trait]
impl Import for PostgresTenant {
    async fn import(&self, lives: &[Plan]) -> Result<()> {
        Ok(Self::import(self, lives).await?)
    }

    fn writers(&self) -> usize {
        2
    }
}

/// Saves the settings and people of a desk, and writes its tickets; `progress` hears how many more
/// are written.
///
/// # Errors
/// When the store fails, or has settings already.
pub async fn fill(
    store: &dyn Import,
    stories: &Arc<Stories>,
    progress: impl Fn(usize) + Sync,
) -> Result<()> {
    store
        .save_settings(0, stories.settings().settings())
        .await?;
    stories.population().save(store).await?;
    let progress = &progress;
    let tickets = stories.tickets();
    let last = ranges(tickets).last();
    let others = ranges(tickets).filter(|range| Some(range) != last.as_ref());
    // The largest numbers come first, so that a store reserves all of them at once.
    let ranges = last.clone().into_iter().chain(others);
    stream::iter(ranges.map(|range| told(stories, range)))
        .buffered(2 * store.writers())
        .map_ok(|lives| async move {
            store.import(&lives).await?;
            progress(lives.len());
            Ok(())
        })
        .try_buffer_unordered(store.writers())
        .try_collect()
        .await
}

/// The number that is written last.
pub(crate) fn written_last(tickets: usize) -> usize {
    let before = ranges(tickets).rev().nth(1);
    before.map_or(tickets, |range| range.end - 1)
}

fn ranges(tickets: usize) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let parts = 0..tickets.div_ceil(AT_ONCE);
    parts.map(move |part| part * AT_ONCE + 1..(part * AT_ONCE + AT_ONCE).min(tickets) + 1)
}

async fn told(stories: &Arc<Stories>, numbers: Range<usize>) -> Result<Vec<Plan>> {
    let stories = Arc::clone(stories);
    let tell = move || numbers.map(|number| stories.tell(number)).collect();
    tokio::task::spawn_blocking(tell).await?
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use ticket_core::desk::Desk;
    use ticket_core::mail::SigningKey;
    use ticket_core::port::{Outbox, TicketRepository};
    use ticket_core::value::{TenantId, Timestamp};
    use ticket_sqlite::SqliteStore;

    use super::*;
    use crate::{Population, settings_at_work};

    #[tokio::test]
    async fn a_filled_file_holds_together_and_has_nobody_to_tell() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("desk.sqlite")).await;
        let store = store.expect("a store").tenant(TenantId::default());
        let end = Timestamp::from_micros(1_790_000_000_000_000);
        let settings = settings_at_work().expect("settings");
        let population = Population::of(600).expect("people");
        let stories = Arc::new(Stories::new(settings, population, 600, end));

        let written = AtomicUsize::new(0);
        let progress = |more| {
            written.fetch_add(more, Ordering::Relaxed);
        };
        fill(&store, &stories, progress).await.expect("filled");

        assert_eq!(written.into_inner(), 600);
        let (tickets, people) = (Arc::new(store.clone()), Arc::new(store.clone()));
        let desk = Desk::builder(tickets, people, SigningKey::new([7; 32])).build();
        let report = desk.verify().await.expect("verified");
        assert_eq!(report.checked.get("tickets"), Some(&600));
        assert!(report.checked["notices"] > 600, "{report:?}");
        assert_eq!(report.findings, []);
        assert_eq!((written_last(600), written_last(20)), (500, 20));
        let due = store.claim_notices(end, Duration::from_secs(60), 10).await;
        assert_eq!(due.expect("claimed"), []);
        assert_eq!(store.next_number().await.expect("a number").get(), 601);
    }
}
