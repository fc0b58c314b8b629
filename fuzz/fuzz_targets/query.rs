//! A search line is understood or refused with a place inside it, and never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ticket_core::query::{parse, parse_for_customer};
use ticket_core::settings::Settings;

fuzz_target!(|line: &str| {
    let Ok(settings) = Settings::default().check() else { return };
    for parsed in [parse(line, &settings), parse_for_customer(line)] {
        if let Err(error) = parsed {
            assert!(error.at.end <= line.chars().count());
        }
    }
});
