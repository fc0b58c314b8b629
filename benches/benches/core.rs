//! The pure core: what it costs to decide, to apply, to react, to read a query and to match one.

use std::hint::black_box;

use anyhow::{Context as _, Result};
use benches::{Chance, Scene, Words, reply, settings, ticket_with_events};
use criterion::{Criterion, Throughput};
use ticket_core::authority::{Action, Level, Scope, permit};
use ticket_core::command::Command;
use ticket_core::decide::{apply, decide, plan};
use ticket_core::query::{Searchable, matches, normalize, parse};
use ticket_core::settings::Settings;
use ticket_core::ticket::{EventRecord, Thread};

const LINE: &str =
    "status:open assignee:me -tag:spam queue:support updated>2026-01-01 \"printer jam\"";

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    deciding(&mut criterion)?;
    reacting(&mut criterion)?;
    permitting(&mut criterion)?;
    asking(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

fn plain() -> Result<Scene> {
    let settings = Settings::default().check();
    let settings = settings.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    Ok(Scene::new(settings)?)
}

fn deciding(criterion: &mut Criterion) -> Result<()> {
    let mut scene = plain()?;
    let (ticket, history) = ticket_with_events(&mut scene, 200)?;
    let command = Command::Reply(reply(&Words::new(), &mut Chance::new(5))?);
    let context = scene.context();
    let mut group = criterion.benchmark_group("a ticket with 200 events");
    let last = history.last().context("an event")?;
    group.bench_function("decide and apply a reply", |bencher| {
        bencher.iter(|| {
            let decided = decide(black_box(&ticket), black_box(&command), &context);
            let events = decided.map(|decided| decided.events).unwrap_or_default();
            events
                .into_iter()
                .try_fold(ticket.clone(), |ticket, event| {
                    let record = EventRecord {
                        event,
                        ..last.clone()
                    };
                    apply(Some(ticket), &record)
                })
        });
    });
    let commands = [command];
    group.bench_function("plan a reply, with its notices", |bencher| {
        bencher.iter(|| plan(black_box(&ticket), black_box(&commands), &context));
    });
    group.throughput(Throughput::Elements(history.len() as u64));
    group.bench_function("replay its events", |bencher| {
        bencher.iter(|| black_box(&history).iter().fold(None, apply));
    });
    group.finish();
    Ok(())
}

fn reacting(criterion: &mut Criterion) -> Result<()> {
    let mut group = criterion.benchmark_group("a reply");
    for rules in [0, 10, 100] {
        let mut scene = Scene::new(settings(rules)?)?;
        let (ticket, _) = ticket_with_events(&mut scene, 20)?;
        let commands = [Command::Reply(reply(&Words::new(), &mut Chance::new(5))?)];
        let context = scene.context();
        group.bench_function(format!("with {rules} rules to react"), |bencher| {
            bencher.iter(|| plan(black_box(&ticket), black_box(&commands), &context));
        });
    }
    group.finish();
    Ok(())
}

fn permitting(criterion: &mut Criterion) -> Result<()> {
    let mut scene = plain()?;
    let (ticket, _) = ticket_with_events(&mut scene, 20)?;
    let context = scene.context();
    let mut group = criterion.benchmark_group("rights");
    group.bench_function(
        "the scope of somebody, and its level for a ticket",
        |bencher| {
            bencher.iter(|| Scope::of(black_box(context.actor)).level(black_box(&ticket)));
        },
    );
    group.bench_function("permit a reply", |bencher| {
        bencher.iter(|| permit(black_box(context.actor), Action::Reply, black_box(&ticket)));
    });
    group.finish();
    Ok(())
}

fn asking(criterion: &mut Criterion) -> Result<()> {
    let mut scene = plain()?;
    let (ticket, _) = ticket_with_events(&mut scene, 20)?;
    let context = scene.context();
    let mut group = criterion.benchmark_group("a query");
    group.bench_function("read the search line", |bencher| {
        bencher.iter(|| parse(black_box(LINE), context.settings));
    });
    // All of it holds, so that no test is skipped.
    let word = normalize(ticket.subject.as_str()).swap_remove(0);
    let line = format!("queue:support -tag:spam updated>2026-01-01 {word}");
    let parsed = parse(&line, context.settings)?;
    let query = parsed.bind(context.actor.id(), &Default::default())?;
    let texts = Searchable::of(&ticket, &Thread::default());
    let scope = Scope::of(context.actor);
    anyhow::ensure!(matches(&query, &ticket, &texts, Level::Team));
    group.bench_function("scope and match one ticket", |bencher| {
        bencher.iter(|| {
            let level = black_box(&scope).level(black_box(&ticket));
            level.is_some_and(|level| matches(&query, &ticket, &texts, level))
        });
    });
    let text = Words::new().text(&mut Chance::new(9), 10_000);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("normalize a text of 10000 words", |bencher| {
        bencher.iter(|| normalize(black_box(&text)));
    });
    group.finish();
    Ok(())
}
