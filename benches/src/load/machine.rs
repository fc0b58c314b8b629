//! What processes cost: memory and time on the processors, as Linux tells them.

use std::fs;

/// How many ticks Linux counts in a second, for programs.
const TICKS: f64 = 100.0;

/// What a process cost until now; zeroes where the machine does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// The most memory that it had, in MiB.
    pub peak_mib: f64,
    /// Time on processors, in seconds.
    pub seconds: f64,
}

/// What a process cost until now.
pub fn usage(process: u32) -> Usage {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    Usage {
        peak_mib: kib.unwrap_or_default() / 1_024.0,
        seconds: seconds(&stat).unwrap_or_default(),
    }
}

/// What all processes of PostgreSQL on this machine cost until now, in seconds on processors.
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

    #[test]
    fn the_time_of_a_process_is_read_whatever_its_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 9 9 20 0 1 0 5 6 7";
        assert_eq!(seconds(stat), Some(3.0));
        assert_eq!(seconds(""), None);
    }
}
