//! What processes cost: memory and time on the processors, as Linux tells them.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many ticks Linux counts in a second, for programs.
const TICKS: f64 = 100.0;

/// How often memory is looked at.
const OFTEN: Duration = Duration::from_millis(100);

/// The memory of a process, watched until it ends.
#[derive(Debug, Clone)]
pub struct Memory {
    most_kib: Arc<AtomicU64>,
}

impl Memory {
    /// Watches a process from now on.
    pub fn of(process: u32) -> Self {
        let most_kib = Arc::new(AtomicU64::new(0));
        let most = Arc::clone(&most_kib);
        tokio::spawn(async move {
            while let Some(own) = own_kib(process) {
                most.fetch_max(own, Ordering::Relaxed);
                tokio::time::sleep(OFTEN).await;
            }
        });
        Self { most_kib }
    }

    /// The most memory of its own that it had, in MiB; pages of files, which the machine takes
    /// back when it needs them, are not counted.
    pub fn most_mib(&self) -> f64 {
        self.most_kib.load(Ordering::Relaxed) as f64 / 1_024.0
    }
}

fn own_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let own = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    own.split_whitespace().next()?.parse().ok()
}

/// How long a process kept processors busy until now, in seconds; 0 where nobody tells.
pub fn process_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    seconds(&stat).unwrap_or_default()
}

/// What all processes of `PostgreSQL` on this machine cost until now, in seconds on processors.
pub fn postgres_seconds() -> f64 {
    let Ok(processes) = fs::read_dir("/proc") else {
        return 0.0;
    };
    let stats = processes
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats
        .filter(|stat| stat.contains("(postgres)"))
        .filter_map(|stat| seconds(&stat))
        .sum()
}

/// The time on processors of a line of `/proc/…/stat`; the name in it may hold anything.
fn seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn memory_is_watched() {
        let memory = Memory::of(std::process::id());
        while memory.most_mib() == 0.0 {
            tokio::task::yield_now().await;
        }
        assert!(memory.most_mib() > 0.5);
    }

    #[test]
    fn the_time_of_a_process_is_read_whatever_its_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 9 9 20 0 1 0 5 6 7";
        assert_eq!(seconds(stat), Some(3.0));
        assert_eq!(seconds(""), None);
    }
}
