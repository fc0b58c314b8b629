//! Deciding and applying: the pure heart of the desk.

mod apply;

pub use apply::{apply, begin};
