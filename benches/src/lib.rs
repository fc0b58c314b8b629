//! What the benchmarks work on: texts, mails, tickets and a whole desk, the same in each run.
//!
//! Everything is drawn from a seed, so two runs measure the same work. Words follow Zipf's law
//! over a list of our own, as words of people do: a few are in almost every message, most are rare.

pub mod ceiling;
mod chance;
mod desk;
mod fill;
pub mod load;
mod measure;
mod story;
mod text;
mod ticket;

pub use chance::Chance;
pub use desk::{Nowhere, Population, settings, settings_at_work};
pub use fill::{Import, fill};
pub use measure::{Figures, measure};
pub use story::{Cast, Stories};
pub use text::{COMMON_WORD, RARE_WORD, Words, mail, quoting_mail};
pub use ticket::{Scene, reply, ticket_with_events};
