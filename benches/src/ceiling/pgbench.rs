//! Running `pgbench`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hdrhistogram::Histogram;
use tokio::process::Command;

use super::Script;

/// How many threads send statements.
const THREADS: usize = 2;
/// The longest time that is told apart: 60 seconds, in microseconds.
const LONGEST: u64 = 60_000_000;

/// How `pgbench` is run.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// The database, with what its sessions need.
    pub url: &'a str,
    /// How many connections.
    pub connections: usize,
    /// For how long.
    pub time: Duration,
}

/// Runs scripts, each as often as the others, and answers the times of their runs in microseconds,
/// with how many a second there were.
///
/// # Errors
/// When `pgbench` is missing or a statement fails.
pub async fn pgbench(bench: Bench<'_>, scripts: &[Script]) -> Result<(Histogram<u64>, f64)> {
    ensure!(!scripts.is_empty(), "there is no script");
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("pgbench");
    command
        .args(["--no-vacuum", "--protocol=prepared", "--log"])
        .arg(format!(
            "--log-prefix={}",
            folder.path().join("log").display()
        ))
        .arg(format!("--client={}", bench.connections))
        .arg(format!("--jobs={}", THREADS.min(bench.connections)))
        .arg(format!("--time={}", bench.time.as_secs().max(1)));
    for (place, script) in scripts.iter().enumerate() {
        let path = folder.path().join(format!("{place}.sql"));
        fs::write(&path, script.named(place))?;
        command.arg("--file").arg(path);
        for (name, value) in &script.variables {
            command.arg(format!("--define={}={value}", own(place, name)));
        }
    }
    let output = command
        .arg(bench.url)
        .output()
        .await
        .context("starting pgbench; on Debian it is in the package postgresql-contrib")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || wrong.contains("ERROR") {
        bail!("pgbench failed: {wrong}");
    }
    let rate = rate(&said).with_context(|| format!("the rate in {said}"))?;
    Ok((times(folder.path())?, rate))
}

/// The same name in two scripts must not mean the same variable.
fn own(place: usize, name: &str) -> String {
    format!("s{place}{name}")
}

impl Script {
    fn named(&self, place: usize) -> String {
        let names = self.variables.iter().map(|(name, _)| name);
        // Each stands before a cast, so v1 is not taken for the beginning of v10.
        names.fold(self.text.clone(), |text, name| {
            text.replace(&format!(":{name}::"), &format!(":{}::", own(place, name)))
        })
    }
}

fn rate(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The times of all runs: the third word of each line in each file of the log.
fn times(folder: &Path) -> Result<Histogram<u64>> {
    let mut times = Histogram::new_with_max(LONGEST, 3)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with("log") {
            continue;
        }
        for line in fs::read_to_string(entry.path())?.lines() {
            let time = line.split(' ').nth(2).and_then(|word| word.parse().ok());
            times.saturating_record(time.context("a time in the log of pgbench")?);
        }
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read() {
        let said = "latency average = 2.1 ms\ntps = 4105.25 (without initial connection time)\n";
        assert_eq!(rate(said), Some(4105.25));
        assert_eq!(rate("nothing"), None);
    }

    #[test]
    fn times_are_read_of_all_threads() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name, text| fs::write(folder.path().join(name), text).expect("written");
        write("log.7", "0 1 100 0 1790000000 5\n1 1 300 0 1790000000 9\n");
        write("log.7.1", "2 1 200 0 1790000000 5\n");
        write("0.sql", "SELECT 1;\n");
        let times = times(folder.path()).expect("read");
        assert_eq!((times.len(), times.value_at_quantile(0.5)), (3, 200));
    }

    #[test]
    fn variables_of_two_scripts_are_apart() {
        let script = Script {
            text: "SELECT :v1::text, :v10::text;".to_owned(),
            variables: vec![("v1".into(), "a".into()), ("v10".into(), "b".into())],
        };
        assert_eq!(script.named(3), "SELECT :s3v1::text, :s3v10::text;");
    }
}
