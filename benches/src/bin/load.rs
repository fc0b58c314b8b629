//! Fills desks of growing sizes and measures `ticketd` over HTTP, as people use it.
//!
//! `cargo run -p benches --release --bin load -- --sizes 10000,100000`, after
//! `cargo build --release -p ticket-http`. `scripts/bench load` does both.
#![expect(clippy::print_stdout, reason = "it talks to whoever runs it")]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use benches::ceiling::{
    Bench, Planned, Script, Writer, overhear, overhear_worker, pgbench, plans, written,
};
use benches::load::{
    Asking, Burst, Call, Ceiling, Measured, Memory, Opened, Operation, Outcome, Place, Profile,
    Reached, Report, Run, Server, Writing, burst, postgres_seconds, process_seconds, reading,
    start, writing,
};
use benches::{Population, Stories, fill, settings_at_work};
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use ticket_core::port::Clock;
use ticket_core::system::SystemClock;
use url::Url;

/// Fills desks of growing sizes and measures the server over HTTP.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many tickets the desks have
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    sizes: Vec<usize>,
    /// Where they are kept
    #[arg(long, value_enum, default_value_t)]
    store: Kind,
    /// A database of the PostgreSQL server; others are made beside it, and dropped unless they are
    /// kept
    #[arg(long, env = "DATABASE_URL", value_name = "URL")]
    database_url: Option<Url>,
    /// Leave out the ceiling: pgbench with the same statements. Those that write spoil the desk, so
    /// they are left out for one that is kept
    #[arg(long)]
    no_ceiling: bool,
    /// How many connections ask at once
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// For how many seconds each operation is asked before anything counts
    #[arg(long, default_value_t = 2.0)]
    warm_up: f64,
    /// For how many seconds each operation is measured
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Measure only operations whose name has this in it
    #[arg(long, default_value = "")]
    only: String,
    /// Take samples with `perf` meanwhile, and write where the time goes, for each operation
    #[arg(long)]
    profile: bool,
    /// Write the plans of all statements that requests and workers come to, too
    #[arg(long)]
    plans: bool,
    /// Leave the filled stores where they are, for the next time
    #[arg(long)]
    keep: bool,
    /// Fill the stores anew, even if they are there
    #[arg(long)]
    fresh: bool,
    /// The folder of the stores, on the disk that matters, and of the results
    #[arg(long, default_value = ".local/load")]
    folder: PathBuf,
    /// The server; by default the one beside this program
    #[arg(long)]
    ticketd: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One SQLite file for each desk
    #[default]
    Sqlite,
    /// One PostgreSQL database for each desk
    Postgres,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    arguments.sizes.sort_unstable();
    arguments.sizes.dedup();
    let mut report = Report {
        store: arguments.store.name().to_owned(),
        connections: arguments.connections,
        seconds: arguments.seconds,
        processors: std::thread::available_parallelism().map_or(1, Into::into),
        runs: Vec::new(),
    };
    let results = arguments
        .folder
        .join(format!("{}-results", report.store.to_lowercase()));
    fs::create_dir_all(&results)?;
    for tickets in &arguments.sizes {
        let run = one_size(&arguments, *tickets, &results).await;
        let run = run.with_context(|| format!("with {tickets} tickets"))?;
        println!("\n{}\n{}", run.table(), run.ceiling_table());
        report.runs.push(run);
        // What is known is written at once: a later size may fail.
        fs::write(
            results.join("load.json"),
            serde_json::to_string_pretty(&report)?,
        )?;
        report.draw(&results)?;
    }
    println!("{}", report.growth_table());
    println!("JSON and drawings: {}", results.display());
    Ok(())
}

