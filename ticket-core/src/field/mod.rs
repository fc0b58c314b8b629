//! Typed custom fields: their definitions, their values, and the check between both.

mod check;
mod definition;
mod terms;
mod typed;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::value::{Date, FieldKey, PersonId};

pub use check::read;

/// A custom field, as an administrator defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "definition::Written")]
pub struct FieldDefinition {
    /// Key by which commands, queries and workflows name the field.
    pub key: FieldKey,
    /// Name as shown.
    pub name: String,
    /// Which values fit.
    #[serde(flatten)]
    pub kind: FieldKind,
    /// Whether customers see the field; they never set it.
    #[serde(default)]
    pub public: bool,
}

/// Which values a field takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of up to 1,000 characters.
    Text,
    /// A whole number.
    Number,
    /// A decimal number below 10^15 with up to 9 decimal places.
    Decimal,
    /// Yes or no.
    YesNo,
    /// A day.
    Date,
    /// One of the options.
    Choice {
        /// The options, in the order shown.
        options: Vec<String>,
    },
    /// Any of the options.
    MultipleChoice {
        /// The options, in the order shown.
        options: Vec<String>,
    },
    /// Somebody in the directory.
    Person,
    /// An `http` or `https` address.
    Link,
}

/// A value of a custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum FieldValue {
    /// A line of text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// Yes or no.
    YesNo(bool),
    /// A day.
    Date(Date),
    /// The chosen option.
    Choice(String),
    /// The chosen options; never empty.
    MultipleChoice(BTreeSet<String>),
    /// A person.
    Person(PersonId),
    /// An address on the web.
    Link(String),
}

#[cfg(test)]
mod tests;
