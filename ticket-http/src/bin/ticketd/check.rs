//! `ticketd verify`: what must stay true, checked on the database.

use std::fmt::Write as _;
use std::process::ExitCode;

use ticket_core::desk::{Finding, Report};

use crate::cli::Options;
use crate::exit::Exit;
use crate::output::say;
use crate::wire;

/// The rules, each with the words of a finding that breaks it, and what is looked at.
///
/// Authority and clocks leave nothing in the data that could be wrong: tests prove them.
const RULES: [(&str, &[&str], &str); 10] = [
    (
        "replay",
        &["replay"],
        "the events of each ticket give the stored ticket",
    ),
    (
        "atomicity",
        &["atomicity", "stray"],
        "messages, notes, events and notices belong together",
    ),
    (
        "versions",
        &["versions"],
        "the versions of each ticket grow by one",
    ),
    (
        "privacy",
        &["privacy"],
        "no notice for a customer shows what is the team's",
    ),
    (
        "authority",
        &["authority"],
        "leaves no trace in the data; proven by tests",
    ),
    (
        "tenancy",
        &["tenancy"],
        "everything found belongs to this tenant",
    ),
    (
        "idempotence",
        &["idempotence"],
        "each key belongs to a ticket",
    ),
    (
        "delivery",
        &["delivery"],
        "each notice shows messages that are there",
    ),
    (
        "intake",
        &["intake"],
        "each message from mail has its raw mail",
    ),
    (
        "clocks",
        &["clocks"],
        "leaves no trace in the data; proven by tests",
    ),
];

/// Checks, prints the report, and answers 1 if something is wrong.
pub(crate) async fn run(options: &Options, json: bool) -> anyhow::Result<ExitCode> {
    let wired = wire::open(options).await?;
    let report = wired.desk.verify().await?;
    wired.close().await;
    if json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        say(&text(&report)?)?;
    }
    let sound = report.findings.is_empty();
    Ok(if sound { Exit::Done } else { Exit::Found }.into())
}

fn text(report: &Report) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let checked = report.checked.iter();
    let counts: Vec<String> = checked
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let counts = if counts.is_empty() {
        "nothing is stored yet".to_owned()
    } else {
        counts.join(", ")
    };
    writeln!(text, "checked: {counts}")?;
    for (number, (rule, words, looked_at)) in RULES.iter().enumerate() {
        let broken = report
            .findings
            .iter()
            .filter(|finding| is_of(finding, words))
            .count();
        let state = if broken == 0 {
            "ok".to_owned()
        } else {
            format!("{broken} wrong")
        };
        writeln!(
            text,
            "{:>3}  {rule:<12} {state:<10} {looked_at}",
            number + 1
        )?;
    }
    for Finding { rule, on, detail } in &report.findings {
        writeln!(text, "wrong: {rule}: {on}: {detail}")?;
    }
    Ok(text)
}

fn is_of(finding: &Finding, words: &[&str]) -> bool {
    words.contains(&finding.rule.as_str())
}
