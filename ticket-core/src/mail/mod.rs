//! Mail, the pure part: what a mail says, which ticket it belongs to, and what is new in it.

mod id;
mod inbound;

pub use id::MailMessageId;
pub use inbound::{
    Decision, DeliveryReport, Evidence, InboundMail, InboundPart, Outcome, Quarantine,
};
