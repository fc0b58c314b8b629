//! The ceiling: what the database alone reaches with the statements that the server runs.
//!
//! The statements are overheard between a server and the database, one request after the other,
//! and handed to `pgbench`.

mod overhear;
mod pgbench;
mod plans;
mod script;
mod wire;

pub use overhear::{Overheard, overhear, overhear_worker};
pub use pgbench::{Bench, pgbench};
pub use plans::{Planned, plans, written};
pub use script::{Fresh, Script, Writer};
pub use wire::{Heard, Statement, Value, listen};
