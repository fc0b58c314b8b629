//! People and organizations of ours.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use ticket_core::person::{Organization, Person, Role};
use ticket_core::port::{Directory, Roster, StoreError};
use ticket_core::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};
use uuid::Uuid;

use crate::error::Error;
use crate::row::{from_json, to_json};
use crate::store::SqliteTenant;

#[async_trait]
impl Directory for SqliteTenant {
    async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut reader = self.reader().await?;
        let mut people = Vec::with_capacity(ids.len());
        for id in ids {
            people.push(by_id(&mut reader, self.id(), id).await?);
        }
        Ok(people)
    }

    async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError> {
        let mut reader = self.reader().await?;
        Ok(by_address(&mut reader, self.id(), address).await?)
    }

    async fn organization(&self, id: &OrganizationId) -> Result<Option<Organization>, StoreError> {
        let mut reader = self.reader().await?;
        let json: Option<String> =
            sqlx::query_scalar("SELECT json FROM organizations WHERE tenant = ? AND id = ?")
                .bind(self.id())
                .bind(id.as_str().to_owned())
                .fetch_optional(&mut *reader)
                .await
                .map_err(Error::from)?;
        let organization = json.map(|json| from_json("an organization", &json));
        Ok(organization.transpose()?)
    }

    async fn members(&self, queue: &QueueKey) -> Result<Vec<Person>, StoreError> {
        let mut reader = self.reader().await?;
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT p.json FROM members m CROSS JOIN people p \
             ON p.tenant = m.tenant AND p.id = m.person \
             WHERE m.tenant = ? AND m.queue = ? ORDER BY m.person",
        )
        .bind(self.id())
        .bind(queue.as_str().to_owned())
        .fetch_all(&mut *reader)
        .await
        .map_err(Error::from)?;
        let people: Result<_, Error> = found.iter().map(|json| read(json)).collect();
        Ok(people?)
    }

    async fn admit(&self, guest: &Mailbox) -> Result<Option<Person>, StoreError> {
        // Most who write are known; they need no turn among the writers.
        if let Some(known) = self.by_address(&guest.address).await? {
            return Ok(Some(known));
        }
        let (tenant, guest) = (self.id(), guest.clone());
        let person = self
            .write(move |connection| Box::pin(admit(connection, tenant, guest)))
            .await?;
        Ok(Some(person))
    }
}

#[async_trait]
impl Roster for SqliteTenant {
    async fn save_person(&self, person: &Person) -> Result<(), StoreError> {
        let (tenant, person) = (self.id(), person.clone());
        Ok(self
            .write(move |connection| {
                Box::pin(async move { save_person(connection, tenant, &person).await })
            })
            .await?)
    }

    async fn save_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        let tenant = self.id();
        let id = organization.id.as_str().to_owned();
        let json = to_json("an organization", organization)?;
        Ok(self
            .write(move |connection| Box::pin(save_organization(connection, tenant, id, json)))
            .await?)
    }
}

fn read(json: &str) -> Result<Person, Error> {
    from_json("a person", json)
}

async fn by_id(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: &PersonId,
) -> Result<Option<Person>, Error> {
    let json: Option<String> =
        sqlx::query_scalar("SELECT json FROM people WHERE tenant = ? AND id = ?")
            .bind(tenant)
            .bind(id.as_str().to_owned())
            .fetch_optional(connection)
            .await?;
    json.as_deref().map(read).transpose()
}

async fn by_address(
    connection: &mut SqliteConnection,
    tenant: i64,
    address: &EmailAddress,
) -> Result<Option<Person>, Error> {
    let json: Option<String> = sqlx::query_scalar(
        "SELECT p.json FROM addresses a CROSS JOIN people p \
         ON p.tenant = a.tenant AND p.id = a.person WHERE a.tenant = ? AND a.address = ?",
    )
    .bind(tenant)
    .bind(address.normal().to_owned())
    .fetch_optional(connection)
    .await?;
    json.as_deref().map(read).transpose()
}

async fn admit(
    connection: &mut SqliteConnection,
    tenant: i64,
    guest: Mailbox,
) -> Result<Person, Error> {
    if let Some(known) = by_address(connection, tenant, &guest.address).await? {
        return Ok(known);
    }
    let name = guest.name.as_deref().unwrap_or_default();
    let person = Person::customer(PersonId::from(Uuid::now_v7()), name, guest.address);
    save_person(connection, tenant, &person).await?;
    Ok(person)
}

async fn save_person(
    connection: &mut SqliteConnection,
    tenant: i64,
    person: &Person,
) -> Result<(), Error> {
    let id = person.id.as_str();
    sqlx::query(
        "INSERT INTO people (tenant, id, json) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET json = excluded.json",
    )
    .bind(tenant)
    .bind(id)
    .bind(to_json("a person", person)?)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM addresses WHERE tenant = ? AND person = ?")
        .bind(tenant)
        .bind(id)
        .execute(&mut *connection)
        .await?;
    for address in &person.addresses {
        // One who names an address twice has it once; somebody else's violates the key.
        sqlx::query(
            "INSERT INTO addresses (tenant, address, person) SELECT ?1, ?2, ?3 \
             WHERE NOT EXISTS (SELECT 1 FROM addresses \
             WHERE tenant = ?1 AND address = ?2 AND person = ?3)",
        )
        .bind(tenant)
        .bind(address.normal())
        .bind(id)
        .execute(&mut *connection)
        .await?;
    }
    save_memberships(connection, tenant, person).await
}

async fn save_memberships(
    connection: &mut SqliteConnection,
    tenant: i64,
    person: &Person,
) -> Result<(), Error> {
    let id = person.id.as_str();
    sqlx::query("DELETE FROM members WHERE tenant = ? AND person = ?")
        .bind(tenant)
        .bind(id)
        .execute(&mut *connection)
        .await?;
    for queue in memberships(person) {
        sqlx::query("INSERT INTO members (tenant, queue, person) VALUES (?, ?, ?)")
            .bind(tenant)
            .bind(queue.as_str())
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The queues of which the person is an active member.
pub(crate) fn memberships(person: &Person) -> impl Iterator<Item = &QueueKey> {
    let queues = match &person.role {
        Role::Agent { queues, .. } | Role::LightAgent { queues } => Some(queues),
        Role::Customer | Role::Admin => None,
    };
    queues.filter(|_| person.active).into_iter().flatten()
}

async fn save_organization(
    connection: &mut SqliteConnection,
    tenant: i64,
    id: String,
    json: String,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO organizations (tenant, id, json) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET json = excluded.json",
    )
    .bind(tenant)
    .bind(id)
    .bind(json)
    .execute(connection)
    .await?;
    Ok(())
}
