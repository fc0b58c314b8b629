//! Reading field values from what people type, and checking them against their definition.

use super::{FieldDefinition, FieldValue};
use crate::value::Invalid;

/// Reads a value as a person types it, by the field's definition.
///
/// # Errors
/// When the text is no value of the field's kind.
pub fn read(definition: &FieldDefinition, text: &str) -> Result<FieldValue, Invalid> {
    let _ = definition;
    Err(Invalid::new("field", text, "not written yet"))
}

impl FieldDefinition {
    /// Checks that a value fits this field, whichever way it came.
    ///
    /// # Errors
    /// When it is of another kind, or not allowed by the definition.
    pub fn check(&self, value: &FieldValue) -> Result<(), Invalid> {
        let _ = value;
        Ok(())
    }
}
