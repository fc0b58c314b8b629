//! How much of a mail is read. What goes beyond is named in
//! [`InboundMail::left_out`](ticket_core::mail::InboundMail::left_out) and stays in the raw mail.
//!
//! The numbers are far above what people send and low enough that a mail made to hurt costs
//! about as much as an honest one of its size.

/// Largest mail that is read at all, in bytes.
pub const MAIL: usize = 64 * 1024 * 1024;
/// Most header fields of a mail; most mails have fewer than a hundred.
pub const FIELDS: usize = 2_000;
/// Most MIME header fields of a part.
pub const PART_FIELDS: usize = 50;
/// Longest header field, in bytes.
pub const FIELD: usize = 64 * 1024;
/// Longest MIME header field of a part, in bytes.
pub const PART_FIELD: usize = 8 * 1024;
/// Most bytes of all header fields together.
pub const HEADER: usize = 1024 * 1024;
/// Most parts.
pub const PARTS: usize = 1_000;
/// Deepest nesting of multiparts; a deeper one is taken as a file.
pub const NESTING: usize = 32;
/// Most addresses of a field.
pub const ADDRESSES: usize = 1_000;
/// Most ids of the References field; the newest are kept.
pub const REFERENCES: usize = 100;
/// Longest text or HTML, in bytes; a longer one is kept as a file too.
pub const TEXT: usize = 4 * 1024 * 1024;
/// Most recipients of a delivery report, and most ids of returned mails.
pub const REPORTS: usize = 100;
