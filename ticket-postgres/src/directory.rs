//! People and organizations of ours.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticket_core::person::{Organization, Person, Role};
use ticket_core::port::{Directory, Roster, StoreError};
use ticket_core::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};
use uuid::Uuid;

use crate::error::Error;
use crate::row::{from_json, to_json};
use crate::store::PostgresTenant;

#[async_trait]
impl Directory for PostgresTenant {
    async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.people_by_id(ids).await?)
    }

    async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError> {
        let asked = sqlx::query(
            "SELECT p.json FROM addresses a JOIN people p \
             ON p.tenant = a.tenant AND p.id = a.person WHERE a.tenant = $1 AND a.address = $2",
        )
        .bind(self.id())
        .bind(address.normal());
        let row = self.primary().read_first(asked).await?;
        Ok(row.as_ref().map(person).transpose()?)
    }

    async fn organization(&self, id: &OrganizationId) -> Result<Option<Organization>, StoreError> {
        let asked = sqlx::query("SELECT json FROM organizations WHERE tenant = $1 AND id = $2")
            .bind(self.id())
            .bind(id.as_str());
        let row = self.primary().read_first(asked).await?;
        let read = |row: PgRow| from_json("an organization", row.try_get(0)?);
        Ok(row.map(read).transpose()?)
    }

    async fn members(&self, queue: &QueueKey) -> Result<Vec<Person>, StoreError> {
        let asked = sqlx::query(
            "SELECT p.json FROM members m JOIN people p \
             ON p.tenant = m.tenant AND p.id = m.person \
             WHERE m.tenant = $1 AND m.queue = $2 ORDER BY m.person",
        )
        .bind(self.id())
        .bind(queue.as_str());
        let rows = self.primary().read(asked).await?;
        let people: Result<_, Error> = rows.iter().map(person).collect();
        Ok(people?)
    }

    async fn admit(&self, guest: &Mailbox) -> Result<Option<Person>, StoreError> {
        let name = guest.name.as_deref().unwrap_or_default();
        let own = Person::customer(PersonId::from(Uuid::now_v7()), name, guest.address.clone());
        let admitted = sqlx::query("SELECT admit_person($1, $2, $3, $4)")
            .bind(self.id())
            .bind(guest.address.normal())
            .bind(own.id.as_str())
            .bind(to_json("a person", &own)?);
        let row = self.primary().write_first(admitted).await?;
        Ok(row.as_ref().map(person).transpose()?)
    }
}

#[async_trait]
impl Roster for PostgresTenant {
    async fn save_person(&self, person: &Person) -> Result<(), StoreError> {
        let addresses = person.addresses.iter();
        let addresses: Vec<&str> = addresses.map(EmailAddress::normal).collect();
        let queues: Vec<&str> = memberships(person).map(QueueKey::as_str).collect();
        let organization = person.organization.as_ref().map(OrganizationId::as_str);
        let save = sqlx::query("SELECT save_person($1, $2, $3, $4, $5, $6)")
            .bind(self.id())
            .bind(person.id.as_str())
            .bind(organization)
            .bind(to_json("a person", person)?)
            .bind(addresses)
            .bind(queues);
        self.primary().execute(save).await?;
        Ok(())
    }

    async fn save_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        let save = sqlx::query(
            "INSERT INTO organizations (tenant, id, json) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant, id) DO UPDATE SET json = excluded.json",
        )
        .bind(self.id())
        .bind(organization.id.as_str())
        .bind(to_json("an organization", organization)?);
        self.primary().execute(save).await?;
        Ok(())
    }
}

impl PostgresTenant {
    async fn people_by_id(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, Error> {
        let ids: Vec<&str> = ids.iter().map(PersonId::as_str).collect();
        let asked = sqlx::query(
            "SELECT p.json FROM unnest($2::text[]) WITH ORDINALITY AS r (id, place) \
             LEFT JOIN LATERAL (SELECT json FROM people WHERE tenant = $1 AND id = r.id LIMIT 1) p \
             ON true ORDER BY r.place",
        )
        .bind(self.id())
        .bind(ids);
        let rows = self.primary().read(asked).await?;
        let found = |row: &PgRow| {
            let json: Option<&str> = row.try_get(0)?;
            json.map(|json| from_json("a person", json)).transpose()
        };
        rows.iter().map(found).collect()
    }
}

fn person(row: &PgRow) -> Result<Person, Error> {
    from_json("a person", row.try_get(0)?)
}

/// The queues of which the person is an active member.
pub(crate) fn memberships(person: &Person) -> impl Iterator<Item = &QueueKey> {
    let queues = match &person.role {
        Role::Agent { queues, .. } | Role::LightAgent { queues } => Some(queues),
        Role::Customer | Role::Admin => None,
    };
    queues.filter(|_| person.active).into_iter().flatten()
}
