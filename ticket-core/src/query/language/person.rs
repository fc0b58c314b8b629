//! People in a line: by `me`, address or id.

use std::collections::{BTreeMap, BTreeSet};

use super::QueryError;
use super::lexer::Spot;
use crate::query::{Comparison, Test};
use crate::value::{EmailAddress, FieldKey, PersonId};

/// What people are to the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Side {
    Assignee,
    Requester,
    Cc,
    Follower,
    /// The value of a custom field; one person only.
    Field(FieldKey),
}

/// What comes before an id that looks like something else.
const ID: &str = "id:";

/// People as the line names them; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct People {
    side: Side,
    named: Vec<(Spot, Who)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    Me,
    Address(EmailAddress),
    Id(PersonId),
}

impl People {
    /// Reads the values of a key for people.
    pub(super) fn read(side: Side, values: Vec<Spot>) -> Result<Self, QueryError> {
        let read = |value: Spot| who(&value).map(|who| (value, who));
        Ok(Self {
            side,
            named: values.into_iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// The addresses among them.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &EmailAddress> {
        self.named.iter().filter_map(|(_, who)| match who {
            Who::Address(address) => Some(address),
            Who::Me | Who::Id(_) => None,
        })
    }

    /// The test, with `me` and addresses put in; when not strict, strangers are left out.
    pub(super) fn bind(
        self,
        me: Option<&PersonId>,
        people: &BTreeMap<EmailAddress, PersonId>,
        strict: bool,
    ) -> Result<Test, QueryError> {
        let mut ids = BTreeSet::new();
        for (spot, who) in self.named {
            let id = match who {
                Who::Id(id) => Some(id),
                Who::Me => {
                    let nobody = || spot.refuse("there is nobody here who is me; name a person");
                    Some(me.cloned().ok_or_else(nobody)?)
                }
                Who::Address(address) => people.get(&address).cloned(),
            };
            if id.is_none() && strict {
                let allowed = "the address of somebody known here is needed";
                return Err(spot.refuse(allowed));
            }
            ids.extend(id);
        }
        Ok(match self.side {
            Side::Assignee => Test::Assignee(ids),
            Side::Requester => Test::Requester(ids),
            Side::Cc => Test::Cc(ids),
            Side::Follower => Test::Follower(ids),
            Side::Field(key) => {
                let id = ids.pop_first().map(String::from).unwrap_or_default();
                Test::Field(key, Comparison::Equal, id)
            }
        })
    }
}

fn who(value: &Spot) -> Result<Who, QueryError> {
    if let Some(id) = value.text.strip_prefix(ID) {
        let id = PersonId::new(id).map_err(|wrong| value.refuse(needed(&wrong.allowed)))?;
        return Ok(Who::Id(id));
    }
    if is_reserved(&value.text) {
        return if value.text.eq_ignore_ascii_case("me") {
            Ok(Who::Me)
        } else {
            Err(value.refuse("none and any stand alone and after assignee only"))
        };
    }
    if let Ok(address) = value.text.parse() {
        return Ok(Who::Address(address));
    }
    PersonId::new(&value.text)
        .map(Who::Id)
        .map_err(|wrong| value.refuse(needed(&wrong.allowed)))
}

fn needed(rule: &str) -> String {
    format!("me, an address or an id is needed; as an id {rule} allowed")
}

/// Whether the word stands for somebody rather than naming them.
fn is_reserved(text: &str) -> bool {
    ["me", "none", "any"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// An id as it is typed, so that it is read as an id.
pub(super) fn write(id: &str) -> String {
    let ambiguous = is_reserved(id) || id.starts_with(ID) || id.parse::<EmailAddress>().is_ok();
    if ambiguous {
        format!("{ID}{id}")
    } else {
        id.to_owned()
    }
}
