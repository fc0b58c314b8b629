//! A desk with one of everything, and shorthands.

use std::collections::BTreeMap;

use crate::field::{FieldDefinition, FieldKind};
use crate::query::{Query, QueryError, parse};
use crate::settings::{CheckedSettings, Queue, Settings};
use crate::value::{EmailAddress, PersonId};
use crate::workflow::{Category, Status, Workflow};

pub(super) fn key<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a value")
}

/// Queues support and billing; a status `waiting` besides the categories', but none `on_hold`;
/// a field of each kind.
pub(super) fn desk() -> CheckedSettings {
    let mut workflow = Workflow::standard();
    let held = |status: &Status| status.category == Category::OnHold;
    let status = workflow.statuses.iter_mut().find(|status| held(status));
    status.expect("a status").key = key("waiting");
    for step in &mut workflow.transitions {
        if step.to == key("on_hold") {
            step.to = key("waiting");
        }
    }
    let queue = |name: &str| Queue {
        key: key(name),
        name: name.to_owned(),
        address: key(&format!("{name}@desk.example")),
        workflow: workflow.key.clone(),
    };
    let options = vec!["Small".to_owned(), "Very, very large".to_owned()];
    let colours = vec!["Red".to_owned(), "Green".to_owned()];
    let fields = [
        ("asset", FieldKind::Text),
        ("floor", FieldKind::Number),
        ("cost", FieldKind::Decimal),
        ("paid", FieldKind::YesNo),
        ("bought", FieldKind::Date),
        ("size", FieldKind::Choice { options }),
        ("colour", FieldKind::MultipleChoice { options: colours }),
        ("owner", FieldKind::Person),
        ("page", FieldKind::Link),
    ]
    .map(|(name, kind)| FieldDefinition {
        key: key(name),
        name: name.to_owned(),
        kind,
        public: false,
    });
    let settings = Settings {
        queues: vec![queue("support"), queue("billing")],
        workflows: vec![workflow],
        fields: fields.into(),
        ..Settings::default()
    };
    settings.check().expect("settings")
}

pub(super) fn people() -> BTreeMap<EmailAddress, PersonId> {
    BTreeMap::from([
        (key("ada@example.org"), key("7")),
        (key("bob@example.org"), key("8")),
    ])
}

/// Reads and binds a line, as the person 42.
pub(super) fn query(line: &str) -> Result<Query, QueryError> {
    let me: PersonId = key("42");
    parse(line, &desk())?.bind(Some(&me), &people())
}
