//! Mail, the pure part: what a mail says, which ticket it belongs to, and what is new in it.

mod answer;
mod authentication;
mod cap;
mod clues;
mod fingerprint;
mod id;
mod inbound;
mod machine;
mod quote;
mod signing;
mod threading;

pub use answer::{Answer, answer};
pub use authentication::{Verdict, verdict};
pub use cap::{cap_since, within_cap};
pub use clues::{Clues, Found, clues};
pub use fingerprint::fingerprint;
pub use id::MailMessageId;
pub use inbound::{
    Decision, DeliveryReport, Evidence, InboundMail, InboundPart, Outcome, Quarantine,
};
pub use machine::{LOOP_HEADER, Writer, is_own, machine_sign, wants_silence, writer};
pub use quote::{PartKind, Separated, TextPart, separate, separate_under};
pub use signing::{AddressToken, SignedId, SigningKey};
pub use threading::{Facts, decide_mail};

#[cfg(test)]
mod tests;
