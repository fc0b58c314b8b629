//! Lists of what is allowed, for error texts.

use std::fmt::Display;

/// Most names that a list repeats.
const LISTED_MAX: usize = 12;

/// The names with commas between them; of a long list only the beginning.
pub(crate) fn listed<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names
        .by_ref()
        .take(LISTED_MAX)
        .map(|name| name.to_string())
        .collect();
    let more = names.count();
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} and {more} more", shown.join(", ")),
    }
}
