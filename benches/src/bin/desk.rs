//! What a desk on SQLite costs: fills a file with tickets and measures reading and writing through
//! `Desk`, as a server does it, who acts looked up included.
//!
//! `cargo run -p benches --release --bin desk -- --tickets 20000`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to whoever runs it"
)]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use benches::{
    COMMON_WORD, Chance, Figures, Nowhere, Population, RARE_WORD, Stories, Words, fill, measure,
    reply, settings,
};
use clap::Parser;
use ticket_core::command::{Command, Open};
use ticket_core::desk::{Caller, Desk, Listing, Request};
use ticket_core::mail::SigningKey;
use ticket_core::port::Clock;
use ticket_core::query::{Page, PageRequest};
use ticket_core::system::SystemClock;
use ticket_core::ticket::Ticket;
use ticket_core::value::{Body, PersonId, TenantId, TicketId};
use ticket_sqlite::{SqliteStore, SqliteTenant};

/// How many rules the desk has.
const RULES: usize = 10;

/// What an agent of two queues asks for, by search lines. More than half of the tickets have the
/// word `printer`, and as many `invoice`.
const OF_THE_TEAM: [(&str, &str); 15] = [
    ("list: open, by last change", "category:open sort:-updated"),
    ("list: open, mine", "category:open assignee:me"),
    ("list: everything, newest first", ""),
    (
        "list: one queue, by last change",
        "queue:support sort:-updated",
    ),
    ("list: by tag", "tag:refund"),
    ("search: a rare word", RARE_WORD),
    ("search: a common word", COMMON_WORD),
    ("search: two common words", "printer invoice"),
    ("search: a phrase", "\"please can\""),
    (
        "search: a common word, filtered",
        "category:closed tag:refund -tag:vip printer",
    ),
    (
        "search: a common word, by last change",
        "printer sort:-updated",
    ),
    (
        "search: a common word, of open tickets",
        "category:open printer sort:-updated",
    ),
    (
        "search: a common word, the best first",
        "printer sort:relevance",
    ),
    (
        "search: two common words, the best first",
        "printer invoice sort:relevance",
    ),
    ("search: a common word and a rare one", "printer turnstile"),
];

/// What a customer asks for, by search lines.
const OF_A_CUSTOMER: [(&str, &str); 2] = [
    ("list: as a customer", ""),
    ("search: a common word, as a customer", COMMON_WORD),
];

/// Fills a desk and measures it.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many tickets the desk has.
    #[arg(long, default_value_t = 20_000)]
    tickets: usize,
    /// How often each operation is measured.
    #[arg(long, default_value_t = 500)]
    runs: usize,
    /// Where the file is made; removed afterwards. It should be on the disk that matters.
    #[arg(long, default_value = ".local")]
    folder: PathBuf,
    /// A file to keep: filled when it is missing, measured as it is when it is there.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Where to write the figures as JSON, besides printing them.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.folder)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let path = arguments.keep.clone();
    let path = path.unwrap_or_else(|| folder.path().join("desk.sqlite"));
    let is_there = path.exists();
    let store = SqliteStore::open(&path).await?.tenant(TenantId::default());
    let population = Population::of(arguments.tickets)?;
    if !is_there {
        fill_up(&store, population.clone(), arguments.tickets).await?;
    }
    eprintln!(
        "the file has {} MB",
        std::fs::metadata(&path)?.len() / 1_000_000
    );

    let desk = builder(&store).build();
    let measuring = Measuring {
        runs: arguments.runs,
        words: Words::new(),
        rows: rows(&desk, &population).await?,
        desk,
        population,
    };
    println!("{:<52} {:>9} {:>9} {:>9}", "", "p50 ms", "p99 ms", "per s");
    let mut figures = measuring.reading().await?;
    figures.extend(measuring.writing().await?);
    figures.push(measuring.opening().await?);
    figures.push(row(disk(folder.path(), arguments.runs).await?));
    let json = serde_json::to_string(&figures)?;
    println!("{json}");
    if let Some(path) = arguments.json {
        std::fs::write(path, json)?;
    }
    Ok(())
}

fn builder(store: &SqliteTenant) -> ticket_core::desk::DeskBuilder {
    let (tickets, people) = (Arc::new(store.clone()), Arc::new(store.clone()));
    Desk::builder(tickets, people, SigningKey::new([7; 32])).notifier(Arc::new(Nowhere))
}

async fn fill_up(store: &SqliteTenant, population: Population, tickets: usize) -> Result<()> {
    let stories = Stories::new(settings(RULES)?, population, tickets, SystemClock.now());
    let (begin, done) = (Instant::now(), AtomicUsize::new(0));
    let progress = |more| {
        let done = done.fetch_add(more, Ordering::Relaxed) + more;
        eprint!(
            "\r{done} of {tickets} tickets, {} s",
            begin.elapsed().as_secs()
        );
    };
    fill(store, &Arc::new(stories), progress).await?;
    eprintln!();
    Ok(())
}

/// Some tickets of an agent, to be shown and answered.
async fn rows(desk: &Desk, population: &Population) -> Result<Vec<Ticket>> {
    let caller = desk.acting(&population.admin.id).await?;
    let mut rows = Vec::new();
    let mut page = PageRequest::first(PageRequest::MAX);
    while rows.len() < 2_000 {
        let Page { rows: more, next } = team(caller.search("category:open", &page).await?)?;
        rows.extend(more);
        let Some(next) = next else { break };
        page.after = Some(next);
    }
    if rows.is_empty() {
        bail!("no ticket is open; ask for more tickets");
    }
    Ok(rows)
}

