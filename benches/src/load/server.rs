//! `ticketd` as a process of its own.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The longest time until it serves.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that serves; it is killed if it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// Its process.
    pub process: u32,
}

/// Starts `ticketd serve` with rules, notices and a worker on a port that is free.
///
/// What it logs goes to the file `server.log` in its folder.
///
/// # Errors
/// When it does not serve in time.
pub async fn start(
    program: &Path,
    folder: &Path,
    environment: &[(&str, String)],
) -> Result<Server> {
    let log = File::create(folder.join("server.log"))?;
    let mut child = Command::new(program)
        .arg("--data")
        .arg(folder)
        .args(["--listen", "127.0.0.1:0", "serve"])
        .env(
            "TICKETD_SECRET_KEY",
            "the load generator's desk, for nobody's letters",
        )
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {}", program.display()))?;
    let process = child.id().context("it ended at once")?;
    let output = child.stdout.take().context("its output")?;
    let mut lines = BufReader::new(output).lines();
    let found = timeout(PATIENCE, async {
        while let Some(line) = lines.next_line().await? {
            if let Some(address) = line.trim().strip_prefix("Address:  http://") {
                return Ok(address.to_owned());
            }
        }
        bail!("it ended; {} says why", folder.join("server.log").display())
    });
    let address = found.await.context("it does not serve")??;
    // Whatever it prints later is read, so that it never waits for us.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Server {
        child,
        address,
        process,
    })
}

impl Server {
    /// Stops it, and waits until it has closed its store.
    ///
    /// # Errors
    /// When it can't be told or does not stop in time.
    pub async fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").arg(self.process.to_string()).status();
        if !told.await?.success() {
            bail!("the server can't be told to stop");
        }
        timeout(PATIENCE, self.child.wait())
            .await
            .context("the server does not stop")??;
        Ok(())
    }
}
