//! What was measured, as a table, as JSON, and drawn.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::plot::{self, Chart, Line};
use super::{Operation, Outcome};

/// What was measured of one operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// What was done.
    pub operation: String,
    /// Whether it only reads.
    pub reads: bool,
    /// How many were answered in a second.
    pub per_second: f64,
    /// The median of the times, in milliseconds.
    pub p50_ms: f64,
    /// The time that 99 of 100 stay under, in milliseconds.
    pub p99_ms: f64,
    /// The longest time, in milliseconds.
    pub max_ms: f64,
    /// How many were answered as they should.
    pub requests: u64,
    /// How many were not.
    pub errors: u64,
    /// What was wrong with the first of those.
    pub first_error: Option<String>,
    /// How many processors the server kept busy.
    pub server_cpu: f64,
    /// How many processors the database kept busy, if it is a process of its own.
    pub database_cpu: f64,
}

/// What the database alone reaches with the same statements.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ceiling {
    /// The operation whose statements they are.
    pub operation: String,
    /// How often the server waits for the database, for one request.
    pub round_trips: f64,
    /// With all statements of a request.
    pub whole: Reached,
    /// With the commit alone, and what it can't do without; none for what only reads.
    pub core: Option<Reached>,
}

/// How fast `pgbench` is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Reached {
    /// How many were done in a second.
    pub per_second: f64,
    /// The median of the times, in milliseconds.
    pub p50_ms: f64,
    /// The time that 99 of 100 stay under, in milliseconds.
    pub p99_ms: f64,
}

impl Reached {
    /// Of the times in microseconds, and how many a second there were.
    pub fn of(times: &Histogram<u64>, per_second: f64) -> Self {
        let ms = |share| times.value_at_quantile(share) as f64 / 1_000.0;
        Self {
            per_second,
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
        }
    }
}

/// What was measured at one size.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// How many tickets the desk had.
    pub tickets: usize,
    /// How long it took to fill the store, in seconds; none when it was filled before.
    pub filled_in: Option<f64>,
    /// What the store takes on the disk, in bytes.
    pub bytes: u64,
    /// The most memory of its own that the server had, in MiB.
    pub server_peak_mib: f64,
    /// The operations.
    pub operations: Vec<Measured>,
    /// What the database alone reaches.
    pub ceiling: Vec<Ceiling>,
}

/// Everything that was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// `SQLite` or `PostgreSQL`.
    pub store: String,
    /// How many connections asked at once.
    pub connections: usize,
    /// For how long each operation was asked, in seconds.
    pub seconds: f64,
    /// How many processors the machine has.
    pub processors: usize,
    /// The sizes, the smallest first.
    pub runs: Vec<Run>,
}

/// How the slowest answers grow with the size.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// What was done.
    pub operation: String,
    /// The time that 99 of 100 stay under at the smallest size, in milliseconds.
    pub small_ms: f64,
    /// The same at the largest size.
    pub large_ms: f64,
    /// How many times as long.
    pub ratio: f64,
}

impl Measured {
    /// The figures of an operation; processors are added by who saw them.
    pub fn of(operation: &Operation, outcome: &Outcome) -> Self {
        let ms = |micros: u64| micros as f64 / 1_000.0;
        let times = &outcome.times;
        Self {
            operation: operation.name.to_owned(),
            reads: operation.reads,
            per_second: times.len() as f64 / outcome.took.as_secs_f64(),
            p50_ms: ms(times.value_at_quantile(0.5)),
            p99_ms: ms(times.value_at_quantile(0.99)),
            max_ms: ms(times.max()),
            requests: times.len(),
            errors: outcome.errors,
            first_error: outcome.first_error.clone(),
            server_cpu: 0.0,
            database_cpu: 0.0,
        }
    }
}

