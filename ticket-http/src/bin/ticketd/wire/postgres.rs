//! The store on PostgreSQL, for several nodes.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use ticket_core::value::TenantId;
use ticket_postgres::{PostgresOptions, PostgresStore};

use super::{Begun, Opened, Ports};
use crate::cli::Options;
use crate::secret;

/// What an error of the database is about: never the URL, which may hold a password.
const DATABASE: &str = "the database of DATABASE_URL";

pub(super) async fn make(options: &Options, url: &str) -> anyhow::Result<Begun> {
    let store = of(options, url).connect().await.context(DATABASE)?;
    begun(options, store).await
}

pub(super) async fn open(options: &Options, url: &str) -> anyhow::Result<Begun> {
    let store = existing(options, url).await?;
    let pending = store.pending_migrations().await.context(DATABASE)?;
    if !pending.is_empty() {
        bail!("{DATABASE} is empty or of an earlier version; run `ticketd migrate` first");
    }
    begun(options, store).await
}

/// The migrations that are missing.
pub(super) async fn pending(
    options: &Options,
    url: &str,
) -> anyhow::Result<Option<Vec<(i64, &'static str)>>> {
    let store = existing(options, url).await?;
    let pending = store.pending_migrations().await.context(DATABASE)?;
    store.close().await;
    Ok(Some(pending))
}

async fn begun(options: &Options, store: PostgresStore) -> anyhow::Result<Begun> {
    let tenant = Arc::new(store.tenant(TenantId::default()));
    let known = tenant.mark().await.context(DATABASE)?;
    let key = secret::key(&options.data, known.is_some())?;
    let own = key.signing.loop_marker();
    // Of two nodes that begin at once with keys of their own, one is the first.
    if tenant.keep_mark(&own).await.context(DATABASE)? != own {
        key.forget();
        bail!(
            "another node began the desk in {DATABASE} with another key; give this node the same: \
             copy its secret.key into {}, or set TICKETD_SECRET_KEY on both",
            options.data.display()
        );
    }
    Ok(Begun {
        ports: Ports {
            store: tenant.clone(),
            roster: tenant.clone(),
            blobs: tenant.clone(),
            limiter: tenant.clone(),
            lookup: Some(tenant),
        },
        opened: Opened::Postgres(store),
        key: key.signing,
        place: "PostgreSQL, by DATABASE_URL".to_owned(),
    })
}

async fn existing(options: &Options, url: &str) -> anyhow::Result<PostgresStore> {
    let connected = of(options, url).connect_without_migrating().await;
    connected.context(DATABASE)
}

fn of(options: &Options, url: &str) -> PostgresOptions {
    let connections = options.database.database_connections;
    let postgres = PostgresOptions::new(url).connections(connections.into());
    let replicas = options.database.database_replica_url.iter();
    replicas
        .filter(|url| !url.is_empty())
        .fold(postgres, PostgresOptions::replica)
}
