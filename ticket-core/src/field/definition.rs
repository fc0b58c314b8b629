//! Checking field definitions when they are loaded.

use std::collections::BTreeSet;

use super::terms::folded;
use super::{FieldDefinition, FieldKind};
use crate::value::{Invalid, LABEL_RULE, is_label};

/// Most options of a field.
const OPTIONS_MAX: usize = 500;

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
