//! The handle on Redis.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::redis::{Cmd, FromRedisValue, Script, ScriptInvocation};
use ticket_core::port::StoreError;
use ticket_core::value::TenantId;
use tokio::time::Instant;
use uuid::Uuid;

use crate::link::{Link, Trouble};
use crate::news::News;
use crate::options::{InvalidOptions, RedisOptions};

/// How many changes are kept before those that are old are looked for.
const SWEEP_FROM: usize = 1024;

/// What one node knows of Redis, as a view on one tenant; clones share the connection.
///
/// Making it asks nothing of the server. The adapters of one node are made from one value, so that
/// they share its connection and its pause after a failure.
#[derive(Clone)]
pub struct Redis {
    node: Arc<Node>,
    tenant: TenantId,
}

struct Node {
    id: Uuid,
    prefix: String,
    link: Arc<Link>,
    news: News,
    changes: Mutex<Changes>,
}

/// What this node changed a short while ago, and until when its cache does not answer for it.
#[derive(Default)]
struct Changes {
    until: BTreeMap<String, Instant>,
    sweep_at: usize,
}

impl Redis {
    /// A handle for the default tenant.
    ///
    /// For TLS, rustls needs a provider of cryptography for the process. Where the program has
    /// installed none, ring becomes it.
    ///
    /// # Errors
    /// None so far; the options are checked when they are given.
    pub fn new(options: &RedisOptions) -> Result<Self, InvalidOptions> {
        if options.has_tls() && rustls::crypto::CryptoProvider::get_default().is_none() {
            // Somebody else may have installed one meanwhile, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let (deadline, pause) = options.patience();
        let link = Arc::new(Link::new(options.client().clone(), deadline, pause));
        let (id, prefix) = (Uuid::now_v7(), options.key_prefix().to_owned());
        let channel = format!("{prefix}:news");
        let news = News::new(id, channel, options.client().clone(), &link, deadline);
        Ok(Self {
            node: Arc::new(Node {
                id,
                prefix,
                link,
                news,
                changes: Mutex::default(),
            }),
            tenant: TenantId::default(),
        })
    }

    /// The same Redis, seen by another tenant; tenants share nothing.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> Self {
        Self {
            node: Arc::clone(&self.node),
            tenant,
        }
    }

    /// Asks whether Redis answers, as for a readiness check.
    ///
    /// # Errors
    /// `Unavailable` when it does not, or was left alone after a failure.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.ask(&::redis::cmd("PING")).await?)
    }

    pub(crate) fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn news(&self) -> &News {
        &self.node.news
    }

    /// The key of a thing of this tenant.
    pub(crate) fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{}:{kind}:{name}", self.node.prefix, self.tenant)
    }

    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Trouble> {
        self.node.link.run(script).await
    }

    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Trouble> {
        self.node.link.ask(command).await
    }

    /// Notes that this node changed what is behind these keys.
    pub(crate) fn note_changes(&self, keys: &[String], span: Duration) {
        let changes = &mut *self.changes();
        let now = Instant::now();
        if changes.until.len() >= changes.sweep_at.max(SWEEP_FROM) {
            changes.until.retain(|_, until| *until > now);
            changes.sweep_at = changes.until.len().saturating_mul(2);
        }
        let until = now + span;
        changes
            .until
            .extend(keys.iter().map(|key| (key.clone(), until)));
    }

    /// Whether this node changed a short while ago what is behind the key.
    pub(crate) fn has_changed(&self, key: &str) -> bool {
        let changes = self.changes();
        let until = changes.until.get(key);
        until.is_some_and(|until| *until > Instant::now())
    }

    fn changes(&self) -> std::sync::MutexGuard<'_, Changes> {
        let changes = self.node.changes.lock();
        changes.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("node", &self.node.id)
            .field("prefix", &self.node.prefix)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// A script of ours, with what stands before each.
macro_rules! script {
    ($file:literal) => {{
        static SCRIPT: std::sync::LazyLock<::redis::Script> = std::sync::LazyLock::new(|| {
            ::redis::Script::new(concat!(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/lua/own.lua")),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/lua/", $file))
            ))
        });
        &*SCRIPT
    }};
}
pub(crate) use script;

/// Begins a call of a script.
pub(crate) fn call(script: &Script) -> ScriptInvocation<'_> {
    script.prepare_invoke()
}
