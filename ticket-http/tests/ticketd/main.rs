//! The server ticketd from outside.
