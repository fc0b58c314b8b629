//! What the desk does, seen through its public doors, with everything in memory.

mod announcing;
mod authority;
mod commands;
mod deliveries;
mod following_up;
mod guests;
mod host;
mod hostile_words;
mod intake;
mod privacy;
mod properties;
mod requests;
mod rules;
mod settings_change_things;
mod stories;
mod timers;
mod verifying;
mod workflows;
mod world;
