//! Checking field definitions when they are loaded.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::terms::folded;
use super::{FieldDefinition, FieldKind};
use crate::value::{FieldKey, Invalid, LABEL_RULE, is_label};

/// Most options of a field.
const OPTIONS_MAX: usize = 500;

/// A definition as it is written: flat, with nothing in it that has no meaning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    key: FieldKey,
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    options: Option<Vec<String>>,
    #[serde(default)]
    public: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Number,
    Decimal,
    YesNo,
    Date,
    Choice,
    MultipleChoice,
    Person,
    Link,
}

impl TryFrom<Written> for FieldDefinition {
    type Error = Invalid;

    fn try_from(written: Written) -> Result<Self, Invalid> {
        let Written { options, .. } = written;
        let kind = match (written.kind, options) {
            (Kind::Choice, options) => FieldKind::Choice {
                options: options.unwrap_or_default(),
            },
            (Kind::MultipleChoice, options) => FieldKind::MultipleChoice {
                options: options.unwrap_or_default(),
            },
            (_, Some(options)) => {
                let allowed = "options are for choice and multiple_choice only; none are";
                return Err(Invalid::new("options", &options.join(", "), allowed));
            }
            (Kind::Text, None) => FieldKind::Text,
            (Kind::Number, None) => FieldKind::Number,
            (Kind::Decimal, None) => FieldKind::Decimal,
            (Kind::YesNo, None) => FieldKind::YesNo,
            (Kind::Date, None) => FieldKind::Date,
            (Kind::Person, None) => FieldKind::Person,
            (Kind::Link, None) => FieldKind::Link,
        };
        Ok(Self {
            key: written.key,
            name: written.name,
            kind,
            public: written.public,
        })
    }
}

impl FieldKind {
    /// Whether its values have an order in which smaller and larger mean something.
    pub const fn is_ordered(&self) -> bool {
        match self {
            Self::Number | Self::Decimal | Self::Date => true,
            Self::Text
            | Self::YesNo
            | Self::Choice { .. }
            | Self::MultipleChoice { .. }
            | Self::Person
            | Self::Link => false,
        }
    }
}

impl FieldDefinition {
    /// What is wrong in the definition itself; each names its place, such as `options[2]`.
    pub fn problems(&self) -> Vec<Invalid> {
        match &self.kind {
            FieldKind::Choice { options } => option_problems(options, false),
            FieldKind::MultipleChoice { options } => option_problems(options, true),
            FieldKind::Text
            | FieldKind::Number
            | FieldKind::Decimal
            | FieldKind::YesNo
            | FieldKind::Date
            | FieldKind::Person
            | FieldKind::Link => Vec::new(),
        }
    }
}

/// Options are typed with commas between them where several can be chosen.
fn option_problems(options: &[String], several: bool) -> Vec<Invalid> {
    if options.is_empty() || options.len() > OPTIONS_MAX {
        let found = format!("{} options", options.len());
        return vec![Invalid::new("options", &found, "1 to 500 options are")];
    }
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, option) in options.iter().enumerate() {
        let rule = if !is_label(option) {
            Some(LABEL_RULE)
        } else if several && option.contains(',') {
            Some("an option without a comma is, since commas separate several")
        } else if !seen.insert(folded(option)) {
            Some("each option is allowed once, whatever its case")
        } else {
            None
        };
        problems.extend(rule.map(|rule| Invalid::new(format!("options[{index}]"), option, rule)));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_read_back_as_it_is_written() {
        let written = r#"[
            {"key":"a","name":"A","type":"yes_no","public":false},
            {"key":"b","name":"B","type":"choice","options":["x","y"],"public":true}
        ]"#;
        let read: Vec<FieldDefinition> = serde_json::from_str(written).expect("definitions");
        let again = serde_json::to_string(&read).expect("json");
        let again: Vec<FieldDefinition> = serde_json::from_str(&again).expect("the same");
        assert_eq!(again, read);
        assert!(read[1].public && read[1].kind != FieldKind::Text);
    }

    #[test]
    fn a_definition_with_more_than_it_means_is_refused() {
        for wrong in [
            r#"{"key":"a","name":"A","type":"text","options":["x"]}"#,
            r#"{"key":"a","name":"A","type":"text","length":3}"#,
            r#"{"key":"a","name":"A","type":"colour"}"#,
            r#"{"key":"a","name":"A"}"#,
        ] {
            assert!(
                serde_json::from_str::<FieldDefinition>(wrong).is_err(),
                "{wrong}"
            );
        }
    }
}
