//! The file, the handle, and opening it again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ticket_core::memory::MemoryStore;
use ticket_core::port::StoreError;
use ticket_core::value::TenantId;
use tokio::sync::Mutex;

use crate::call::Call;

/// The name of the journal in its folder.
pub(crate) const FILE: &str = "journal.jsonl";

/// A store in one folder, as a tenant sees it; clones share it.
///
/// One process at a time may have a folder open.
#[derive(Clone)]
pub(crate) struct JournalStore {
    journal: Arc<Mutex<Journal>>,
    folder: Arc<PathBuf>,
    tenant: TenantId,
}

/// What the mutex guards, so that nobody reads what is not durable yet.
pub(crate) struct Journal {
    state: MemoryStore,
    file: File,
    /// Set when a write failed: memory is ahead of the file then, and the file is the truth.
    broken: bool,
}

/// One write.
#[derive(Serialize, Deserialize)]
struct Line {
    tenant: TenantId,
    call: Call,
}

impl JournalStore {
    /// Opens a folder; an empty one becomes a store.
    pub(crate) async fn open(folder: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(folder.join(FILE))
            .map_err(unavailable)?;
        // A new file is safe only when its folder knows it.
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(unavailable)?;
        let state = MemoryStore::new();
        replay(&file, &state).await?;
        let journal = Journal {
            state,
            file,
            broken: false,
        };
        Ok(Self {
            journal: Arc::new(Mutex::new(journal)),
            folder: Arc::new(folder.to_owned()),
            tenant: TenantId::default(),
        })
    }

    /// The same store, seen by another tenant.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "this program has one tenant, the suite has several"
        )
    )]
    pub(crate) fn tenant(&self, tenant: TenantId) -> Self {
        Self {
            tenant,
            ..self.clone()
        }
    }

    /// Where the tenant's attachments are.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.folder.join(format!("blobs-{}", self.tenant))
    }

    /// The state as it is on the disk.
    pub(crate) async fn read(&self) -> Result<MemoryStore, StoreError> {
        // The guard is dropped here: what was read may be old when it is used, like any reading.
        self.journal.lock().await.state(self.tenant)
    }

    /// The state, to change it; nobody reads until the change is in the file.
    pub(crate) async fn write(&self) -> Result<Writing<'_>, StoreError> {
        let journal = self.journal.lock().await;
        Ok(Writing {
            state: journal.state(self.tenant)?,
            journal,
            tenant: self.tenant,
        })
    }
}

impl Journal {
    fn state(&self, tenant: TenantId) -> Result<MemoryStore, StoreError> {
        if self.broken {
            return Err(unavailable(io::Error::other(
                "the journal must be opened again",
            )));
        }
        Ok(self.state.tenant(tenant))
    }
}

/// A change in the making.
pub(crate) struct Writing<'a> {
    /// What to change.
    pub(crate) state: MemoryStore,
    journal: tokio::sync::MutexGuard<'a, Journal>,
    tenant: TenantId,
}

impl Writing<'_> {
    /// Makes the change durable: after this line is on the disk, it happened.
    ///
    /// It blocks its thread, and never awaits: a caller who gives up half-way can't leave the
    /// change in memory alone. A busy store would give the file a thread of its own.
    pub(crate) fn keep(mut self, call: Call) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let journal = &mut *self.journal;
        let written = append(&mut journal.file, &Line { tenant, call });
        journal.broken = written.is_err();
        written.map_err(unavailable)
    }
}

fn append(file: &mut File, line: &Line) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    file.write_all(&bytes)?;
    file.sync_data()
}

/// Makes all calls again, and cuts off what the last process did not finish to write.
async fn replay(mut file: &File, state: &MemoryStore) -> Result<(), StoreError> {
    let mut reader = BufReader::new(file);
    let (mut line, mut whole) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(unavailable)?;
        if line.last() != Some(&b'\n') {
            break;
        }
        let Line { tenant, call } = serde_json::from_slice(&line)
            .map_err(|error| StoreError::corrupt(format!("journal at byte {whole}: {error}")))?;
        call.again(&state.tenant(tenant)).await?;
        whole += length as u64;
    }
    file.set_len(whole).map_err(unavailable)?;
    file.seek(SeekFrom::End(0)).map_err(unavailable)?;
    Ok(())
}

/// The one conversion of this adapter's faults.
pub(crate) fn unavailable(error: io::Error) -> StoreError {
    StoreError::Unavailable {
        detail: error.kind().to_string(),
        retry_after: None,
        source: Some(Arc::new(error)),
    }
}
