//! The ticket, its messages, and what happened to it.

mod event;
mod kind;
mod link;
mod message;
mod state;

pub use event::{ActorRef, Cause, Event, EventRecord, Opening, Side};
pub use kind::EventKind;
pub use link::{Link, LinkKind, Subject as HostSubject};
pub use message::{
    Attachment, Digest, Entry, InternalNote, MailOrigin, Posting, PublicMessage, Redaction,
    SenderProof, Thread,
};
pub use state::{Channel, Priority, RecentMessage, Ticket};
