//! Comparing times with days and instants.

use std::time::Duration;

use super::QueryError;
use super::lexer::{Operator, Spot};
use crate::query::Comparison;
use crate::value::{Date, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The comparisons with instants that a comparison with a day or instant means; all must hold.
///
/// A day compares as a whole: after a day is after its end.
pub(super) fn read(
    operator: &Operator,
    negated: bool,
    value: &Spot,
) -> Result<Vec<(Comparison, Timestamp)>, QueryError> {
    if let Ok(day) = value.text.parse::<Date>() {
        let begin = day.start();
        let end = begin.plus(DAY);
        return match operator.comparison {
            Comparison::Less => Ok(vec![(Comparison::Less, begin)]),
            Comparison::LessOrEqual => Ok(vec![(Comparison::Less, end)]),
            Comparison::Equal if negated => {
                let allowed = "a day can't be excluded; before it is <, after it is >";
                Err(value.refuse(allowed))
            }
            Comparison::Equal => Ok(vec![
                (Comparison::GreaterOrEqual, begin),
                (Comparison::Less, end),
            ]),
            Comparison::GreaterOrEqual => Ok(vec![(Comparison::GreaterOrEqual, begin)]),
            Comparison::Greater => Ok(vec![(Comparison::GreaterOrEqual, end)]),
        };
    }
    let instant = value.text.to_ascii_uppercase().parse::<Timestamp>();
    let instant = instant.map_err(|_| {
        value
            .refuse("a day such as 2026-01-31 or an instant such as 2026-01-31T12:00:00Z is needed")
    })?;
    Ok(vec![(operator.comparison, instant)])
}

/// An instant as short as possible, so that it reads as the same with this comparison.
pub(super) fn write(comparison: Comparison, instant: Timestamp) -> String {
    let text = instant.to_string();
    let day = text.get(..10).and_then(|day| day.parse::<Date>().ok());
    match (comparison, day) {
        (Comparison::Less | Comparison::GreaterOrEqual, Some(day)) if day.start() == instant => {
            day.to_string()
        }
        _ => text,
    }
}