fn team(listing: Listing) -> Result<Page<Ticket>> {
    match listing {
        Listing::Team(page) => Ok(page),
        Listing::Customer(_) => bail!("the team sees everything"),
    }
}

/// What the operations need.
struct Measuring {
    desk: Desk,
    population: Population,
    words: Words,
    rows: Vec<Ticket>,
    runs: usize,
}

impl Measuring {
    async fn reading(&self) -> Result<Vec<Figures>> {
        let (agent, first) = (self.agent()?, PageRequest::first(50));
        let customer = &self.population.customers.first().context("a customer")?.id;
        let mut figures = Vec::new();
        for (name, line) in OF_THE_TEAM {
            figures.push(self.list(name, agent, line, &first).await?);
        }
        for (name, line) in OF_A_CUSTOMER {
            figures.push(self.list(name, customer, line, &first).await?);
        }
        let second = self.second_page(agent).await?;
        let name = "list: everything, second page";
        figures.push(self.list(name, agent, "", &second).await?);
        let counted = measure("count: open", self.runs, |_| {
            Box::pin(async move {
                let caller = self.desk.acting(agent).await?;
                let query = caller.query("category:open").await?;
                caller.count(&query, 1_000).await?;
                Ok(())
            })
        });
        figures.push(row(counted.await?));
        let shown = measure("show: a ticket", self.runs, |number| {
            Box::pin(async move {
                self.admin().await?.show(self.ticket(number)).await?;
                Ok(())
            })
        });
        figures.push(row(shown.await?));
        Ok(figures)
    }

    async fn writing(&self) -> Result<Vec<Figures>> {
        let replied = measure("commit: a reply, with its notices", self.runs, |number| {
            Box::pin(async move {
                let reply = reply(&self.words, &mut Chance::new(number as u64))?;
                let request = Request::new(self.ticket(number), Command::Reply(reply));
                self.admin().await?.perform(request).await?;
                Ok(())
            })
        });
        let noted = measure("commit: a note", self.runs, |number| {
            Box::pin(async move {
                let text = self.words.text(&mut Chance::new(number as u64), 25);
                let body: Body = text.parse()?;
                self.admin().await?.note(self.ticket(number), body).await?;
                Ok(())
            })
        });
        Ok(vec![row(replied.await?), row(noted.await?)])
    }

    async fn opening(&self) -> Result<Figures> {
        let name = "commit: a new ticket, with its notices";
        let opened = measure(name, self.runs, |number| {
            Box::pin(async move {
                let mut chance = Chance::new(number as u64);
                let customers = &self.population.customers;
                let customer = chance.one_of(customers).context("a customer")?;
                let subject = self.words.subject(&mut chance).parse()?;
                let text = self.words.text(&mut chance, 60).parse()?;
                let open = Open::new("support".parse()?, subject, text);
                self.desk.acting(&customer.id).await?.open(open).await?;
                Ok(())
            })
        });
        opened.await.map(row)
    }

    async fn list(
        &self,
        name: &str,
        who: &PersonId,
        line: &str,
        page: &PageRequest,
    ) -> Result<Figures> {
        let listing = self.desk.acting(who).await?.search(line, page).await?;
        let found = match &listing {
            Listing::Team(page) => page.rows.len(),
            Listing::Customer(page) => page.rows.len(),
        };
        let name = format!("{name} ({found} rows)");
        let list = |_| -> futures_util::future::BoxFuture<'_, Result<()>> {
            Box::pin(async move {
                self.desk.acting(who).await?.search(line, page).await?;
                Ok(())
            })
        };
        measure(&name, self.runs, list).await.map(row)
    }

    async fn second_page(&self, agent: &PersonId) -> Result<PageRequest> {
        let mut page = PageRequest::first(50);
        let caller = self.desk.acting(agent).await?;
        page.after = team(caller.search("", &page).await?)?.next;
        Ok(page)
    }

    async fn admin(&self) -> Result<Caller> {
        Ok(self.desk.acting(&self.population.admin.id).await?)
    }

    fn agent(&self) -> Result<&PersonId> {
        let agent = self.population.agents.first();
        Ok(&agent.context("an agent")?.id)
    }

    fn ticket(&self, number: usize) -> TicketId {
        self.rows[number % self.rows.len()].id
    }
}

/// The disk alone, to judge the commits by: 4 KiB, written and synchronized.
async fn disk(folder: &Path, runs: usize) -> Result<Figures> {
    let path = folder.join("disk");
    let file = Arc::new(OpenOptions::new().create(true).append(true).open(path)?);
    measure("the disk alone: 4 KiB and a sync", runs, |_| {
        let mut file = &*file;
        let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_data());
        Box::pin(async move { Ok(written?) })
    })
    .await
}

/// A row of the table, printed when it is known.
fn row(figures: Figures) -> Figures {
    let milliseconds = |micros: u64| micros as f64 / 1_000.0;
    println!(
        "{:<52} {:>9.2} {:>9.2} {:>9}",
        figures.operation,
        milliseconds(figures.p50_us),
        milliseconds(figures.p99_us),
        figures.per_second
    );
    figures
}
