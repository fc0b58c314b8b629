//! Field values as texts that compare like the values, the same in every store's index.

use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

use super::FieldValue;

/// Decimal places that an index term keeps.
pub(super) const PLACES: u32 = 9;
/// Added before writing, so that negative numbers come first: 10^24.
pub(super) const SHIFT: i128 = 1_000_000_000_000_000_000_000_000;

impl FieldValue {
    /// The value as texts that an index keeps: several options make several terms.
    ///
    /// Terms of one kind compare byte by byte like the values: numbers and decimals are shifted
    /// and padded, texts are in NFC and lower case.
    pub fn terms(&self) -> Vec<String> {
        match self {
            Self::Text(text) | Self::Choice(text) | Self::Link(text) => vec![folded(text)],
            Self::Number(number) => {
                vec![format!(
                    "{:020}",
                    i128::from(*number) - i128::from(i64::MIN)
                )]
            }
            Self::Decimal(decimal) => vec![decimal_term(*decimal)],
            Self::YesNo(yes) => vec![if *yes { "yes" } else { "no" }.to_owned()],
            Self::Date(date) => vec![date.to_string()],
            Self::MultipleChoice(options) => options.iter().map(|option| folded(option)).collect(),
            Self::Person(person) => vec![person.as_str().to_owned()],
        }
    }
}

pub(super) fn folded(text: &str) -> String {
    text.nfc()
        .collect::<String>()
        .to_lowercase()
        .nfc()
        .collect()
}

/// Fields hold decimals below 10^15 with at most 9 places, so the shifted value is positive and
/// has at most 25 digits.
fn decimal_term(decimal: Decimal) -> String {
    let mut scaled = decimal.round_dp(PLACES);
    scaled.rescale(PLACES);
    format!("{:025}", scaled.mantissa() + SHIFT)
}
