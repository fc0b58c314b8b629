//! Where the time goes: samples of all processors by `perf`, while an operation is measured.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::{Child, Command};

/// Samples a second on each processor; not a round number, so that nothing runs in step with it.
const FREQUENCY: &str = "499";
/// The least share of the time that is worth a line, in percent.
const LEAST: &str = "0.4";

/// Samples that are being taken.
#[derive(Debug)]
pub struct Profile {
    perf: Child,
    data: PathBuf,
}

impl Profile {
    /// Takes samples of everything that runs on the machine, for some time.
    ///
    /// # Errors
    /// When `perf` is missing.
    pub fn start(folder: &Path, operation: &str, time: Duration) -> Result<Self> {
        let name: String = operation
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let data = folder.join(format!("{name}.perf"));
        let perf = Command::new("perf")
            .args(["record", "--all-cpus", "--freq", FREQUENCY, "--output"])
            .arg(&data)
            .args(["--", "sleep"])
            .arg(time.as_secs_f64().to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting perf; on Debian it is in the package linux-perf")?;
        Ok(Self { perf, data })
    }

    /// Waits until all samples are taken, and writes what took most time, by program and by
    /// function; answers the file.
    ///
    /// # Errors
    /// When `perf` may not look at the machine: `kernel.perf_event_paranoid` says who may.
    pub async fn finish(mut self) -> Result<PathBuf> {
        let ended = self.perf.wait().await?;
        ensure!(ended.success(), "perf took no samples; try it as root");
        let mut text = self.report("comm").await?;
        text.push_str(&self.report("comm,dso,symbol").await?);
        let path = self.data.with_extension("txt");
        std::fs::write(&path, text)?;
        std::fs::remove_file(&self.data)?;
        Ok(path)
    }

    async fn report(&self, by: &str) -> Result<String> {
        let output = Command::new("perf")
            .args([
                "report",
                "--stdio",
                "--percent-limit",
                LEAST,
                "--sort",
                by,
                "--input",
            ])
            .arg(&self.data)
            .stderr(Stdio::null())
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let lines = said
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(lines.map(|line| format!("{}\n", line.trim_end())).collect())
    }
}
