//! Checking rules when settings are loaded.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::Settings;
use super::check::Problems;
use crate::field::{FieldDefinition, read};
use crate::query::{Comparison, Condition, Test, normalize};
use crate::react::{Action, Rule};
use crate::value::{Body, FieldKey, QueueKey, StatusKey, listed};

/// Most triggers, conditions or actions of one rule.
const PARTS_MAX: usize = 50;

/// Refuses what is wrong in the rules.
pub(super) fn check(settings: &Settings, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (at, rule) in settings.rules.iter().enumerate() {
        let place = format!("rules[{at}]");
        if !seen.insert(&rule.key) {
            let key = rule.key.as_str();
            problems.refuse(format!("{place}.key"), key, "each is allowed once");
        }
        let mut check = Check { settings, problems };
        check.size(&place, rule);
        for (at, condition) in rule.when.iter().enumerate().take(PARTS_MAX) {
            check.condition(&format!("{place}.when[{at}]"), condition);
        }
        for (at, action) in rule.then.iter().enumerate().take(PARTS_MAX) {
            check.action(&format!("{place}.then[{at}]"), action);
        }
    }
}

/// The settings that rules name, and the problems found so far.
struct Check<'a> {
    settings: &'a Settings,
    problems: &'a mut Problems,
}

impl Check<'_> {
    fn size(&mut self, place: &str, rule: &Rule) {
        for (part, count, least) in [
            ("on", rule.on.len(), 1),
            ("when", rule.when.len(), 0),
            ("then", rule.then.len(), 1),
        ] {
            if !(least..=PARTS_MAX).contains(&count) {
                let allowed = format!("{least} to {PARTS_MAX} are");
                let found = format!("{count} entries");
                let place = format!("{place}.{part}");
                self.problems.refuse(place, &found, &allowed);
            }
        }
    }

    fn condition(&mut self, place: &str, condition: &Condition) {
        let test = &condition.test;
        match test {
            Test::Status(keys) => {
                self.some(place, keys);
                for key in keys {
                    self.status(place, key);
                }
            }
            Test::Queue(keys) => {
                self.some(place, keys);
                for key in keys {
                    self.queue(place, key);
                }
            }
            Test::Category(set) => self.some(place, set),
            Test::Assignee(set) | Test::Requester(set) | Test::Follower(set) | Test::Cc(set) => {
                self.some(place, set);
            }
            Test::Organization(set) => self.some(place, set),
            Test::Tag(set) => self.some(place, set),
            Test::FieldSet(key) => {
                self.field(place, key);
            }
            Test::Field(key, comparison, term) => self.term(place, key, *comparison, term),
            Test::Text(words) => {
                if words.is_empty() || normalize(&words.join(" ")) != *words {
                    let allowed = "words as the search sees them are, at least one";
                    self.problems.refuse(place, &words.join(" "), allowed);
                }
            }
            Test::Number(_)
            | Test::Assigned
            | Test::Priority(..)
            | Test::About(_)
            | Test::Created(..)
            | Test::Updated(..)
            | Test::Due(..)
            | Test::Snoozed => {}
        }
    }

    fn action(&mut self, place: &str, action: &Action) {
        match action {
            Action::SetStatus(key) => self.status(place, key),
            Action::Move(key) => self.queue(place, key),
            Action::SetField(key, text) => {
                let wrong = self.field(place, key).map(|field| read(field, text));
                if let Some(Err(wrong)) = wrong {
                    self.problems.refuse(place, text, &wrong.allowed);
                }
            }
            Action::Note(text) => {
                if let Err(wrong) = Body::new(text) {
                    self.problems.refuse(place, text, &wrong.allowed);
                }
            }
            Action::SetPriority(_)
            | Action::Assign(_)
            | Action::Unassign
            | Action::Tag(_)
            | Action::Untag(_)
            | Action::AddFollower(_) => {}
        }
    }

    /// A set without values holds for no ticket, which nobody means.
    fn some<T>(&mut self, place: &str, set: &BTreeSet<T>) {
        if set.is_empty() {
            self.problems
                .refuse(place, "", "at least one value is needed");
        }
    }

    fn status(&mut self, place: &str, key: &StatusKey) {
        let statuses = self.settings.workflows.iter();
        let statuses = statuses.flat_map(|workflow| &workflow.statuses);
        let keys: BTreeSet<_> = statuses.map(|status| &status.key).collect();
        self.known(place, "a status of some workflow", &key, &keys);
    }

    fn queue(&mut self, place: &str, key: &QueueKey) {
        let keys = self.settings.queues.iter().map(|queue| &queue.key);
        self.known(place, "a queue of the desk", &key, &keys.collect());
    }

    fn known<T: Ord + Display>(&mut self, place: &str, what: &str, key: &T, keys: &BTreeSet<T>) {
        if !keys.contains(key) {
            let allowed = format!("{what} is: {}", listed(keys));
            self.problems.refuse(place, &key.to_string(), &allowed);
        }
    }

    fn field(&mut self, place: &str, key: &FieldKey) -> Option<&FieldDefinition> {
        let keys = self.settings.fields.iter().map(|field| &field.key);
        self.known(place, "a field of the desk", &key, &keys.collect());
        self.settings.fields.iter().find(|field| field.key == *key)
    }

    fn term(&mut self, place: &str, key: &FieldKey, comparison: Comparison, term: &str) {
        let Some(field) = self.field(place, key) else {
            return;
        };
        let ordered = field.kind.is_ordered();
        let has_term = field.typed(term).is_some();
        if comparison != Comparison::Equal && !ordered {
            let allowed = "equal is: the values of this field have no order";
            self.problems.refuse(place, key.as_str(), allowed);
        }
        if !has_term {
            let allowed = format!("a term of a value of field {key} is");
            self.problems.refuse(place, term, &allowed);
        }
    }
}
