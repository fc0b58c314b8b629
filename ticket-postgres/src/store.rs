//! The store and its view on one tenant.

use sqlx::postgres::PgRow;
use ticket_core::port::StoreError;
use ticket_core::value::TenantId;

use crate::error::Error;
use crate::migrate;
use crate::options::PostgresOptions;
use crate::pool::{Pool, Query};
use crate::replica::Replicas;
use crate::search::{Bounds, Search};
use crate::text::Language;

/// A desk in a PostgreSQL database; clones share the same connections.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    primary: Pool,
    /// For what may take long: walks over everything, migrations.
    patient: Pool,
    /// Which lists and searches may be read from.
    replicas: Replicas,
    search: Search,
}

/// A [`PostgresStore`] as one tenant sees it: it has all ports of a store and a directory.
#[derive(Debug, Clone)]
pub struct PostgresTenant {
    store: PostgresStore,
    tenant: TenantId,
}

impl PostgresStore {
    pub(crate) const fn new(
        primary: Pool,
        patient: Pool,
        replicas: Replicas,
        search: Search,
    ) -> Self {
        Self {
            primary,
            patient,
            replicas,
            search,
        }
    }

    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// See [`PostgresOptions::connect`].
    pub async fn connect(options: PostgresOptions) -> Result<Self, StoreError> {
        options.connect().await
    }

    /// Connects to a database as it is.
    ///
    /// # Errors
    /// See [`PostgresOptions::connect_without_migrating`].
    pub async fn connect_without_migrating(options: PostgresOptions) -> Result<Self, StoreError> {
        options.connect_without_migrating().await
    }

    /// The store as this tenant sees it.
    pub fn tenant(&self, tenant: TenantId) -> PostgresTenant {
        PostgresTenant {
            store: self.clone(),
            tenant,
        }
    }

    /// The migrations that the database lacks, in order, by number and name.
    ///
    /// # Errors
    /// `Backend` when the schema is newer than this program.
    pub async fn pending_migrations(&self) -> Result<Vec<(i64, &'static str)>, StoreError> {
        Ok(migrate::pending(&self.primary).await?)
    }

    /// Brings the schema up to date; does nothing when it is. Several programs may do so at once.
    ///
    /// # Errors
    /// `Backend` when the schema is newer than this program, or its search index is made for
    /// another language; `Unavailable` when somebody holds what must be changed for too long.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.bring_up_to_date().await?;
        Ok(self.take_language().await?)
    }

    /// Brings the schema up to date, whichever language its search index is made for.
    pub(crate) async fn bring_up_to_date(&self) -> Result<(), StoreError> {
        if migrate::pending(&self.primary).await?.is_empty() {
            return Ok(());
        }
        Ok(migrate::migrate(&self.patient).await?)
    }

    /// Whether a server that takes writes answers.
    ///
    /// # Errors
    /// `Unavailable` when none does.
    pub async fn check(&self) -> Result<(), StoreError> {
        let question = sqlx::query("SELECT 1");
        self.primary.read_first(question).await?;
        Ok(())
    }

    /// Closes all connections; whatever comes later is `Unavailable`.
    ///
    /// Dropping all handles does the same.
    pub async fn close(&self) {
        self.primary.close();
        self.patient.close();
        self.replicas.close();
    }
}

impl PostgresStore {
    pub(crate) const fn primary(&self) -> &Pool {
        &self.primary
    }

    pub(crate) const fn patient(&self) -> &Pool {
        &self.patient
    }

    pub(crate) const fn language(&self) -> Language {
        self.search.language
    }
}

impl PostgresTenant {
    /// The tenant as columns hold it.
    pub(crate) fn id(&self) -> i64 {
        i64::from(self.tenant.get())
    }

    /// Where writes go, and reads on which writes rest.
    pub(crate) const fn primary(&self) -> &Pool {
        &self.store.primary
    }

    /// Reads what no decision rests on: lists, searches and counts, from a standby if one will do.
    pub(crate) async fn read_list(&self, query: Query<'_>) -> Result<Vec<PgRow>, Error> {
        self.store.replicas.read(&self.store.primary, query).await
    }

    /// By which language words are reduced to their stems.
    pub(crate) const fn language(&self) -> Language {
        self.store.search.language
    }

    /// Up to how many tickets a list is short.
    pub(crate) const fn bounds(&self) -> Bounds {
        self.store.search.bounds
    }

    /// Where walks over everything go.
    pub(crate) const fn patient(&self) -> &Pool {
        &self.store.patient
    }
}
