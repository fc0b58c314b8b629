//! Who writes, what they asked for, and whether exactly that is stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ticket_core::command::{Command, Open, Reply};
use ticket_core::desk::{DeskError, Request};
use ticket_core::plan::IdempotencyKey;
use ticket_core::port::{Reference, StoreError, TicketRepository as _};
use ticket_core::ticket::Digest;
use ticket_core::value::{Body, TicketNumber};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::world::World;

/// Within this time a fault is answered: 2 seconds for a commit that was under way, 2 for the look whether it was
/// written, and one because the machine is busy.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);

/// Within this time everything works again once the fault is over.
pub(crate) const RECOVERY: Duration = Duration::from_secs(5);

/// Something that a writer wants. Its text is its key, and nothing else has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    Open(String),
    Reply(TicketNumber, String),
}

/// What was asked for, and the ticket that was named when it was acknowledged.
#[derive(Default)]
pub(crate) struct Journal {
    wishes: Mutex<BTreeMap<Wish, Option<TicketNumber>>>,
    acknowledged: AtomicUsize,
    failed: AtomicUsize,
}

impl Wish {
    fn text(&self) -> &str {
        match self {
            Self::Open(text) | Self::Reply(_, text) => text,
        }
    }

    fn key(&self) -> IdempotencyKey {
        IdempotencyKey {
            scope: "writer".to_owned(),
            key: self.text().to_owned(),
            fingerprint: Digest::of(self.text().as_bytes()),
        }
    }

    /// Asks for it.
    pub(crate) async fn ask(&self, world: &World) -> Result<TicketNumber, DeskError> {
        let caller = world.desk.acting(&world.customer).await?;
        let text = self.text();
        let body: Body = format!("Body of {text}.").parse()?;
        let receipt = match self {
            Self::Open(_) => {
                let open = Open::new("support".parse()?, text.parse()?, body);
                caller.open_once(open, self.key()).await?
            }
            Self::Reply(number, _) => {
                let reply = Command::Reply(Reply::from(body));
                caller
                    .perform(Request::new(*number, reply).once(self.key()))
                    .await?
            }
        };
        Ok(receipt.number)
    }
}

impl Journal {
    /// How many wishes were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// How many calls failed.
    pub(crate) fn failed(&self) -> usize {
        self.failed.load(Ordering::SeqCst)
    }

    /// Asks once. A fault must be answered in time, as one that may pass, and say when to try again.
    pub(crate) async fn ask(&self, world: &World, wish: &Wish) -> Option<TicketNumber> {
        self.wishes
            .lock()
            .expect("unpoisoned")
            .entry(wish.clone())
            .or_default();
        let begun = Instant::now();
        let answer = timeout(ANSWER * 3, wish.ask(world)).await;
        let took = begun.elapsed();
        match answer.unwrap_or_else(|_| panic!("{wish:?} hangs")) {
            Ok(number) => {
                self.wishes
                    .lock()
                    .expect("unpoisoned")
                    .insert(wish.clone(), Some(number));
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
                Some(number)
            }
            Err(DeskError::Store(StoreError::Unavailable {
                retry_after,
                detail,
                ..
            })) => {
                assert!(took < ANSWER, "{detail} was answered after {took:?}");
                assert!(
                    retry_after.is_some(),
                    "{detail} without a hint when to try again"
                );
                self.failed.fetch_add(1, Ordering::SeqCst);
                None
            }
            Err(DeskError::Store(StoreError::Conflict { .. })) => {
                self.failed.fetch_add(1, Ordering::SeqCst);
                None
            }
            Err(error) => panic!("{wish:?}: {error:?}"),
        }
    }

    /// Asks again, with the same key, until it is acknowledged.
    pub(crate) async fn insist(&self, world: &World, wish: &Wish) -> TicketNumber {
        let begun = Instant::now();
        loop {
            if let Some(number) = self.ask(world, wish).await {
                return number;
            }
            assert!(
                begun.elapsed() < RECOVERY * 6,
                "{wish:?} is never acknowledged"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Checks that the desk takes writes again, soon enough after `since`.
    pub(crate) async fn recovers(&self, world: &World, since: Instant) {
        self.insist(world, &Wish::Open(format!("recovered at {since:?}")))
            .await;
        assert!(
            since.elapsed() < RECOVERY,
            "it took {:?} to recover",
            since.elapsed()
        );
    }

    /// Asks again for all that was not acknowledged; then exactly what was asked for is stored, each once.
    pub(crate) async fn settle(&self, world: &World) {
        let wishes = self.wishes.lock().expect("unpoisoned").clone();
        for wish in wishes
            .iter()
            .filter(|(_, number)| number.is_none())
            .map(|(wish, _)| wish)
        {
            self.insist(world, wish).await;
        }
        let wishes = self.wishes.lock().expect("unpoisoned").clone();
        let mut stored = stored(world).await;
        for (wish, number) in &wishes {
            let found = stored.remove(wish.text()).unwrap_or_default();
            assert_eq!(found.as_slice(), number.as_slice(), "where {wish:?} is");
        }
        assert!(stored.is_empty(), "nobody asked for {stored:?}");
        let report = world.desk.verify().await.expect("a report");
        assert_eq!(report.findings, [], "{report:?}");
        assert!(report.checked["tickets"] > 0);
    }
}

/// The texts that are stored, of tickets and of replies, with the tickets where they are.
async fn stored(world: &World) -> BTreeMap<String, Vec<TicketNumber>> {
    let end = world.store.next_number().await.expect("a number").get();
    let mut texts: BTreeMap<String, Vec<TicketNumber>> = BTreeMap::new();
    let numbers: Vec<Reference> = (1..end)
        .map(|number| Reference::Number(TicketNumber::new(number).expect("a number")))
        .collect();
    for some in numbers.chunks(100) {
        let tickets = world.store.load(some).await.expect("tickets");
        for ticket in tickets.into_iter().flatten() {
            texts
                .entry(ticket.subject.to_string())
                .or_default()
                .push(ticket.number);
            let thread = world.store.thread(ticket.id).await.expect("a thread");
            for message in thread.messages.iter().skip(1) {
                let text = format!("{:?}", message.body);
                let text = text
                    .split("Body of ")
                    .nth(1)
                    .and_then(|text| text.split('.').next());
                let text = text.expect("a body of ours").to_owned();
                texts.entry(text).or_default().push(ticket.number);
            }
        }
    }
    texts
}

/// Some who open tickets and reply to them, until they are told to stop.
pub(crate) struct Writers {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writers {
    pub(crate) fn start(world: &Arc<World>, journal: &Arc<Journal>, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..count)
            .map(|writer| {
                let (world, journal, stop) = (world.clone(), journal.clone(), stop.clone());
                tokio::spawn(async move {
                    for n in 0.. {
                        if stop.load(Ordering::SeqCst) {
                            return;
                        }
                        let text = format!("writer {writer} wish {n}");
                        let opened = journal.ask(&world, &Wish::Open(text.clone())).await;
                        if let Some(number) = opened {
                            let reply = Wish::Reply(number, format!("{text} reply"));
                            journal.ask(&world, &reply).await;
                        } else {
                            sleep(Duration::from_millis(20)).await;
                        }
                    }
                })
            })
            .collect();
        Self { stop, tasks }
    }

    pub(crate) async fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.expect("a writer");
        }
    }
}