async fn one_size(arguments: &Arguments, tickets: usize, results: &Path) -> Result<Run> {
    let place = place(arguments, tickets)?;
    if arguments.fresh {
        place.remove().await?;
    }
    let stories = Arc::new(Stories::new(
        settings_at_work()?,
        Population::of(tickets)?,
        tickets,
        SystemClock.now(),
    ));
    let store = place.open().await?;
    let filled_in = match store.is_filled(tickets).await? {
        true => None,
        false => {
            place.loosen().await?;
            let seconds = fill_up(&store, &stories).await?;
            place.settle().await?;
            Some(seconds)
        }
    };
    let asking = Asking::new(&store.desk(), &stories).await?;
    store.close().await;
    if arguments.plans {
        plan(arguments, &place, &asking, results).await?;
    }
    let server = start(&ticketd(arguments)?, place.folder(), &place.environment()?).await?;
    let memory = Memory::of(server.process);
    let measuring = Measuring {
        arguments,
        results,
        server,
    };
    let operations = measuring.all(&asking).await?;
    let peak = memory.most_mib();
    measuring.server.stop().await?;
    let run = Run {
        tickets,
        filled_in,
        bytes: place.bytes().await?,
        server_peak_mib: peak,
        operations,
        ceiling: ceiling(arguments, &place, &asking).await?,
    };
    println!(
        "\n{tickets} tickets take {} MB; the server had {peak:.0} MiB at most",
        run.bytes / 1_000_000
    );
    if !arguments.keep {
        place.remove().await?;
    }
    Ok(run)
}

fn place(arguments: &Arguments, tickets: usize) -> Result<Place> {
    let name = arguments.store.name().to_lowercase();
    let folder = arguments.folder.join(format!("{name}-{tickets}"));
    Ok(match arguments.store {
        Kind::Sqlite => Place::Sqlite { folder },
        Kind::Postgres => Place::Postgres {
            server: without_tls(
                arguments
                    .database_url
                    .clone()
                    .context("DATABASE_URL or --database-url must name a database")?,
            ),
            database: format!("ticket_load_{tickets}"),
            folder,
        },
    })
}

/// Everybody talks to the database in the same way: without TLS unless the address asks for it.
fn without_tls(mut url: Url) -> Url {
    if !url.query_pairs().any(|(name, _)| name == "sslmode") {
        url.query_pairs_mut().append_pair("sslmode", "disable");
    }
    url
}

/// What the database alone reaches, with the statements that the server says to it.
async fn ceiling(arguments: &Arguments, place: &Place, asking: &Asking) -> Result<Vec<Ceiling>> {
    if arguments.no_ceiling || arguments.store != Kind::Postgres {
        return Ok(Vec::new());
    }
    let url = place.url_with_schema()?;
    let bench = Bench {
        url: &url,
        connections: arguments.connections,
        time: Duration::from_secs_f64(arguments.seconds),
    };
    let mut ceilings = Vec::new();
    for own in overhear(&ticketd(arguments)?, place, asking).await? {
        let wanted = own.operation.contains(&arguments.only);
        let spoils = !own.core.is_empty() && arguments.keep;
        if !wanted || spoils {
            continue;
        }
        let reached = async |scripts: &[Script]| {
            let (times, rate) = pgbench(bench, scripts).await?;
            anyhow::Ok(Reached::of(&times, rate))
        };
        let core = match own.core.as_slice() {
            [] => None,
            core => Some(reached(core).await.context(own.operation)?),
        };
        let whole = reached(&own.whole).await.context(own.operation)?;
        println!(
            "pgbench, {}: {:.0} a second",
            own.operation, whole.per_second
        );
        ceilings.push(Ceiling {
            operation: own.operation.to_owned(),
            round_trips: own.round_trips,
            whole,
            core,
        });
    }
    Ok(ceilings)
}

