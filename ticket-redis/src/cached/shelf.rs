//! Entries of the cache, and who may fill them.

use std::time::Duration;

use redis::ScriptInvocation;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::redis::{Redis, call, script};

/// Which version of the program wrote an entry. Others have their own, because a field that one
/// does not know would be lost; a change removes those of all.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How long a mark holds: a reader who needs longer fills nothing.
const MARK_HOLDS: Duration = Duration::from_secs(5);

/// What was found under a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<V> {
    /// The entry.
    Entry(V),
    /// Nothing: read through, and [`Shelf::fill`] it.
    Fill,
    /// Nothing: read through. Somebody else fills it, it was changed here, or Redis is away.
    Leave,
}

/// The entries of one tenant.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    redis: Redis,
    ttl: Duration,
}

/// One look at some entries; its mark allows to fill those that were not there.
#[derive(Debug)]
pub(super) struct Look<V> {
    pub(super) found: Vec<Found<V>>,
    mark: String,
}

/// A change of what is behind some entries. From its begin until a while after its end, this node
/// reads through, even if the change is abandoned half-way.
#[derive(Debug)]
pub(super) struct Change<'a> {
    shelf: &'a Shelf,
    keys: Vec<String>,
}

impl Shelf {
    pub(super) const fn new(redis: Redis, ttl: Duration) -> Self {
        Self { redis, ttl }
    }

    pub(super) const fn hold(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    pub(super) fn key(&self, kind: &str, name: &str) -> String {
        self.redis.key(&format!("cache:{kind}"), name)
    }

    /// Looks at entries; one answer for each key.
    pub(super) async fn look<V: DeserializeOwned>(&self, keys: &[String], part: &str) -> Look<V> {
        let mark = Uuid::now_v7().to_string();
        // Decided once: a change during the call must not shift answers to other keys.
        let is_asked: Vec<bool> = keys.iter().map(|key| self.answers_for(key)).collect();
        let each = || keys.iter().zip(&is_asked);
        let asked: Vec<&String> = each()
            .filter(|(_, own)| **own)
            .map(|(key, _)| key)
            .collect();
        let mut answers = Vec::new();
        if !asked.is_empty() {
            let mut call = begin(script!("look.lua"), &asked, part, &mark);
            call.arg(millis(MARK_HOLDS));
            // Without Redis there is no answer, and everything is read through.
            answers = self
                .redis
                .run::<Vec<Vec<u8>>>(&call)
                .await
                .unwrap_or_default();
        }
        let mut answers = answers.into_iter();
        let found = each().map(|(key, is_asked)| {
            let answer = is_asked.then(|| answers.next()).flatten();
            // What changed during the call may be in an answer as it was before.
            let answer = answer.filter(|_| self.answers_for(key));
            answer.map_or(Found::Leave, |answer| read(&answer))
        });
        Look {
            found: found.collect(),
            mark,
        }
    }

    /// Fills entries that were to be filled, by the mark of the look.
    pub(super) async fn fill<V: Serialize, L>(
        &self,
        look: &Look<L>,
        part: &str,
        entries: &[(String, &V)],
    ) {
        let written: Result<Vec<(&String, Vec<u8>)>, _> = entries
            .iter()
            .filter(|(key, _)| self.answers_for(key))
            .map(|(key, value)| serde_json::to_vec(value).map(|json| (key, json)))
            .collect();
        let Ok(written) = written else { return };
        if written.is_empty() {
            return;
        }
        let keys: Vec<&String> = written.iter().map(|(key, _)| *key).collect();
        let mut call = begin(script!("fill.lua"), &keys, part, &look.mark);
        call.arg(millis(self.ttl));
        for (_, json) in &written {
            call.arg(json.as_slice());
        }
        // An entry that is not filled costs the next reader time, nothing else.
        let _: Result<u64, _> = self.redis.run(&call).await;
    }

    /// Begins a change of what is behind these keys.
    pub(super) fn change(&self, keys: Vec<String>) -> Change<'_> {
        self.redis.note_changes(&keys, self.blind());
        Change { shelf: self, keys }
    }

    /// Whether this node may trust an entry: not when it changed what is behind it a while ago.
    fn answers_for(&self, key: &str) -> bool {
        !self.redis.has_changed(key)
    }

    /// For how long this node reads through after a change: what another node may have filled in
    /// just before is too old by then.
    const fn blind(&self) -> Duration {
        self.ttl.saturating_mul(2).saturating_add(MARK_HOLDS)
    }
}

impl Change<'_> {
    /// Removes the entries for all nodes. Call it when the write is over, however it went: a
    /// write that failed may have been done all the same.
    pub(super) async fn over(self) {
        let mut command = redis::cmd("DEL");
        command.arg(&self.keys);
        let removed: Result<u64, _> = self.shelf.redis.ask(&command).await;
        if removed.is_err() {
            tracing::debug!("the cache of other nodes is late by the age of an entry");
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.shelf
            .redis
            .note_changes(&self.keys, self.shelf.blind());
    }
}

fn begin<'a>(
    script: &'a redis::Script,
    keys: &[&String],
    part: &str,
    mark: &str,
) -> ScriptInvocation<'a> {
    let mut call = call(script);
    for key in keys {
        call.key(key.as_str());
    }
    call.arg(format!("{VERSION}:{part}")).arg(mark);
    call
}

fn read<V: DeserializeOwned>(answer: &[u8]) -> Found<V> {
    match answer.split_first() {
        Some((b'v', json)) => serde_json::from_slice(json).map_or(Found::Leave, Found::Entry),
        Some((b'f', _)) => Found::Fill,
        _ => Found::Leave,
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, 1 << 50)
}
