//! How the database runs the statements that the server says: plans as `auto_explain` logs them,
//! those inside functions too.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// As the sessions of the store are set, and every plan is told.
const SESSION: &str = "\
    SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off; \
    LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; \
    SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on; \
    SET auto_explain.log_timing = off; SET auto_explain.log_nested_statements = on; \
    SET client_min_messages = log;\n";

/// Longest text of a statement that is written out, in characters.
const SHOWN: usize = 400;
/// How much is repeated of a statement that was written out before, in characters.
const AGAIN: usize = 60;

/// A plan: what was asked, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The statement, on one line.
    pub sql: String,
    /// How long it took, in milliseconds.
    pub milliseconds: String,
    /// The lines of the plan.
    pub plan: Vec<String>,
}

impl Planned {
    /// Whether a table is read from end to end.
    pub fn reads_all(&self) -> bool {
        self.plan.iter().any(|line| line.contains("Seq Scan on"))
    }
}

/// Runs statements once to have all pages in memory and once more to see their plans, and undoes
/// what they write.
///
/// # Errors
/// When `psql` is missing or a statement fails.
pub async fn plans(url: &str, statements: &str) -> Result<Vec<Planned>> {
    let mut said = String::new();
    for begin in ["", SESSION] {
        let script = format!("{begin}BEGIN;\n{statements}ROLLBACK;\n");
        said = psql(url, &script).await?;
    }
    Ok(read(&said))
}

async fn psql(url: &str, script: &str) -> Result<String> {
    let mut psql = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting psql; on Debian it is in the package postgresql-client")?;
    let mut input = psql.stdin.take().context("its input")?;
    input.write_all(script.as_bytes()).await?;
    drop(input);
    let output = psql.wait_with_output().await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "psql failed: {said}");
    Ok(said)
}

/// The plans in a log, in the order in which statements ended.
fn read(log: &str) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    for line in log.lines() {
        if let Some((_, rest)) = line.split_once("LOG:  duration: ") {
            let milliseconds = rest.split(' ').next().unwrap_or_default().to_owned();
            planned.push(Planned {
                sql: String::new(),
                milliseconds,
                plan: Vec::new(),
            });
        } else if let Some(last) = planned.last_mut() {
            if let Some(text) = line.strip_prefix("Query Text: ") {
                last.sql.push_str(text);
            } else if last.plan.is_empty() && !line.contains("(cost=") {
                last.sql.push(' ');
                last.sql.push_str(line.trim());
            } else if !line.starts_with("CONTEXT:") && !line.starts_with("SQL statement") {
                last.plan.push(line.to_owned());
            }
        }
    }
    for own in &mut planned {
        own.sql = on_one_line(&own.sql);
    }
    planned.retain(|own| !own.plan.is_empty() && own.sql != "ROLLBACK;");
    planned
}

fn on_one_line(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    // The text of a prepared statement has the words that prepared it before it.
    let own = words
        .strip_prefix("PREPARE ")
        .and_then(|own| own.split_once(" AS "));
    own.map_or_else(|| words.clone(), |(_, own)| own.to_owned())
}

fn shortened(sql: &str) -> String {
    match sql.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", &sql[..end]),
        None => sql.to_owned(),
    }
}

/// Writes plans down for people to read; `seen` holds the statements that were told before.
pub fn written(
    operation: &str,
    round_trips: f64,
    planned: &[Planned],
    seen: &mut HashSet<String>,
) -> String {
    let mut text = format!("## {operation}\n\nRound trips: {round_trips:.1}.\n");
    for own in planned {
        if !seen.insert(own.sql.clone()) {
            let begin: String = own.sql.chars().take(AGAIN).collect();
            let _ = write!(text, "\n{} ms: `{begin} …`, as above.\n", own.milliseconds);
            continue;
        }
        let _ = write!(
            text,
            "\n{} ms:\n\n```sql\n{}\n```\n\n```text\n{}\n```\n",
            own.milliseconds,
            shortened(&own.sql),
            own.plan.join("\n")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_from_what_psql_prints() {
        let log = "psql:1: LOG:  duration: 0.021 ms  plan:\nQuery Text: SELECT 1\n  FROM a\n\
                   Seq Scan on a  (cost=0.00..1.00 rows=1)\n  Filter: b\n\
                   CONTEXT:  SQL statement \"SELECT\"\n\
                   LOG:  duration: 1.5 ms  plan:\nQuery Text: SELECT 2\nResult  (cost=0.00..1.00)\n";
        let planned = read(log);
        assert_eq!(planned.len(), 2);
        assert_eq!(planned[0].sql, "SELECT 1 FROM a");
        assert_eq!(planned[0].plan.len(), 2);
        assert!(planned[0].reads_all());
        assert!(!planned[1].reads_all());
        assert_eq!(planned[1].milliseconds, "1.5");
    }
}
