//! Values that cannot be wrong: whoever holds one knows that it is well formed.
//!
//! Everything from outside is parsed into these types at the border. A parse error is an
//! [`Invalid`]: it names the field, shows what was found and says what is allowed.

mod address;
mod id;
mod key;
mod label;
mod listing;
mod number;
mod text;
mod time;

pub use address::{EmailAddress, Mailbox};
pub use id::{
    CallId, MessageId, NoteId, NoticeId, OrganizationId, PersonId, SpoolId, TenantId, TicketId,
};
pub use key::{
    ActionKey, FieldKey, QueueKey, RuleKey, StatusKey, SubjectKind, WebhookKey, WorkflowKey,
};
pub(crate) use label::{LABEL_RULE, is_label};
pub(crate) use listing::listed;
pub use number::{TicketNumber, Version};
pub(crate) use text::one_line;
pub use text::{Body, Subject, Tag};
pub use time::{Date, Timestamp};

use serde::{Deserialize, Serialize};

/// Longest excerpt of a wrong value that an error repeats, in characters.
const EXCERPT: usize = 80;

/// A value from outside that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{field}: {found:?} is not allowed; {allowed}")]
pub struct Invalid {
    /// Which field is wrong, as the caller knows it.
    pub field: String,
    /// What was found there, shortened.
    pub found: String,
    /// What is allowed instead, as a phrase.
    pub allowed: String,
}

impl Invalid {
    /// Describes a wrong value; `found` is shortened to an excerpt.
    pub fn new(field: impl Into<String>, found: &str, allowed: impl Into<String>) -> Self {
        let mut excerpt: String = found.chars().take(EXCERPT).collect();
        if excerpt.len() < found.len() {
            excerpt.push('…');
        }
        Self {
            field: field.into(),
            found: excerpt,
            allowed: allowed.into(),
        }
    }

    /// The same error under another field name, for values inside larger forms.
    #[must_use]
    pub fn named(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }
}
