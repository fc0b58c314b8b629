//! The ceiling: what the database alone reaches with the statements that the server runs.
//!
//! The statements are overheard between a server and the database, one request after the other,
//! and handed to `pgbench`.

mod overhear;
mod pgbench;
mod script;
mod wire;

pub use overhear::{Overheard, overhear};
pub use pgbench::{Bench, pgbench};
pub use script::{Fresh, Script, Writer};
pub use wire::{Heard, Statement, Value, listen};