impl Run {
    /// Its table.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{:<34} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7}\n",
            "", "per s", "p50 ms", "p99 ms", "max ms", "errors", "server", "db"
        );
        for one in &self.operations {
            let _ = writeln!(
                table,
                "{:<34} {:>9.0} {:>9.2} {:>9.2} {:>9.2} {:>7} {:>7.2} {:>7.2}",
                one.operation,
                one.per_second,
                one.p50_ms,
                one.p99_ms,
                one.max_ms,
                one.errors,
                one.server_cpu,
                one.database_cpu,
            );
            if let Some(error) = &one.first_error {
                let _ = writeln!(table, "    the first error: {error}");
            }
        }
        table
    }

    /// The share of a ceiling that an operation reaches.
    pub fn share(&self, operation: &str, reached: &Reached) -> Option<f64> {
        let one = self
            .operations
            .iter()
            .find(|one| one.operation == operation)?;
        Some(one.per_second / reached.per_second)
    }

    /// The table of the ceiling; nothing when it was not measured.
    pub fn ceiling_table(&self) -> String {
        let mut table = String::new();
        if self.ceiling.is_empty() {
            return table;
        }
        let _ = writeln!(
            table,
            "{:<44} {:>11} {:>9} {:>9} {:>9} {:>9}",
            "pgbench with the same statements",
            "round trips",
            "per s",
            "p50 ms",
            "p99 ms",
            "reached"
        );
        for own in &self.ceiling {
            let commit = format!("{}: the commit alone", own.operation);
            let rows = [
                Some((&own.operation, &own.whole)),
                own.core.as_ref().map(|one| (&commit, one)),
            ];
            for (name, reached) in rows.into_iter().flatten() {
                let share = self.share(&own.operation, reached);
                let share = share.map(|share| format!("{:.0} %", share * 100.0));
                let _ = writeln!(
                    table,
                    "{:<44} {:>11.1} {:>9.0} {:>9.2} {:>9.2} {:>9}",
                    name,
                    own.round_trips,
                    reached.per_second,
                    reached.p50_ms,
                    reached.p99_ms,
                    share.unwrap_or_default(),
                );
            }
        }
        table
    }
}

impl Report {
    /// How each operation that reads grows from the smallest size to the largest.
    pub fn growth(&self) -> Vec<Growth> {
        let [small, .., large] = self.runs.as_slice() else {
            return Vec::new();
        };
        let reads = small.operations.iter().filter(|one| one.reads);
        let grown = |one: &Measured| {
            let same = |other: &&Measured| other.operation == one.operation;
            let other = large.operations.iter().find(same)?;
            Some(Growth {
                operation: one.operation.clone(),
                small_ms: one.p99_ms,
                large_ms: other.p99_ms,
                ratio: other.p99_ms / one.p99_ms,
            })
        };
        reads.filter_map(grown).collect()
    }

    /// The table of the growth; nothing when there is one size only.
    pub fn growth_table(&self) -> String {
        let mut table = String::new();
        let [small, .., large] = self.runs.as_slice() else {
            return table;
        };
        let _ = writeln!(
            table,
            "{:<34} {:>12} {:>12} {:>7}",
            "p99 in ms, by tickets", small.tickets, large.tickets, "times"
        );
        for one in self.growth() {
            let _ = writeln!(
                table,
                "{:<34} {:>12.2} {:>12.2} {:>7.2}",
                one.operation, one.small_ms, one.large_ms, one.ratio
            );
        }
        table
    }

