//! The one writer: a task with the only connection that writes.
//!
//! Writes wait in line. Those that wait together share one transaction and thus one flush to the
//! disk, each inside its own savepoint, so that one which is refused takes nothing from the
//! others. A write is answered only after its transaction is committed. A caller who goes away
//! leaves nothing half done: the task finishes what it began.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::error::Error;

/// Most writes that share one transaction.
const BATCH: usize = 64;
/// Most writes that wait in line; more make their callers wait for a place.
const LINE: usize = 1024;

/// What a write does, and its answer.
pub(crate) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'c>>;

/// Whether a write must survive a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It is on the disk when it is answered.
    Durable,
    /// A crash of the machine may undo it, unless something durable was written after it.
    Relaxed,
}

/// Where writes are handed in; clones write to the same line.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    line: mpsc::Sender<Box<dyn Write>>,
    task: Arc<Mutex<Option<Running>>>,
}

/// The task, and how it is told to stop.
type Running = (oneshot::Sender<()>, JoinHandle<()>);

/// A write in line: does its work, keeps the answer, and gives it when the transaction is over.
trait Write: Send {
    fn durability(&self) -> Durability;
    /// Does its work. An error rolls back its own savepoint only, unless it breaks the connection.
    fn perform<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> Work<'c, ()>;
    fn answer(self: Box<Self>, outcome: Result<(), Error>);
}

struct Job<F, T> {
    durability: Durability,
    work: Option<F>,
    answer: Option<T>,
    caller: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Write for Job<F, T>
where
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send,
    T: Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn perform<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> Work<'c, ()> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.answer = Some(work(connection).await?);
            }
            Ok(())
        })
    }

    fn answer(self: Box<Self>, outcome: Result<(), Error>) {
        let Self { answer, caller, .. } = *self;
        let answer = outcome.and_then(|()| answer.ok_or(Error::Closed));
        // The caller may have gone away; the write stays.
        drop(caller.send(answer));
    }
}

impl Writer {
    /// Starts the task; it ends, and closes its connection, when the last handle is gone.
    pub(crate) fn start(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        let (line, writes) = mpsc::channel(LINE);
        let (stop, stopped) = oneshot::channel();
        let task = Task {
            options,
            connection: Some(connection),
        };
        let running = tokio::spawn(task.run(writes, stopped));
        Self {
            line,
            task: Arc::new(Mutex::new(Some((stop, running)))),
        }
    }

    /// Finishes the writes in line, closes the connection and takes no more.
    pub(crate) async fn close(&self) {
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((stop, running)) = task {
            // An error means that the task is gone already.
            let _ = stop.send(());
            drop(running.await);
        }
    }

    /// Does some work in a transaction and answers after its commit.
    pub(crate) async fn write<F, T>(&self, durability: Durability, work: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = Job {
            durability,
            work: Some(work),
            answer: None,
            caller,
        };
        let line = self.line.send(Box::new(job));
        line.await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Does some work later, if there is room in the line; nobody hears of it.
    pub(crate) fn write_sometime<F>(&self, work: F)
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, ()> + Send + 'static,
    {
        let (caller, _) = oneshot::channel();
        let job = Job {
            durability: Durability::Relaxed,
            work: Some(work),
            answer: None,
            caller,
        };
        drop(self.line.try_send(Box::new(job)));
    }
}

struct Task {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
}

impl Task {
    async fn run(
        mut self,
        mut writes: mpsc::Receiver<Box<dyn Write>>,
        mut stopped: oneshot::Receiver<()>,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                Ok(()) = &mut stopped, if !writes.is_closed() => writes.close(),
                count = writes.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    self.commit(std::mem::take(&mut batch)).await;
                }
            }
        }
        if let Some(connection) = self.connection {
            close(connection).await;
        }
    }

    async fn commit(&mut self, batch: Vec<Box<dyn Write>>) {
        let mut refused = Vec::new();
        let mut written = Vec::new();
        let mut batch = batch.into_iter();
        let outcome = self.transact(&mut batch, &mut written, &mut refused).await;
        let Err(mut error) = outcome else {
            for write in written {
                write.answer(Ok(()));
            }
            for (write, refusal) in refused {
                write.answer(Err(refusal));
            }
            return;
        };
        // Whatever transaction the connection is in ends with it.
        tracing::warn!(%error, "a write failed; opening a new connection");
        self.connection = None;
        // Whoever failed hears why, the others that nothing of theirs was written. A refusal
        // does not stand either: it may rest on a write that is gone now.
        let swept = error.to_string();
        let refused = refused.into_iter().map(|(write, _)| write);
        for write in written.into_iter().rev().chain(batch).chain(refused) {
            write.answer(Err(error));
            error = Error::Swept(swept.clone());
        }
    }

    /// Performs writes in one transaction; on an error the last of those written is the culprit.
    async fn transact(
        &mut self,
        batch: &mut std::vec::IntoIter<Box<dyn Write>>,
        written: &mut Vec<Box<dyn Write>>,
        refused: &mut Vec<(Box<dyn Write>, Error)>,
    ) -> Result<(), Error> {
        let relaxed = batch
            .as_slice()
            .iter()
            .all(|write| write.durability() == Durability::Relaxed);
        let alone = batch.as_slice().len() == 1;
        let connection = self.connection().await?;
        if relaxed {
            run(connection, "PRAGMA synchronous = NORMAL").await?;
        }
        run(connection, "BEGIN IMMEDIATE").await?;
        for mut write in batch {
            if !alone {
                run(connection, "SAVEPOINT one").await?;
            }
            match write.perform(connection).await {
                Ok(()) => {
                    written.push(write);
                    if !alone {
                        run(connection, "RELEASE one").await?;
                    }
                }
                Err(error) if error.breaks_connection() => {
                    written.push(write);
                    return Err(error);
                }
                Err(error) => {
                    refused.push((write, error));
                    if !alone {
                        run(connection, "ROLLBACK TO one").await?;
                        run(connection, "RELEASE one").await?;
                    }
                }
            }
        }
        let end = if written.is_empty() {
            "ROLLBACK"
        } else {
            "COMMIT"
        };
        run(connection, end).await?;
        if relaxed {
            run(connection, "PRAGMA synchronous = FULL").await?;
        }
        Ok(())
    }

    async fn connection(&mut self) -> Result<&mut SqliteConnection, Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(self.connection.insert(connection))
    }
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), Error> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the file was not closed cleanly; nothing is lost");
    }
}
