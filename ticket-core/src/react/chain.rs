//! Running rules: each at most once in a chain, so that a loop is impossible.

use std::collections::BTreeSet;

use super::{Action, Rule, Trigger};
use crate::authority::Level;
use crate::command::{Command, Note};
use crate::field;
use crate::query::{Query, Searchable, matches, normalize};
use crate::settings::CheckedSettings;
use crate::ticket::{Event, EventRecord, InternalNote, PublicMessage, Side, Ticket};
use crate::value::{Body, Invalid, RuleKey};

/// How often a chain begins anew with the first rule.
const DEPTH: usize = 10;

/// What a rule did in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The rule.
    pub rule: RuleKey,
    /// Whether it changed anything.
    pub changed: bool,
    /// Why one of its actions was refused, if one was.
    pub refused: Option<String>,
}

/// A chain of rules that react to one commit.
///
/// Rules run in the order of the settings, and a later one sees what earlier ones changed. After
/// the last rule the order begins anew, at most ten times, for rules that have not run.
#[derive(Debug, Default)]
pub struct Chain {
    ran: BTreeSet<RuleKey>,
    position: usize,
    progress: bool,
    round: usize,
}

impl Chain {
    /// The next rule that reacts, or `None` when the chain is over.
    pub fn next<'a>(
        &mut self,
        rules: &'a [Rule],
        ticket: &Ticket,
        records: &[EventRecord],
        messages: &[PublicMessage],
        notes: &[InternalNote],
    ) -> Option<&'a Rule> {
        if rules.is_empty() {
            return None;
        }
        let texts = searchable(ticket, messages, notes);
        while self.round < DEPTH {
            let found = rules
                .iter()
                .enumerate()
                .skip(self.position)
                .find(|(_, rule)| {
                    !self.ran.contains(&rule.key)
                        && records
                            .iter()
                            .any(|record| rule.on.contains(&Trigger::of(&record.event)))
                        && holds(rule, ticket, &texts)
                });
            if let Some((index, rule)) = found {
                self.ran.insert(rule.key.clone());
                self.position = index + 1;
                self.progress = true;
                return Some(rule);
            }
            if !self.progress {
                return None;
            }
            self.position = 0;
            self.progress = false;
            self.round += 1;
        }
        None
    }
}

fn holds(rule: &Rule, ticket: &Ticket, texts: &Searchable) -> bool {
    let query = Query {
        conditions: rule.when.clone(),
        ..Query::all()
    };
    matches(&query, ticket, texts, Level::Team)
}

/// The texts that a rule may look at: the subject, and what this commit wrote.
fn searchable(ticket: &Ticket, messages: &[PublicMessage], notes: &[InternalNote]) -> Searchable {
    let subject = normalize(ticket.subject.as_str());
    let messages = messages
        .iter()
        .map(|message| normalize(message.body.text()));
    Searchable {
        public: std::iter::once(subject).chain(messages).collect(),
        notes: notes
            .iter()
            .map(|note| normalize(note.body.text()))
            .collect(),
    }
}

impl Trigger {
    /// The kind of trigger that an event is.
    pub const fn of(event: &Event) -> Self {
        match event {
            Event::Opened(_) => Self::Opened,
            Event::Replied {
                side: Side::Customer,
                ..
            } => Self::CustomerReplied,
            Event::Replied {
                side: Side::Team, ..
            } => Self::TeamReplied,
            Event::StatusChanged { .. } | Event::Woke | Event::Snoozed { .. } => {
                Self::StatusChanged
            }
            Event::Assigned { .. } | Event::Unassigned { .. } => Self::AssigneeChanged,
            Event::Moved { .. } => Self::Moved,
            Event::PriorityChanged { .. }
            | Event::Retitled { .. }
            | Event::RequesterChanged { .. }
            | Event::Tagged { .. }
            | Event::Untagged { .. }
            | Event::FieldChanged { .. }
            | Event::FollowerAdded { .. }
            | Event::FollowerRemoved { .. }
            | Event::CcAdded { .. }
            | Event::CcRemoved { .. }
            | Event::DueChanged { .. }
            | Event::Redacted { .. }
            | Event::Linked { .. }
            | Event::Unlinked { .. }
            | Event::AboutAdded { .. }
            | Event::AboutRemoved { .. }
            | Event::ActionTaken { .. }
            | Event::DeliveryFailed { .. }
            | Event::Noted { .. } => Self::Changed,
        }
    }
}

/// The command that an action of a rule gives.
///
/// # Errors
/// When a value in it can't be read; the check of the settings finds that earlier.
pub fn command(action: &Action, settings: &CheckedSettings) -> Result<Command, Invalid> {
    Ok(match action {
        Action::SetStatus(to) => Command::SetStatus { to: to.clone() },
        Action::SetPriority(to) => Command::SetPriority { to: *to },
        Action::Move(to) => Command::Move { to: to.clone() },
        Action::Assign(to) => Command::Assign { to: to.clone() },
        Action::Unassign => Command::Unassign,
        Action::Tag(tag) => Command::Tag(tag.clone()),
        Action::Untag(tag) => Command::Untag(tag.clone()),
        Action::SetField(key, text) => {
            let definition = settings
                .field(key)
                .ok_or_else(|| Invalid::new("field", key.as_str(), "a field of the settings is"))?;
            Command::SetField {
                field: key.clone(),
                value: Some(field::read(definition, text)?),
            }
        }
        Action::AddFollower(person) => Command::AddFollower(person.clone()),
        Action::Note(text) => Command::Note(Note::from(Body::new(text)?)),
    })
}
