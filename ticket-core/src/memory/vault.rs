//! Sealed secrets.

use async_trait::async_trait;

use super::MemoryStore;
use crate::port::{Sealed, StoreError, Vault};
use crate::value::Version;

#[async_trait]
impl Vault for MemoryStore {
    async fn sealed(&self, names: &[String]) -> Result<Vec<Sealed>, StoreError> {
        let records = self.records();
        let found = names.iter().filter_map(|name| records.sealed.get(name));
        Ok(found.cloned().collect())
    }

    async fn seal(&self, name: &str, seen: u64, bytes: &[u8]) -> Result<u64, StoreError> {
        let mut records = self.records();
        let stored = records.sealed.get(name).map_or(0, |own| own.generation);
        if stored != seen {
            let current = Version::new(stored);
            return Err(StoreError::Conflict { current });
        }
        let generation = stored.saturating_add(1);
        let sealed = Sealed {
            name: name.to_owned(),
            generation,
            bytes: bytes.to_vec(),
        };
        records.sealed.insert(name.to_owned(), sealed);
        Ok(generation)
    }

    async fn forget_sealed(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.records().sealed.remove(name).is_some())
    }
}
