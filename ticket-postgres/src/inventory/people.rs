//! People are found by copies of their addresses and memberships: do they still agree?

use std::collections::BTreeSet;

use sqlx::PgConnection;
use ticket_core::person::Person;
use ticket_core::port::Stray;

use super::stray;
use crate::directory::memberships;
use crate::error::Error;
use crate::row::from_json;

/// Compares each person with the addresses and memberships that they are found by.
pub(super) async fn compare(
    connection: &mut PgConnection,
    tenant: i64,
    strays: &mut Vec<Stray>,
) -> Result<(), Error> {
    let people: Vec<(String, String)> =
        sqlx::query_as("SELECT id, json FROM people WHERE tenant = $1")
            .bind(tenant)
            .fetch_all(&mut *connection)
            .await?;
    let addresses: Vec<(String, String)> =
        sqlx::query_as("SELECT person, address FROM addresses WHERE tenant = $1")
            .bind(tenant)
            .fetch_all(&mut *connection)
            .await?;
    let members: Vec<(String, String)> =
        sqlx::query_as("SELECT person, queue FROM members WHERE tenant = $1")
            .bind(tenant)
            .fetch_all(&mut *connection)
            .await?;
    let (mut named, mut joined) = (BTreeSet::new(), BTreeSet::new());
    for (id, json) in people {
        let Ok(person) = from_json::<Person>("a person", &json) else {
            strays.push(stray("person", id, "it can't be read"));
            continue;
        };
        let own = person.addresses.iter();
        named.extend(own.map(|address| (id.clone(), address.normal().to_owned())));
        joined.extend(memberships(&person).map(|queue| (id.clone(), queue.as_str().to_owned())));
    }
    let differ = |stored: Vec<(String, String)>, due: &BTreeSet<(String, String)>, what| {
        let stored: BTreeSet<_> = stored.into_iter().collect();
        let differing = stored.symmetric_difference(due);
        let strays = differing.map(|(person, _)| stray("person", person, what));
        strays.collect::<Vec<_>>()
    };
    strays.extend(differ(
        addresses,
        &named,
        "its addresses are not what it says",
    ));
    strays.extend(differ(
        members,
        &joined,
        "its memberships are not what it says",
    ));
    Ok(())
}
