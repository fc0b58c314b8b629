//! Names as shown to people.

use super::one_line;

/// Longest name, in characters.
const LABEL_MAX: usize = 100;

/// What is allowed as a name, for error texts.
pub(crate) const LABEL_RULE: &str = "one line of 1 to 100 characters is";

/// Whether a text can be shown as a name and written into a mail's header.
pub(crate) fn is_label(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LABEL_MAX && one_line(text) == text
}
