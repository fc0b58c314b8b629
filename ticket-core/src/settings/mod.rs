//! Settings as one versioned value, good enough to start with as it is.

mod check;
mod defaults;
mod lookup;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::field::FieldDefinition;
use crate::notice::NoticeKind;
use crate::react::Rule;
use crate::value::{EmailAddress, QueueKey, WorkflowKey};
use crate::webhook::Webhook;
use crate::workflow::Workflow;

pub use check::{CheckedSettings, SettingsProblem};

/// Everything that an administrator decides, as it is written in a file.
///
/// The desk works only with [`CheckedSettings`], which this becomes by [`Settings::check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Name of the desk, for signatures.
    pub name: String,
    /// The queues.
    pub queues: Vec<Queue>,
    /// The workflows that queues name.
    pub workflows: Vec<Workflow>,
    /// Custom fields.
    pub fields: Vec<FieldDefinition>,
    /// Rules that react to events, in the order in which they run.
    pub rules: Vec<Rule>,
    /// Who is told what.
    pub notices: NoticeSettings,
    /// Programs elsewhere that are told of what happens.
    pub webhooks: Vec<Webhook>,
    /// What is made of mail.
    pub mail: MailSettings,
    /// Whether people without an account are admitted.
    pub guests: GuestPolicy,
}

/// A team's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Key by which commands, queries and mail commands name it.
    pub key: QueueKey,
    /// Name as shown, also to customers as the sender of mail.
    pub name: String,
    /// Its mail address.
    pub address: EmailAddress,
    /// Its workflow.
    pub workflow: WorkflowKey,
}

/// Who is told what, in which words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// Kinds of notice that are not sent.
    pub silent: Vec<NoticeKind>,
    /// Templates that replace the default wording.
    pub wording: BTreeMap<NoticeKind, Wording>,
    /// How many earlier messages are quoted; 0 quotes none.
    pub quoted_messages: u8,
}

/// The words of one kind of notice: templates with placeholders such as `{number}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// The subject line.
    pub subject: String,
    /// Words before the message.
    #[serde(default)]
    pub intro: String,
    /// Words after the message.
    #[serde(default)]
    pub outro: String,
}

/// What is made of mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailSettings {
    /// The host whose `Authentication-Results` are believed (RFC 8601); none: nobody's.
    pub authserv_id: Option<String>,
    /// When a ticket's number in the subject of a participant's mail is enough to join it.
    pub subject_number: SubjectNumber,
    /// At most this many automatic mails go to one address within [`Self::cap_seconds`].
    pub cap_count: u32,
    /// The time in which automatic mails are counted, in seconds.
    pub cap_seconds: u64,
}

/// When a ticket's number in the subject of a mail is enough to join it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectNumber {
    /// Never.
    Never,
    /// When the sender takes part and is authenticated.
    #[default]
    Authenticated,
    /// When the sender takes part, by the word of the From field alone.
    Participant,
}

/// Whether people without an account are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestPolicy {
    /// Only people in the directory are served; mail of others is quarantined.
    Nobody,
    /// Whoever writes by mail is served there; other channels ask for a code sent to the mailbox.
    #[default]
    ByProof,
    /// Everybody is served on every channel.
    Freely,
}
