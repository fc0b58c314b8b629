//! `ticketd settings`: the settings as a file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use ticket_core::desk::DeskError;
use ticket_core::settings::{Settings, SettingsProblem};

use crate::cli::Options;
use crate::output::say;
use crate::wire;

/// Largest file, in bytes.
const FILE_MAX: u64 = 4 * 1024 * 1024;

/// `ticketd settings show`
pub(crate) async fn show(options: &Options) -> anyhow::Result<()> {
    let wired = wire::open(options).await?;
    let settings = wired.desk.settings().await?;
    let text = serde_json::to_string_pretty(settings.settings())?;
    wired.close().await;
    say(&format!("{text}\n"))
}

/// `ticketd settings check`
pub(crate) fn check(file: &Path) -> anyhow::Result<()> {
    let settings = read(file)?;
    settings
        .check()
        .map_err(|problems| listed(file, &problems))?;
    say("The settings hold together.\n")
}

/// `ticketd settings load`
pub(crate) async fn load(options: &Options, file: &Path) -> anyhow::Result<()> {
    let settings = read(file)?;
    let wired = wire::make(options).await?;
    let seen = wired.desk.store().settings_generation().await?;
    let saved = wired.desk.operating().save_settings(seen, settings).await;
    wired.close().await;
    match saved {
        Ok(generation) => say(&format!(
            "Saved as generation {generation}; a running server sees them within a second.\n"
        )),
        Err(DeskError::Settings(problems)) => Err(listed(file, &problems)),
        Err(error) => Err(error.into()),
    }
}

fn read(file: &Path) -> anyhow::Result<Settings> {
    let name = file.display();
    let size = fs::metadata(file)
        .with_context(|| format!("reading {name}"))?
        .len();
    if size > FILE_MAX {
        bail!("{name} has {size} bytes; at most 4 MiB are allowed");
    }
    let text = fs::read_to_string(file).with_context(|| format!("reading {name}"))?;
    match file.extension().and_then(|end| end.to_str()) {
        Some("toml") => toml::from_str(&text).with_context(|| format!("in {name}")),
        Some("json") => {
            let reader = &mut serde_json::Deserializer::from_str(&text);
            serde_path_to_error::deserialize(reader).with_context(|| format!("in {name}"))
        }
        _ => bail!("{name}: the name must end in .toml or .json"),
    }
}

fn listed(file: &Path, problems: &[SettingsProblem]) -> anyhow::Error {
    let mut text = format!("in {}:", file.display());
    for problem in problems {
        // Writing to a string does not fail.
        let _ = write!(text, "\n  {problem}");
    }
    anyhow::anyhow!(text)
}
