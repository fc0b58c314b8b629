//! What the desk does, seen through its public doors, with everything in memory.

mod commands;
mod following_up;
mod rules;
mod timers;
mod workflows;
mod world;
