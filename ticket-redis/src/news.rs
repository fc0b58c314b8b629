//! News between nodes: what this node tells the others, and what it hears of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::PubSub;
use redis::{Client, RedisResult};
use serde::{Deserialize, Serialize};
use ticket_core::memory::MemoryBus;
use ticket_core::port::{EventBus, Happening};
use ticket_core::value::TenantId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::link::{Link, Trouble};

/// How many news wait to be told to other nodes.
const QUEUE: usize = 1024;
/// How many are told in one round trip.
const BATCH: usize = 64;
/// How long opening a subscription may take.
const OPEN_WITHIN: Duration = Duration::from_secs(1);
/// After how much silence the subscription is asked whether it still lives.
const SILENCE: Duration = Duration::from_secs(5);
/// How long it has to answer.
const ALIVE_WITHIN: Duration = Duration::from_secs(2);
/// How long to wait before the subscription is opened again, at first and at most.
const WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// What goes over the channel.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    /// Who says it.
    node: Uuid,
    said: Said,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// Something happened at a tenant.
    Happened(TenantId, Happening),
    /// This node could not tell everything.
    Lost,
}

/// What nodes tell each other, over one channel and one subscription for each node.
pub(crate) struct News {
    shared: Arc<Shared>,
    /// Taken by the task that tells.
    outgoing: mpsc::Sender<(TenantId, Happening)>,
    waiting: Mutex<Option<mpsc::Receiver<(TenantId, Happening)>>>,
    tasks: OnceLock<[JoinHandle<()>; 2]>,
    patience: Duration,
}

struct Shared {
    node: Uuid,
    channel: String,
    client: Client,
    link: Arc<Link>,
    buses: Mutex<BTreeMap<TenantId, MemoryBus>>,
    /// Whether the subscription stands.
    listens: watch::Sender<bool>,
    /// Whether subscribers were there while the subscription did not stand.
    missed: AtomicBool,
    /// Whether something was not told to the others.
    lost: AtomicBool,
}

impl News {
    pub(crate) fn new(
        node: Uuid,
        channel: String,
        client: Client,
        link: &Arc<Link>,
        patience: Duration,
    ) -> Self {
        let (outgoing, waiting) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            node,
            channel,
            client,
            link: Arc::clone(link),
            buses: Mutex::default(),
            listens: watch::Sender::new(false),
            missed: AtomicBool::new(false),
            lost: AtomicBool::new(false),
        });
        Self {
            shared,
            outgoing,
            waiting: Mutex::new(Some(waiting)),
            tasks: OnceLock::new(),
            patience,
        }
    }

    /// The bus inside this node, where its own news and those of others meet.
    pub(crate) fn bus(&self, tenant: TenantId) -> MemoryBus {
        self.shared.buses().entry(tenant).or_default().clone()
    }

    /// Tells the other nodes, without waiting.
    pub(crate) fn tell(&self, tenant: TenantId, happening: Happening) {
        self.start();
        if self.outgoing.try_send((tenant, happening)).is_err() {
            self.shared.lost.store(true, Ordering::Relaxed);
        }
    }

    /// Listens to other nodes from now on, as soon as Redis answers.
    pub(crate) async fn listen(&self) {
        self.start();
        let mut listens = self.shared.listens.subscribe();
        let waited = timeout(self.patience, listens.wait_for(|own| *own)).await;
        if waited.is_err() {
            self.shared.missed.store(true, Ordering::Relaxed);
        }
    }

    fn start(&self) {
        self.tasks.get_or_init(|| {
            let waiting = self.waiting.lock();
            let waiting = waiting.unwrap_or_else(PoisonError::into_inner).take();
            let (teller, listener) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
            [
                tokio::spawn(async move {
                    if let Some(waiting) = waiting {
                        teller.tell_all(waiting).await;
                    }
                }),
                tokio::spawn(async move { listener.listen_for_ever().await }),
            ]
        });
    }
}

impl Drop for News {
    fn drop(&mut self) {
        for task in self.tasks.get().into_iter().flatten() {
            task.abort();
        }
    }
}

