//! Lines as people type them: what they mean, and where they are wrong.

mod properties;
mod samples;
mod tables;
mod wrong;
