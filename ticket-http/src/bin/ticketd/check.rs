//! `ticketd verify`: what must stay true, checked on the database.

use std::fmt::Write as _;
use std::process::ExitCode;

use ticket_core::desk::{Finding, Report};

use crate::cli::Options;
use crate::exit::Exit;
use crate::output::say;
use crate::wire;

/// One of the ten things that must stay true.
struct Rule {
    name: &'static str,
    /// What is looked at; none when data can't show a breach, so that only tests prove the rule.
    looked_at: Option<&'static str>,
    /// Which findings break it: their rule, and how the thing that they are on begins.
    broken_by: &'static [(&'static str, &'static str)],
}

const fn rule(
    name: &'static str,
    looked_at: &'static str,
    broken_by: &'static [(&'static str, &'static str)],
) -> Rule {
    Rule {
        name,
        looked_at: Some(looked_at),
        broken_by,
    }
}

const fn proven_by_tests(name: &'static str) -> Rule {
    Rule {
        name,
        looked_at: None,
        broken_by: &[],
    }
}

/// In the order of the architecture document. A finding belongs to the first that names it.
const RULES: [Rule; 10] = [
    rule(
        "replay",
        "the events of each ticket give the stored ticket",
        &[("replay", "")],
    ),
    rule(
        "atomicity",
        "messages, notes, events and notices belong together",
        &[("atomicity", "")],
    ),
    rule(
        "versions",
        "the versions of each ticket grow by one",
        &[("versions", "")],
    ),
    rule(
        "privacy",
        "no notice to a customer is one for the team",
        &[("privacy", "")],
    ),
    proven_by_tests("authority"),
    proven_by_tests("tenancy"),
    rule(
        "idempotence",
        "each key belongs to a ticket",
        &[("stray", "key")],
    ),
    rule(
        "delivery",
        "each notice shows messages that are there",
        &[("delivery", "")],
    ),
    rule(
        "intake",
        "each message from mail has its raw mail, each done mail its message",
        &[("intake", ""), ("stray", "mail")],
    ),
    proven_by_tests("clocks"),
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
    let counts = report.checked.iter();
    let counts: Vec<String> = counts
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    if counts.is_empty() {
        writeln!(text, "checked: nothing is stored yet")?;
    } else {
        writeln!(text, "checked: {}", counts.join(", "))?;
    }
    for (at, rule) in RULES.iter().enumerate() {
        let broken = report.findings.iter().filter(|finding| rule.names(finding));
        let state = match (rule.looked_at, broken.count()) {
            (None, _) => "-".to_owned(),
            (Some(_), 0) => "ok".to_owned(),
            (Some(_), broken) => format!("{broken} wrong"),
        };
        let looked_at = rule
            .looked_at
            .unwrap_or("a breach leaves no trace in the data: the tests prove it");
        writeln!(
            text,
            "{:>3}  {:<12} {state:<9} {looked_at}",
            at + 1,
            rule.name
        )?;
    }
    let strays = report.findings.iter().filter(|finding| is_other(finding));
    let strays = match strays.count() {
        0 => "ok".to_owned(),
        strays => format!("{strays} wrong"),
    };
    let file = "nothing else belongs to nothing, and the file is whole";
    writeln!(text, "     {:<12} {strays:<9} {file}", "store")?;
    for Finding { rule, on, detail } in &report.findings {
        writeln!(text, "wrong: {rule}: {on}: {detail}")?;
    }
    Ok(text)
}

impl Rule {
    fn names(&self, finding: &Finding) -> bool {
        let mut causes = self.broken_by.iter();
        causes.any(|(rule, on)| finding.rule == *rule && finding.on.starts_with(on))
    }
}

/// Whether none of the ten names it.
fn is_other(finding: &Finding) -> bool {
    !RULES.iter().any(|rule| rule.names(finding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, on: &str) -> Finding {
        Finding {
            rule: rule.to_owned(),
            on: on.to_owned(),
            detail: "it is gone".to_owned(),
        }
    }

    #[test]
    fn each_finding_is_counted_once() {
        let report = Report {
            checked: [("tickets".to_owned(), 3)].into(),
            findings: vec![
                finding("replay", "1"),
                finding("stray", "key k"),
                finding("stray", "mail 7"),
                finding("stray", "blob 9"),
            ],
        };
        let text = text(&report).expect("a report");
        assert!(text.starts_with("checked: 3 tickets\n"), "{text}");
        assert_eq!(text.matches("1 wrong").count(), 4, "{text}");
        assert_eq!(text.matches("wrong: ").count(), 4, "{text}");
        for name in ["replay", "idempotence", "intake", "store"] {
            let line = text
                .lines()
                .find(|line| line.contains(&format!(" {name} ")));
            assert!(line.is_some_and(|line| line.contains("1 wrong")), "{name}");
        }
    }
}
