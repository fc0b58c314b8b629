//! Instants with microseconds, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::Invalid;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
///
/// Written as RFC 3339 with a `Z` and six decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime, examples("2026-01-31T12:00:00.000000Z")))]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// Earliest instant that is accepted: the year 0000.
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// Latest instant that is accepted: the end of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// An instant by its microseconds, brought into the range of [`Self::MIN`] to [`Self::MAX`].
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved later, at most to [`Self::MAX`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// This instant moved earlier, at most to [`Self::MIN`].
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = DateTime::<Utc>::from(*self);
        f.write_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        DateTime::parse_from_rfc3339(text)
            .map(|instant| Self::from(instant.to_utc()))
            .map_err(|_| Invalid::new("time", text, "RFC 3339, such as 2026-01-31T12:00:00Z, is"))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(instant: Timestamp) -> Self {
        instant.to_string()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::from_micros(instant.timestamp_micros())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(instant: Timestamp) -> Self {
        // Every value between MIN and MAX is inside chrono's range, so the default is never used.
        DateTime::from_timestamp_micros(instant.0).unwrap_or_default()
    }
}

/// A day of the calendar, written as `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, format = Date, examples("2026-01-31")))]
#[serde(try_from = "String", into = "String")]
pub struct Date(NaiveDate);

impl Date {
    /// The first instant of the day in UTC.
    pub fn start(self) -> Timestamp {
        Timestamp::from(self.0.and_time(chrono::NaiveTime::MIN).and_utc())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for Date {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refuse = || Invalid::new("date", text, "a day such as 2026-01-31 is");
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| refuse())?;
        // The reader takes signs and single digits too, which would not sort like days.
        if text.len() == 10 && Self(date).to_string() == text {
            Ok(Self(date))
        } else {
            Err(refuse())
        }
    }
}

impl TryFrom<String> for Date {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_survive_the_round_trip() {
        let instant = Timestamp::from_micros(1_790_000_000_123_456);
        assert_eq!(instant.to_string().parse(), Ok(instant));
        assert!(instant.to_string().ends_with(".123456Z"));
    }

    #[test]
    fn a_day_has_one_spelling() {
        assert!("2024-02-29".parse::<Date>().is_ok());
        for bad in [
            "2026-02-29",
            "+2024-1-31",
            "-001-01-31",
            " 2024-1-31",
            "2024-1-31",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_can_be_written_and_read() {
        for instant in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(instant.to_string().parse(), Ok(instant));
            assert_eq!(Timestamp::from(DateTime::<Utc>::from(instant)), instant);
        }
        assert_eq!(Timestamp::MAX.plus(Duration::MAX), Timestamp::MAX);
    }
}