/// How the database runs what the server says to it.
async fn plan(arguments: &Arguments, place: &Place, asking: &Asking, results: &Path) -> Result<()> {
    let program = ticketd(arguments)?;
    let url = place.url_with_schema()?;
    let mut writer = Writer::connect(&url).await?;
    let mut text = String::new();
    let (mut read_whole, mut seen) = (0, HashSet::new());
    let mut tell = |operation: &str, round_trips: f64, planned: &[Planned]| {
        read_whole += planned.iter().filter(|own| own.reads_all()).count();
        text.push_str(&written(operation, round_trips, planned, &mut seen));
        text.push('\n');
    };
    for own in overhear(&program, place, asking).await? {
        let planned = plans(&url, &own.once).await?;
        tell(own.operation, own.round_trips, &planned);
    }
    let worker = overhear_worker(&program, place).await?;
    let planned = plans(&url, &writer.prepared(&worker).await?).await?;
    tell(
        "a worker that finds nothing to do",
        worker.len() as f64,
        &planned,
    );
    let path = results.join("plans.md");
    fs::write(&path, text)?;
    println!(
        "plans: {}; {read_whole} of them read a table from end to end",
        path.display()
    );
    Ok(())
}

fn ticketd(arguments: &Arguments) -> Result<PathBuf> {
    match &arguments.ticketd {
        Some(path) => Ok(path.clone()),
        None => Ok(std::env::current_exe()?.with_file_name("ticketd")),
    }
}

async fn fill_up(store: &Opened, stories: &Arc<Stories>) -> Result<f64> {
    let begin = Instant::now();
    let style = "filling {bar:40} {human_pos} of {human_len} tickets, {per_sec}, {eta} left";
    let bar = ProgressBar::new(stories.tickets() as u64);
    bar.set_style(ProgressStyle::with_template(style)?);
    fill(store.import(), stories, |more| bar.inc(more as u64)).await?;
    bar.finish_and_clear();
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{} tickets were written in {seconds:.0} s",
        stories.tickets()
    );
    Ok(seconds)
}

struct Measuring<'a> {
    arguments: &'a Arguments,
    results: &'a Path,
    server: Server,
}

impl Measuring<'_> {
    async fn all(&self, asking: &Asking) -> Result<Vec<Measured>> {
        let address = &self.server.address;
        let mut measured = Vec::new();
        for operation in reading(asking, address).await? {
            measured.extend(self.one(&operation).await?);
        }
        for what in Writing::ALL {
            let operation = writing(asking, address, what).await?;
            measured.extend(self.one(&operation).await?);
        }
        Ok(measured)
    }

    /// Measures an operation, if it was asked for.
    async fn one(&self, operation: &Operation) -> Result<Option<Measured>> {
        if !operation.name.contains(&self.arguments.only) {
            return Ok(None);
        }
        let time = Burst {
            connections: self.arguments.connections,
            warm_up: Duration::from_secs_f64(self.arguments.warm_up),
            time: Duration::from_secs_f64(self.arguments.seconds),
        };
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}")?);
        bar.set_message(operation.name);
        bar.enable_steady_tick(Duration::from_millis(250));
        let before = (process_seconds(self.server.process), postgres_seconds());
        let begin = Instant::now();
        let profile = match self.arguments.profile {
            true => Some(Profile::start(
                self.results,
                operation.name,
                time.warm_up + time.time,
            )?),
            false => None,
        };
        let outcome = apart(self.server.address.clone(), operation.calls.clone(), time).await;
        let outcome = outcome.with_context(|| operation.name)?;
        let took = begin.elapsed().as_secs_f64();
        bar.finish_and_clear();
        if let Some(profile) = profile {
            println!("where the time goes: {}", profile.finish().await?.display());
        }
        let mut measured = Measured::of(operation, &outcome);
        measured.server_cpu = (process_seconds(self.server.process) - before.0) / took;
        measured.database_cpu = (postgres_seconds() - before.1) / took;
        println!(
            "{}: {:.0} a second, p99 {:.2} ms",
            operation.name, measured.per_second, measured.p99_ms
        );
        Ok(Some(measured))
    }
}

/// Asks on one thread alone, which leaves the processors to the server and the database.
async fn apart(address: String, calls: Arc<[Call]>, time: Burst) -> Result<Outcome> {
    tokio::task::spawn_blocking(move || {
        let alone = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        alone.block_on(burst(&address, &calls, time))
    })
    .await?
}
