//! The keys of the language.

use super::QueryError;
use super::lexer::Spot;
use super::person::Side;
use crate::field::FieldDefinition;
use crate::settings::CheckedSettings;
use crate::value::listed;

/// What stands before the sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Status,
    Category,
    Queue,
    Person(Side),
    Organization,
    Tag,
    Priority,
    Created,
    Updated,
    Due,
    Has,
    Is,
    About,
    Sort,
    Field(&'a FieldDefinition),
}

const TEAM: [(&str, Key<'static>); 17] = [
    ("status", Key::Status),
    ("category", Key::Category),
    ("queue", Key::Queue),
    ("assignee", Key::Person(Side::Assignee)),
    ("requester", Key::Person(Side::Requester)),
    ("cc", Key::Person(Side::Cc)),
    ("follower", Key::Person(Side::Follower)),
    ("organization", Key::Organization),
    ("tag", Key::Tag),
    ("priority", Key::Priority),
    ("created", Key::Created),
    ("updated", Key::Updated),
    ("due", Key::Due),
    ("has", Key::Has),
    ("is", Key::Is),
    ("about", Key::About),
    ("sort", Key::Sort),
];

const CUSTOMER: [(&str, Key<'static>); 8] = [
    ("status", Key::Category),
    ("category", Key::Category),
    ("requester", Key::Person(Side::Requester)),
    ("cc", Key::Person(Side::Cc)),
    ("organization", Key::Organization),
    ("created", Key::Created),
    ("updated", Key::Updated),
    ("sort", Key::Sort),
];

/// What comes before the key of a custom field.
pub(super) const FIELD: &str = "field.";

impl<'a> Key<'a> {
    /// Finds the key of a word.
    pub(super) fn find(
        word: &Spot,
        settings: Option<&'a CheckedSettings>,
    ) -> Result<Self, QueryError> {
        let lower = word.text.to_ascii_lowercase();
        let keys: &[(&str, Key<'static>)] = match settings {
            Some(_) => &TEAM,
            None => &CUSTOMER,
        };
        if let Some((_, key)) = keys.iter().find(|(name, _)| *name == lower) {
            return Ok(key.clone());
        }
        let fields = settings.map_or(&[][..], |settings| &settings.settings().fields);
        if let (Some(settings), Some(name)) = (settings, lower.strip_prefix(FIELD)) {
            return field(word, name, settings).map(Self::Field);
        }
        let names = || keys.iter().map(|(name, _)| *name);
        let known = match settings {
            Some(_) => format!("{}, field.KEY", names().collect::<Vec<_>>().join(", ")),
            None => names().collect::<Vec<_>>().join(", "),
        };
        let meant = match fields.iter().find(|field| field.key.as_str() == lower) {
            Some(field) => format!("did you mean {FIELD}{}? ", field.key),
            None => meant(&lower, names()),
        };
        let allowed = format!("{meant}the keys are {known}; text with {SIGNS} stands in quotes");
        Err(word.refuse(allowed))
    }
}

const SIGNS: &str = "one of : = < >";

/// Finds a custom field.
pub(super) fn field<'a>(
    word: &Spot,
    name: &str,
    settings: &'a CheckedSettings,
) -> Result<&'a FieldDefinition, QueryError> {
    let fields = &settings.settings().fields;
    let keys = || fields.iter().map(|field| field.key.as_str());
    let found = fields.iter().find(|field| field.key.as_str() == name);
    found.ok_or_else(|| {
        let meant = meant(name, keys());
        word.refuse(format!("{meant}the fields are: {}", listed(keys())))
    })
}

/// A question that names the nearest of the known words, if one is near.
pub(super) fn meant<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> String {
    /// Longest word that is looked at, since the effort grows with its length.
    const LONGEST: usize = 64;
    if found.len() > LONGEST {
        return String::new();
    }
    let near = known
        .map(|word| (strsim::osa_distance(found, word), word))
        .min()
        .filter(|(distance, word)| *distance <= word.len().div_ceil(3).min(3));
    near.map_or_else(String::new, |(_, word)| format!("did you mean {word}? "))
}
