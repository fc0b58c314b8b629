//! Mail: reading MIME and separating what is new from what is quoted, and that both are linear.
//!
//! `TICKET_MAIL_CORPUS` may name a folder with real mail; the largest message there is read, too.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use anyhow::Result;
use benches::{mail, quoting_mail};
use criterion::{BenchmarkId, Criterion, Throughput};
use ticket_core::mail::separate;

const SIZES: [usize; 5] = [50_000, 100_000, 200_000, 400_000, 767_000];

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    let mut group = criterion.benchmark_group("separate the quotes");
    for size in SIZES {
        let text = quoting_mail(size);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &text, |bencher, text| {
            bencher.iter(|| separate(black_box(text)).shown());
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("read a mail and separate its quotes");
    for size in SIZES {
        let raw = mail(size);
        group.throughput(Throughput::Bytes(raw.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &raw, |bencher, raw| {
            bencher.iter(|| read_and_separate(black_box(raw)));
        });
    }
    group.finish();
    if let Some(folder) = std::env::var_os("TICKET_MAIL_CORPUS") {
        let raw = std::fs::read(largest(Path::new(&folder))?.0)?;
        let name = format!("the largest mail of the corpus ({} bytes)", raw.len());
        criterion.bench_function(&name, |bencher| {
            bencher.iter(|| read_and_separate(black_box(&raw)));
        });
    }
    criterion.final_summary();
    Ok(())
}

fn read_and_separate(raw: &[u8]) -> usize {
    let mail = ticket_mail::read(raw).unwrap_or_default();
    separate(&mail.text).shown().len() + mail.html.map_or(0, |html| html.len())
}

fn largest(folder: &Path) -> Result<(PathBuf, u64)> {
    let mut found = (folder.to_owned(), 0);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let candidate = if entry.file_type()?.is_dir() {
            largest(&entry.path())?
        } else {
            (entry.path(), entry.metadata()?.len())
        };
        if candidate.1 > found.1 {
            found = candidate;
        }
    }
    Ok(found)
}
