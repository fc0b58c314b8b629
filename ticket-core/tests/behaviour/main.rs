//! What the desk does, seen through its public doors, with everything in memory.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test; the lints know only the tests themselves"
)]

mod announcing;
mod answering_by_mail;
mod authority;
mod claims;
mod commands;
mod deliveries;
mod files;
mod following_up;
mod guests;
mod host;
mod hostile_words;
mod intake;
mod intake_failures;
mod letters_that_fail;
mod live;
mod mail_once;
mod opening;
mod privacy;
mod properties;
mod requests;
mod rules;
mod settings_change_things;
mod settings_of_workflows;
mod stories;
mod timers;
mod verifying;
mod webhooks;
mod workflows;
mod world;
