//! Caps on automatic mail, so that two desks can't answer each other for ever.

use std::time::Duration;

use crate::settings::MailSettings;
use crate::value::Timestamp;

/// From when on automatic mails to an address count, for one that was made at this time.
pub fn cap_since(made_at: Timestamp, settings: &MailSettings) -> Timestamp {
    made_at.minus(Duration::from_secs(settings.cap_seconds))
}

/// Whether one more automatic mail may go to an address that got so many since [`cap_since`].
///
/// What people write by hand is not capped.
pub const fn within_cap(earlier: u32, settings: &MailSettings) -> bool {
    earlier < settings.cap_count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_say_how_many_within_which_time() {
        let mut settings = MailSettings {
            cap_count: 3,
            cap_seconds: 60,
            ..MailSettings::default()
        };
        let sent: Vec<u32> = (0..6).filter(|&n| within_cap(n, &settings)).collect();
        assert_eq!(sent, [0, 1, 2]);
        settings.cap_count = 0;
        assert!(!within_cap(0, &settings), "none at all");

        let now = Timestamp::from_micros(100_000_000);
        assert_eq!(
            cap_since(now, &settings),
            Timestamp::from_micros(40_000_000)
        );
        settings.cap_seconds = u64::MAX;
        assert_eq!(cap_since(now, &settings), Timestamp::MIN);
    }
}
