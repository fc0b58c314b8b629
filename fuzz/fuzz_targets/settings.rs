//! Settings are accepted or refused with places, and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ticket_core::settings::Settings;

fuzz_target!(|json: &[u8]| {
    if let Ok(settings) = serde_json::from_slice::<Settings>(json)
        && let Err(problems) = settings.check()
    {
        assert!(problems.iter().all(|problem| !problem.place.is_empty()));
    }
});
