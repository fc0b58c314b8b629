//! People and organizations, cached.

use async_trait::async_trait;
use ticket_core::person::{Organization, Person};
use ticket_core::port::{Directory, Roster, StoreError};
use ticket_core::value::{EmailAddress, Mailbox, OrganizationId, PersonId, QueueKey};

use super::Cached;
use super::shelf::{Found, Look};

/// The part of an entry that holds one thing only.
const WHOLE: &str = "";

impl<T: ?Sized> Cached<T> {
    fn person_key(&self, id: &PersonId) -> String {
        self.shelf.key("person", id.as_str())
    }

    fn address_key(&self, address: &EmailAddress) -> String {
        self.shelf.key("address", address.normal())
    }

    fn organization_key(&self, id: &OrganizationId) -> String {
        self.shelf.key("organization", id.as_str())
    }

    /// One entry for all queues: who leaves a queue is not known when a person is saved.
    fn members_key(&self) -> String {
        self.shelf.key("members", "")
    }

    /// What a change of a person touches. Addresses that the person had before need no mention: an
    /// entry of an address counts only while the person in it has that address.
    fn keys_of(&self, person: &Person) -> Vec<String> {
        let addresses = person.addresses.iter();
        let mut keys: Vec<String> = addresses.map(|own| self.address_key(own)).collect();
        keys.extend([self.person_key(&person.id), self.members_key()]);
        keys
    }

    /// Forgets a person that the host added, changed or removed by itself.
    pub async fn forget_person(&self, person: &Person) {
        self.shelf.change(self.keys_of(person)).over().await;
    }

    /// Forgets an organization that the host added, changed or removed by itself.
    pub async fn forget_organization(&self, id: &OrganizationId) {
        let keys = vec![self.organization_key(id)];
        self.shelf.change(keys).over().await;
    }
}

impl<T: Directory + ?Sized> Cached<T> {
    /// Reads who was not found in the cache, and puts them where they were looked for.
    async fn read_people(
        &self,
        ids: &[PersonId],
        look: &mut Look<Person>,
    ) -> Result<(), StoreError> {
        let is_missing = |place: &usize| !matches!(look.found.get(*place), Some(Found::Entry(_)));
        let missing: Vec<usize> = (0..ids.len()).filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let asked: Vec<PersonId> = missing
            .iter()
            .filter_map(|own| ids.get(*own).cloned())
            .collect();
        let people = self.inner.people(&asked).await?;
        let read = || missing.iter().zip(&people);
        let entries: Vec<(String, &Person)> = read()
            .filter(|(place, _)| matches!(look.found.get(**place), Some(Found::Fill)))
            .filter_map(|(_, person)| person.as_ref())
            .map(|person| (self.person_key(&person.id), person))
            .collect();
        self.shelf.fill(look, WHOLE, &entries).await;
        for (place, person) in missing.into_iter().zip(people) {
            if let (Some(found), Some(person)) = (look.found.get_mut(place), person) {
                *found = Found::Entry(person);
            }
        }
        Ok(())
    }

    /// Who had the address when it was cached, and still has it.
    async fn holder(
        &self,
        id: PersonId,
        address: &EmailAddress,
    ) -> Result<Option<Person>, StoreError> {
        let people = self.people(&[id]).await?;
        let person = people.into_iter().next().flatten();
        Ok(person.filter(|own| own.addresses.contains(address)))
    }
}

#[async_trait]
impl<T: Directory + ?Sized> Directory for Cached<T> {
    async fn people(&self, ids: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        let keys: Vec<String> = ids.iter().map(|id| self.person_key(id)).collect();
        let mut look: Look<Person> = self.shelf.look(&keys, WHOLE).await;
        self.read_people(ids, &mut look).await?;
        let people = look.found.into_iter().map(|found| match found {
            Found::Entry(person) => Some(person),
            Found::Fill | Found::Leave => None,
        });
        Ok(people.collect())
    }

    async fn by_address(&self, address: &EmailAddress) -> Result<Option<Person>, StoreError> {
        let keys = [self.address_key(address)];
        let mut look: Look<PersonId> = self.shelf.look(&keys, WHOLE).await;
        let may_fill = match look.found.pop() {
            Some(Found::Entry(id)) => {
                if let Some(person) = self.holder(id, address).await? {
                    return Ok(Some(person));
                }
                false
            }
            Some(Found::Fill) => true,
            Some(Found::Leave) | None => false,
        };
        let person = self.inner.by_address(address).await?;
        if let (true, Some(person)) = (may_fill, &person) {
            let [key] = keys;
            self.shelf.fill(&look, WHOLE, &[(key, &person.id)]).await;
        }
        Ok(person)
    }

    async fn organization(&self, id: &OrganizationId) -> Result<Option<Organization>, StoreError> {
        let keys = [self.organization_key(id)];
        let mut look: Look<Organization> = self.shelf.look(&keys, WHOLE).await;
        let found = look.found.pop();
        if let Some(Found::Entry(organization)) = found {
            return Ok(Some(organization));
        }
        let organization = self.inner.organization(id).await?;
        if let (Some(Found::Fill), Some(organization)) = (found, &organization) {
            let [key] = keys;
            self.shelf.fill(&look, WHOLE, &[(key, organization)]).await;
        }
        Ok(organization)
    }

    async fn members(&self, queue: &QueueKey) -> Result<Vec<Person>, StoreError> {
        let keys = [self.members_key()];
        let mut look: Look<Vec<Person>> = self.shelf.look(&keys, queue.as_str()).await;
        let found = look.found.pop();
        if let Some(Found::Entry(members)) = found {
            return Ok(members);
        }
        let members = self.inner.members(queue).await?;
        if matches!(found, Some(Found::Fill)) {
            let [key] = keys;
            self.shelf
                .fill(&look, queue.as_str(), &[(key, &members)])
                .await;
        }
        Ok(members)
    }

    /// Nothing is forgotten: whoever is new was not cached, and customers are no members.
    async fn admit(&self, guest: &Mailbox) -> Result<Option<Person>, StoreError> {
        self.inner.admit(guest).await
    }
}

#[async_trait]
impl<T: Roster + ?Sized> Roster for Cached<T> {
    async fn save_person(&self, person: &Person) -> Result<(), StoreError> {
        let change = self.shelf.change(self.keys_of(person));
        let saved = self.inner.save_person(person).await;
        change.over().await;
        saved
    }

    async fn save_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        let keys = vec![self.organization_key(&organization.id)];
        let change = self.shelf.change(keys);
        let saved = self.inner.save_organization(organization).await;
        change.over().await;
        saved
    }
}
