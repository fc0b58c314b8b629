//! Index terms as a person would type them.

use rust_decimal::Decimal;

use super::terms::{PLACES, SHIFT};
use super::{FieldDefinition, FieldKind, read};

impl FieldDefinition {
    /// The one term of a value as a person types it: of several options only one.
    ///
    /// # Errors
    /// When the text is no value of the field's kind, or several.
    pub(crate) fn term(&self, text: &str) -> Result<String, crate::value::Invalid> {
        let mut terms = read(self, text)?.terms();
        match (terms.pop(), terms.is_empty()) {
            (Some(term), true) => Ok(term),
            (Some(_) | None, _) => Err(self.refuse(text, "one value at a time is")),
        }
    }

    /// A text that reads as a value with this term; none when no value of the field has it.
    pub(crate) fn typed(&self, term: &str) -> Option<String> {
        let text = match &self.kind {
            FieldKind::Number => {
                let shifted: i128 = term.parse().ok()?;
                shifted.checked_add(i128::from(i64::MIN))?.to_string()
            }
            FieldKind::Decimal => {
                let digits = term.parse::<i128>().ok()?.checked_sub(SHIFT)?;
                let decimal = Decimal::try_from_i128_with_scale(digits, PLACES).ok()?;
                decimal.normalize().to_string()
            }
            FieldKind::Text
            | FieldKind::YesNo
            | FieldKind::Date
            | FieldKind::Choice { .. }
            | FieldKind::MultipleChoice { .. }
            | FieldKind::Person
            | FieldKind::Link => term.to_owned(),
        };
        (self.term(&text).ok()? == term).then_some(text)
    }
}