    /// Draws the times and the rates against the size, into two files of a folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn draw(&self, folder: &Path) -> Result<()> {
        let title = format!(
            "ticketd on {}, {} connections, {} processors",
            self.store, self.connections, self.processors
        );
        let times = [
            self.chart("median (p50), in ms", |one| one.p50_ms),
            self.chart("99 of 100 are faster (p99), in ms", |one| one.p99_ms),
        ];
        let path = folder.join("latency.svg");
        plot::draw(&path, &format!("Time of an answer: {title}"), &times)?;
        let mut rates = self.chart("requests per second", |one| one.per_second);
        rates.lines.extend(self.ceilings());
        let path = folder.join("rate.svg");
        plot::draw(&path, &format!("Requests a second: {title}"), &[rates])
    }

    fn chart(&self, name: &str, value: impl Fn(&Measured) -> f64) -> Chart {
        // A small desk may lack an operation: there may be no second page.
        let most = self.runs.iter().max_by_key(|run| run.operations.len());
        let operations = most.into_iter().flat_map(|run| &run.operations);
        let lines = operations.map(|operation| {
            let point = |run: &Run| {
                let mut own = run.operations.iter();
                let one = own.find(|one| one.operation == operation.operation)?;
                Some((run.tickets as f64, value(one)))
            };
            Line {
                name: operation.operation.clone(),
                thin: !operation.reads,
                points: self.runs.iter().filter_map(point).collect(),
            }
        });
        Chart {
            name: name.to_owned(),
            lines: lines.collect(),
        }
    }

    fn ceilings(&self) -> Vec<Line> {
        let most = self.runs.iter().max_by_key(|run| run.ceiling.len());
        let ceilings = most.into_iter().flat_map(|run| &run.ceiling);
        let line = |ceiling: &Ceiling| {
            let point = |run: &Run| {
                let mut own = run.ceiling.iter();
                let one = own.find(|one| one.operation == ceiling.operation)?;
                Some((run.tickets as f64, one.whole.per_second))
            };
            Line {
                name: format!("pgbench: {}", ceiling.operation),
                thin: true,
                points: self.runs.iter().filter_map(point).collect(),
            }
        };
        ceilings.map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACHED: Reached = Reached {
        per_second: 1_000.0,
        p50_ms: 1.0,
        p99_ms: 2.0,
    };

    fn report() -> Report {
        let measured = |operation: &str, reads, p99_ms| Measured {
            operation: operation.to_owned(),
            reads,
            per_second: 700.0,
            p50_ms: 1.0,
            p99_ms,
            max_ms: 9.0,
            requests: 7_000,
            errors: 0,
            first_error: None,
            server_cpu: 0.5,
            database_cpu: 0.5,
        };
        let run = |tickets, p99_ms| Run {
            tickets,
            filled_in: None,
            bytes: 0,
            server_peak_mib: 50.0,
            operations: vec![measured("list", true, p99_ms), measured("open", false, 5.0)],
            ceiling: vec![Ceiling {
                operation: "open".to_owned(),
                round_trips: 7.0,
                whole: REACHED,
                core: Some(REACHED),
            }],
        };
        Report {
            store: "SQLite".to_owned(),
            connections: 16,
            seconds: 10.0,
            processors: 2,
            runs: vec![run(10_000, 2.0), run(1_000_000, 3.0)],
        }
    }

    #[test]
    fn growth_is_of_what_is_read_and_shares_are_of_the_ceiling() {
        let report = report();
        let growth = report.growth();
        let ratios: Vec<(&str, f64)> = growth
            .iter()
            .map(|one| (one.operation.as_str(), one.ratio))
            .collect();
        assert_eq!(ratios, [("list", 1.5)]);
        assert_eq!(report.runs[0].share("open", &REACHED), Some(0.7));
        assert_eq!(report.runs[0].share("close", &REACHED), None);
        assert_eq!(report.runs[0].ceiling_table().matches("70 %").count(), 2);
    }

    #[test]
    fn it_is_drawn_with_every_line_named() {
        let folder = tempfile::tempdir().expect("a folder");
        report().draw(folder.path()).expect("drawn");
        let drawn = |name| std::fs::read_to_string(folder.path().join(name)).expect("a file");
        for name in ["list", "open", "pgbench: open"] {
            assert!(drawn("rate.svg").contains(name), "{name}");
        }
        assert!(drawn("latency.svg").contains("p99"));
    }
}
