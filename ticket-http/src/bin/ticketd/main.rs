//! ticketd
fn main() {}