impl Shared {
    fn buses(&self) -> MutexGuard<'_, BTreeMap<TenantId, MemoryBus>> {
        self.buses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what waits, until nobody can add to it.
    async fn tell_all(&self, mut waiting: mpsc::Receiver<(TenantId, Happening)>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut wait = WAIT.0;
        loop {
            let owes = self.lost.load(Ordering::Relaxed);
            if owes {
                // Nothing new may come for long, so it is tried without.
                let more = timeout(wait, waiting.recv_many(&mut batch, BATCH)).await;
                if more == Ok(0) {
                    return;
                }
            } else if waiting.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
            let owes = self.lost.swap(false, Ordering::Relaxed);
            let news = batch
                .drain(..)
                .map(|(tenant, happening)| Said::Happened(tenant, happening));
            let said = owes.then_some(Said::Lost).into_iter().chain(news);
            if self.publish(said).await.is_ok() {
                wait = WAIT.0;
            } else {
                self.lost.store(true, Ordering::Relaxed);
                wait = (wait * 2).min(WAIT.1);
            }
        }
    }

    async fn publish(&self, all: impl Iterator<Item = Said>) -> Result<(), Trouble> {
        let mut commands = redis::pipe();
        for said in all {
            let message = Message {
                node: self.node,
                said,
            };
            if let Ok(json) = serde_json::to_string(&message) {
                commands
                    .cmd("PUBLISH")
                    .arg(&self.channel)
                    .arg(json)
                    .ignore();
            }
        }
        self.link.send(&commands).await
    }

    async fn listen_for_ever(&self) {
        let mut wait = WAIT.0;
        loop {
            if let Ok(subscription) = self.subscribe().await {
                wait = WAIT.0;
                self.hear(subscription).await;
                self.missed.store(true, Ordering::Relaxed);
                self.listens.send_replace(false);
                tracing::warn!("news of other nodes do not come; trying again");
            }
            sleep(wait).await;
            wait = (wait * 2).min(WAIT.1);
        }
    }

    async fn subscribe(&self) -> RedisResult<PubSub> {
        let open = async {
            let mut subscription = self.client.get_async_pubsub().await?;
            subscription.subscribe(&self.channel).await?;
            Ok(subscription)
        };
        let too_late = |_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
        timeout(OPEN_WITHIN, open).await.unwrap_or_else(too_late)
    }

    /// Passes on what comes, until the subscription ends.
    async fn hear(&self, subscription: PubSub) {
        // First they listen, then they catch up: so nothing is missed in between.
        self.listens.send_replace(true);
        if self.missed.swap(false, Ordering::Relaxed) {
            self.tell_of_gap().await;
        }
        let (mut asking, mut messages) = subscription.split();
        loop {
            match timeout(SILENCE, messages.next()).await {
                Ok(Some(message)) => self.pass_on(message.get_payload_bytes()).await,
                Ok(None) => return,
                Err(_) => {
                    let alive = timeout(ALIVE_WITHIN, asking.ping::<redis::Value>()).await;
                    if !matches!(alive, Ok(Ok(_))) {
                        return;
                    }
                }
            }
        }
    }

    async fn pass_on(&self, payload: &[u8]) {
        // What can't be read was said by a newer version, about what this one does not know.
        let Ok(message) = serde_json::from_slice::<Message>(payload) else {
            return;
        };
        if message.node == self.node {
            return;
        }
        match message.said {
            Said::Happened(tenant, happening) => {
                let bus = self.buses().get(&tenant).cloned();
                if let Some(bus) = bus {
                    bus.publish(happening).await;
                }
            }
            Said::Lost => self.tell_of_gap().await,
        }
    }

    /// Tells every subscriber on this node that there was something to hear.
    async fn tell_of_gap(&self) {
        let buses: Vec<MemoryBus> = self.buses().values().cloned().collect();
        for bus in buses {
            bus.publish(Happening::Missed).await;
        }
    }
}
