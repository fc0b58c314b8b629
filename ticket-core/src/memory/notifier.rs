//! A notifier that keeps what it was given.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::lock;
use crate::notice::Letter;
use crate::port::{Notifier, NotifyError};

/// A notifier that collects letters, and fails when it is told to; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct MemoryNotifier {
    tray: Arc<Mutex<Tray>>,
}

#[derive(Debug, Default)]
struct Tray {
    letters: Vec<Letter>,
    failure: Option<NotifyError>,
}

impl MemoryNotifier {
    /// A notifier that delivers everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The letters that were delivered, in order.
    pub fn letters(&self) -> Vec<Letter> {
        lock(&self.tray).letters.clone()
    }

    /// Takes out the letters that were delivered, in order.
    pub fn take_letters(&self) -> Vec<Letter> {
        std::mem::take(&mut lock(&self.tray).letters)
    }

    /// Fails every delivery in this way from now on, or none at all.
    pub fn fail_with(&self, failure: Option<NotifyError>) {
        lock(&self.tray).failure = failure;
    }
}

#[async_trait]
impl Notifier for MemoryNotifier {
    async fn deliver(&self, letter: &Letter) -> Result<(), NotifyError> {
        let mut tray = lock(&self.tray);
        if let Some(failure) = &tray.failure {
            return Err(failure.clone());
        }
        tray.letters.push(letter.clone());
        Ok(())
    }
}
